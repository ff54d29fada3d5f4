# render: the same bytes whatever the order of files and documents; Lists unrolled; Secrets refused.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
run 0 render -f deploy
first=$out
run 0 render -f deploy
same "$first" "$out"
{ config web a=1; echo ---; config api a=1; } >"$work/all"
rm deploy/web.yaml deploy/api.yaml
write deploy/z.yaml <"$work/all"
run 0 render -f deploy
same "$first" "$out"
{ config api a=1; echo ---; config web a=1; } | write deploy/z.yaml
run 0 render -f deploy
same "$first" "$out"
write deploy/z.yaml <<'END'
apiVersion: v1
kind: List
items:
- { data: { a: "1" }, kind: ConfigMap, apiVersion: v1, metadata: { name: web } }
- { kind: ConfigMap, metadata: { namespace: shop, name: api }, apiVersion: v1, data: { a: "1" } }
END
run 0 render -f deploy
same "$first" "$out"
lacks "kind: List" cmx.dev

# What was rendered renders to itself.
run 0 render -f - <<<"$first"
same "$first" "$out"
run 0 render -f deploy -o json
python3 -c 'import json, sys; json.load(sys.stdin)' <<<"$out" || wrong "not JSON"

# Order of several -f does not matter.
mkdir a b
config one | tee a/one.yaml >/dev/null
config two | tee b/two.yaml >/dev/null
run 0 render -f a -f b -n shop
first=$out
run 0 render -f b -f a -n shop
same "$first" "$out"

# Secrets.
secret db s3cret-one | write deploy/db.yaml
run 3 render -f deploy
has Secret/db --show-secrets
lacks s3cret-one "$(printf s3cret-one | base64)"
run 3 render -f deploy -o json
lacks s3cret-one "$(printf s3cret-one | base64)"
run 0 render -f deploy --show-secrets
has "$(printf s3cret-one | base64)"
lacks stringData
finish
