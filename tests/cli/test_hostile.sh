# A repository of somebody who means harm (a fork's pull request that CI diffs): it reads and writes nothing
# outside of itself, and what it prints acts neither on a terminal nor on the log of a CI job.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
cp deploy/web.yaml "$work/outside.yaml"
sed -i 's/web/stolen/' "$work/outside.yaml"

# clean WHAT: no control character but line breaks and tabs, and no line that a CI job obeys.
clean() {
    if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$work/.out" "$work/.err"; then
        wrong "$1: a control character"
    fi
    if grep -qE '^\s*::|##[a-z]*\[' "$work/.out" "$work/.err"; then wrong "$1: a command for a CI job"; fi
}

# A bare repository, committed as files, names "/" as its work tree: a link would lead anywhere.
git clone -q --bare . "$work/bare"
cp -r "$work"/bare/{HEAD,objects,refs,packed-refs} deploy/
touch deploy/refs/heads/keep
printf '[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = /\n' >deploy/config
ln -s ../../outside.yaml deploy/link.yaml
ln -sf "$work/outside.yaml" deploy/absolute.yaml
for _ in with-git without-git; do
    run 2 render -f deploy
    has "deploy/link.yaml: error: a link that leads out of the source's root"
    has "deploy/absolute.yaml: error: a link that leads out of the source's root"
    lacks "stolen"
    run 2 diff -f deploy
    lacks "stolen"
    [ -d .git ] && mv .git "$work/git"
done
mv "$work/git" .git
rm -r deploy/{HEAD,objects,refs,packed-refs,config,link.yaml,absolute.yaml}

# A folder of the directory target that is a link, a record or a lock that is one.
run 0 apply -f deploy --yes
mkdir "$work/elsewhere"
mv out/shop "$work/elsewhere/shop"
ln -s "$work/elsewhere/shop" out/shop
config web a=2 | write deploy/web.yaml
run 4 apply -f deploy --yes
grep -q 'a: "1"' "$work/elsewhere/shop/ConfigMap_web.yaml" || wrong "written through a link"
rm out/shop && mv "$work/elsewhere/shop" out/shop
ln -sf "$work/elsewhere/made" out/.cmx/lock
run 6 apply -f deploy --yes
[ ! -e "$work/elsewhere/made" ] || wrong "a lock made through a link"
rm out/.cmx/lock

# A record that names a member outside of the folder.
cp out/.cmx/set "$work/record"
python3 - "$work/record" out/.cmx/set <<'END'
import json, sys
record = json.load(open(sys.argv[1]))
for member in record["members"]:
    member["namespace"] = ".."
json.dump(record, open(sys.argv[2], "w"))
END
for name in web api; do config $name x=1 >"ConfigMap_$name.yaml"; done
"$CMX" apply -f deploy --yes --prune-budget 100% >"$work/.out" 2>"$work/.err"
[ -f ConfigMap_web.yaml ] && [ -f ConfigMap_api.yaml ] || wrong "deleted outside of the folder"
rm ConfigMap_web.yaml ConfigMap_api.yaml
cp "$work/record" out/.cmx/set
run 0 apply -f deploy --yes

# Names, keys, values, subjects and file names with escape sequences and orders for a CI job.
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web, annotations: { note: "\\e[8m" } }\ndata:\n' >deploy/web.yaml
printf '  "k\\u009b2J": "\\e]0;title\\a\\e[2J\\u202Egnp"\n  b: |\n    one\n    ::error::x\n    ##[error]x\n    ##vso[task.x]x\n' >>deploy/web.yaml
commit "$(printf 'subject \e[2J\xc2\x9b2J ##[error]')"
for call in "diff" "diff --full" "diff -o json" "plan" "validate" "render" "render -o json" "apply --yes" "status" \
    "status -o json"; do
    # shellcheck disable=SC2086
    "$CMX" $call -f deploy >"$work/.out" 2>"$work/.err"
    clean "$call"
    sed -i 's/    one$/    two/' deploy/web.yaml
done
run 0 render -f deploy -o json
python3 - "$work/.out" <<'END' || wrong "the value is another one"
import json, sys
data = {o["metadata"]["name"]: o for o in json.load(open(sys.argv[1]))["items"]}["web"]["data"]
assert data["k\u009b2J"] == "\x1b]0;title\x07\x1b[2J\u202egnp", data
assert data["b"] == "two\n::error::x\n##[error]x\n##vso[task.x]x\n", data
END
run 0 render -f deploy
cp "$work/.out" "$work/again.yaml"
run 0 render -f "$work/again.yaml" -n shop
cmp -s "$work/.out" "$work/again.yaml" || wrong "render of what was rendered differs"

printf 'kind: [\n' >"$(printf '::error::\e[2J.yaml')"
mkdir only && mv ::error* only/ && cd only || exit 1
run 2 validate -f .
clean "a file's name"
run 2 validate -f . --log-format json
clean "a file's name in JSON"
finish
