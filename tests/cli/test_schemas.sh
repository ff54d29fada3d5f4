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
finish
