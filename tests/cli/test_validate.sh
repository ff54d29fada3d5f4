# validate: all that is wrong, like a compiler; nothing quoted from a Secret; a caret on a terminal only.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
run 0 validate -f deploy
has "2 objects in 3 files"

config web | sed 's/name: web/name: Web_1/' | write deploy/name.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: tab }\ndata:\n\ta: b\n' | write deploy/tab.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: twice }\ndata: { a: "1", a: "2" }\n' | write deploy/keys.yaml
config web a=7 | write deploy/duplicate.yaml
printf 'kind: ConfigMap\nmetadata: { name: x }\n' | write deploy/version.yaml
printf 'apiVersion: v1\nmetadata: { name: x }\n' | write deploy/kind.yaml
printf 'apiVersion: v1\nkind: ConfigMap\n' | write deploy/nameless.yaml
printf 'apiVersion: cmx.dev/v1\nkind: Project\nmetadata: { name: two }\nspec: { pruneBugdet: 3 }\n' | write deploy/inner/project.yaml
config note | sed 's/name: note/name: note, annotations: { cmx.dev\/wiat: "false" }/' | write deploy/annotation.yaml
printf 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { p: hunter2hunter2 }\nstringData: { q: again }\n' |
    write deploy/secret.yaml
printf 'apiVersion: v1\nkind: Secret\nmetadata: { name: t }\ndata: { p: "hunter2hunter2' | write deploy/cut.yaml
printf 'apiVersion: v1\nkind: Secret\nmetadata: { name: u }\ndata: { p: "hunter2 hunter2!" }\n' | write deploy/base64.yaml
run 2 validate -f deploy
has deploy/name.yaml: deploy/tab.yaml:5: deploy/keys.yaml:4: deploy/duplicate.yaml: \
    deploy/version.yaml: deploy/kind.yaml: deploy/nameless.yaml: deploy/inner/project.yaml: \
    deploy/annotation.yaml: deploy/secret.yaml: deploy/cut.yaml: deploy/base64.yaml: \
    'did you mean' 'pruneBudget' "errors in"
lacks hunter2 "^" AddressSanitizer "runtime error"
plain=$errors

# The same as JSON: every error, with its place.
run 2 validate -f deploy -o json
lacks hunter2
same "$(grep -c ': error: ' <<<"$plain")" "$(python3 -c '
import json, sys; print(sum(p["severity"] == "error" for p in json.load(sys.stdin)["problems"]))' <<<"$out")"

# On a terminal the source line and a caret, but never out of a Secret.
if command -v script >/dev/null; then
    last="validate, on a terminal"
    out=$(script -qec "$CMX validate -f deploy" /dev/null </dev/null | tr -d '\r') errors=""
    has "^" "pruneBugdet: 3"
    lacks hunter2
    out=$(NO_COLOR=1 script -qec "$CMX validate -f deploy" /dev/null </dev/null)
    lacks $'\e['
fi

# Nothing is applied, nothing is made.
run 2 apply -f deploy --yes
has "Nothing was changed"
lacks hunter2
[ ! -e out ] || wrong "a folder was made"

# Folders of other tools and encrypted files are refused by name.
git clean -qfd
git checkout -q .
echo 'resources: []' | write deploy/k/kustomization.yaml
run 2 validate -f deploy
has kustomization.yaml
git clean -qfd
{ secret enc x; echo 'sops: { mac: "ENC[x]" }'; } | write deploy/enc.yaml
run 2 validate -f deploy
has sops
git clean -qfd

# Standard input, too, and the empty one.
run 2 validate -f - <<<'kind: ConfigMap'
has "-:1:1: error: apiVersion: missing"
run 0 validate -f - </dev/null
has "0 objects"
finish
