# A folder as the target: create, change, remove, drift, foreign files, Secrets, kills, two runs.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop

# Create; the second run plans nothing and writes nothing.
run 1 plan -f deploy
has "+ ConfigMap/api" "+ ConfigMap/web" "2 create"
same "" "$(ls "$repo/out" 2>/dev/null)"
run 0 apply -f deploy --yes
has "2 created"
same "./.cmx/history ./.cmx/lock ./.cmx/set ./shop/ConfigMap_api.yaml ./shop/ConfigMap_web.yaml" \
    "$(cd out && find . -type f | sort | xargs)"
before=$(find out -type f ! -name lock -printf '%p %T@ %i\n' | sort)
run 0 plan -f deploy
has "2 unchanged"
run 0 apply -f deploy --yes
same "$before" "$(find out -type f ! -name lock -printf '%p %T@ %i\n' | sort)"

# The record is JSON, names its members, and is true.
same "api web shop deploy" "$(python3 -c '
import json; r = json.load(open("out/.cmx/set"))
print(*sorted(m["name"] for m in r["members"]), r["name"], r["source"]["path"])')"

# A change and a removal by a commit.
config web a=2 | write deploy/web.yaml
rm deploy/api.yaml
commit "Change web, remove api"
run 1 diff -f deploy
has "~ ConfigMap/web" "data.a 1 → 2" "- ConfigMap/api" "commit" "1 change, 1 delete"
run 0 apply -f deploy --yes
same "shop/ConfigMap_web.yaml" "$(cd out && find shop -type f | xargs)"
run 0 diff -f deploy

# Drift by hand: a changed field, an added one, a deleted file.
sed -i 's/"2"/"9"/' out/shop/ConfigMap_web.yaml
run 1 status -f deploy
run 1 diff -f deploy
has "data.a 9 → 2" "drift"
run 0 apply -f deploy --yes
same '  a: "2"' "$(grep ' a:' out/shop/ConfigMap_web.yaml)"
rm out/shop/ConfigMap_web.yaml
run 1 status -f deploy
has "missing"
run 1 diff -f deploy
has "ConfigMap/web"
run 0 apply -f deploy --yes
run 0 diff -f deploy

# Files that the record does not name stay; one in the way is refused or taken over, never lost unseen.
echo "by hand" >out/NOTES.txt
config other b=1 >out/shop/ConfigMap_other.yaml
config foreign z=1 | sed 's/name: foreign/name: foreign, namespace: shop/' >out/shop/ConfigMap_foreign.yaml
config foreign z=2 | write deploy/foreign.yaml
commit "Add foreign"
run 3 diff -f deploy --adopt=never
has "ConfigMap/foreign"
run 3 apply -f deploy --adopt=never --yes
has "ConfigMap/foreign"
same '  z: "1"' "$(grep ' z:' out/shop/ConfigMap_foreign.yaml)"
run 0 apply -f deploy --yes
has "ConfigMap/foreign"
same '  z: "2"' "$(grep ' z:' out/shop/ConfigMap_foreign.yaml)"
same "by hand" "$(cat out/NOTES.txt)"
[ -f out/shop/ConfigMap_other.yaml ] || wrong "a foreign file was deleted"

# A garbled object is not "absent"; a garbled record stops the run.
cp out/shop/ConfigMap_web.yaml "$work/kept"
printf '{ not: [yaml' >out/shop/ConfigMap_web.yaml
run 1 diff -f deploy
has "ConfigMap/web" drift
run 1 status -f deploy
cp "$work/kept" out/shop/ConfigMap_web.yaml
cp out/.cmx/set "$work/kept"
echo '{"format":' >out/.cmx/set
before=$(cat out/shop/*)
run 6 apply -f deploy --yes
same "$before" "$(cat out/shop/*)"
cp "$work/kept" out/.cmx/set
run 0 diff -f deploy

# Two sets cannot share a folder.
sed -i 's/name: shop }/name: other }/' deploy/project.yaml
run 3 apply -f deploy --yes
has "shop"
git checkout -q deploy/project.yaml

# Outside the repository: by path and through a symbolic link.
mkdir "$work/elsewhere"
sed -i "s|directory: out|directory: ../elsewhere|" deploy/project.yaml
run 2 apply -f deploy --yes
has 'without ".."'
sed -i "s|directory: ../elsewhere|directory: $work/elsewhere|" deploy/project.yaml
run 2 apply -f deploy --yes
ln -s "$work/elsewhere" link
sed -i "s|directory: $work/elsewhere|directory: link/out|" deploy/project.yaml
run 3 apply -f deploy --yes
same "" "$(ls -A "$work/elsewhere")"
rm link
git checkout -q deploy/project.yaml

# A link that stands where an object or its folder would be written is not followed.
mv out/shop out/real
ln -s "$work/elsewhere" out/shop
run 4 apply -f deploy --yes
has "symbolic link"
same "" "$(ls -A "$work/elsewhere")"
rm out/shop
mv out/real out/shop

mv out/.cmx out/real
ln -s "$work/elsewhere" out/.cmx
run 3 apply -f deploy --yes
has "symbolic link"
same "" "$(ls -A "$work/elsewhere")"
rm out/.cmx
mv out/real out/.cmx

# The wrong name deletes nothing.
run 2 delete -f deploy --project wrong --yes
has "--project shop"
run 0 diff -f deploy

# The whole set goes, the foreign files stay.
run 0 delete -f deploy --project shop --yes
same "NOTES.txt shop/ConfigMap_other.yaml" "$(cd out && find . -type f ! -path './.cmx/*' -printf '%P\n' | sort | xargs)"
finish
