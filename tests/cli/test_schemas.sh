# The JSON outputs hold to their schemas.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
here=${CMX_SOURCE:?}
valid() {
    same "" "$(python3 "$here/tests/cli/schema.py" "$here/schemas/output-$1.schema.json" <<<"$out" 2>&1)"
}
shop
run 0 validate -f deploy -o json && valid plan
run 1 diff -f deploy -o json && valid plan
run 1 plan -f deploy -o json && valid plan
run 0 apply -f deploy --yes -o json && valid plan
run 0 apply -f deploy --yes -o json && valid plan
run 0 status -f deploy -o json && valid status
config web a=2 | write deploy/web.yaml
rm deploy/api.yaml
commit "Change"
sed -i 's/"1"/"7"/' out/shop/ConfigMap_web.yaml
rm out/shop/ConfigMap_api.yaml
run 1 status -f deploy -o json && valid status
run 1 diff -f deploy -o json && valid plan
run 1 diff -f deploy/web.yaml -o json && valid plan
run 1 diff -f deploy --from HEAD~1 -o json && valid plan
run 0 apply -f deploy --yes -o json && valid plan
config api b=1 | sed 's/name: api/name: api, namespace: shop/' >out/shop/ConfigMap_api.yaml
config api b=2 | write deploy/api.yaml
secret db s3cret-one | write deploy/db.yaml
run 3 diff -f deploy --adopt=never -o json && valid plan
project "secrets: write"
run 0 apply -f deploy --yes -o json && valid plan
secret db s3cret-two | write deploy/db.yaml
run 1 diff -f deploy -o json && valid plan
lacks s3cret
echo 'kind: X' | write deploy/wrong.yaml
run 2 validate -f deploy -o json && valid plan
run 2 apply -f deploy --yes -o json && valid plan
for command in build images render; do
    run 2 "$command" -f deploy -o json && valid plan
done
lacks s3cret
rm deploy/wrong.yaml

# What could not begin, or was not confirmed, is one document too; standard error says the same.
run 0 version -o json && valid version
run 2 diff -o json && valid error
run 2 plan -f nowhere -o json && valid error
run 2 diff -f deploy --from nowhere -o json && valid error
config web a=9 | write deploy/web.yaml
run 2 apply -f deploy -o json && valid plan
has '"error": "nothing was done' "cmx-reconcile: nothing was done"
run 2 delete -f deploy -o json && valid error
run 1 delete ConfigMap/nothing -f deploy -o json --yes && valid error
run 1 delete -f deploy -o json --dry-run && valid plan
run 0 delete -f deploy -o json --yes --project shop && valid plan
run 1 status -f deploy -o json && valid status
has '"exitCode":1' "there is no set"
KUBECONFIG=$work/none run 2 status -o json && valid status

# Each line of a log in JSON is JSON; usage, manifests, refusals, what was not done.
echo 'kind: X' | write deploy/wrong.yaml
for line in "diff -f nowhere" "validate -f deploy" "apply -f deploy" "delete -f deploy" "render -f deploy" \
    "diff -f deploy --colour maybe" "status --project shop" "completion tcsh"; do
    # shellcheck disable=SC2086
    "$CMX" $line --log-format json >"$work/.out" 2>"$work/.err"
    last="$line --log-format json" out=$(cat "$work/.err")
    has '"level":"error"'
    same "" "$(python3 -c 'import json, sys
for line in sys.stdin: assert {"time", "level", "message"} == set(json.loads(line)), line' <"$work/.err" 2>&1)"
done
finish
