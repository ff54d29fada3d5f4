# Objects of one set in several Clusters: what leaves the source is pruned where it was put.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
write deploy/edge.yaml <<'YAML'
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: edge }
spec: { directory: edge }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: cache, annotations: { cmx.dev/cluster: edge } }
data: { a: "1" }
YAML
commit "Put a cache at the edge"
run 0 apply -f deploy --yes
same "edge/shop/ConfigMap_cache.yaml" "$(cd "$repo" && find edge -name 'ConfigMap_*')"
run 0 diff -f deploy

# The last object that names the Cluster goes; the Cluster is still declared.
cp deploy/edge.yaml "$work/edge.yaml"
sed -i '/^---/,$d' deploy/edge.yaml
commit "Take the cache away"
run 1 diff -f deploy
has "- ConfigMap/cache" "1 delete"
run 0 apply -f deploy --yes
same "" "$(cd "$repo" && find edge -name 'ConfigMap_*')"
run 0 diff -f deploy
run 0 apply -f deploy --yes
run 0 diff -f deploy

# The Cluster goes together with its last object: told once, never deleted unseen.
cp "$work/edge.yaml" deploy/edge.yaml
commit "Put the cache back"
run 0 apply -f deploy --yes
rm deploy/edge.yaml
commit "Forget the edge"
run 0 diff -f deploy
has "Cluster edge is not declared any more"
run 0 diff -f deploy -o json
has '"undeclaredClusters"' '"edge"'
run 0 apply -f deploy --yes
has "Cluster edge is not declared any more"
same "edge/shop/ConfigMap_cache.yaml" "$(cd "$repo" && find edge -name 'ConfigMap_*')"
run 0 diff -f deploy
lacks "Cluster edge"

# A part of the source keeps what the record says of other Clusters.
cp "$work/edge.yaml" deploy/edge.yaml
commit "Back once more"
run 0 apply -f deploy --yes
sed -i '/^---/,$d' deploy/edge.yaml
config web a=7 | write deploy/web.yaml
commit "Take it away, change web"
run 0 apply -f deploy/web.yaml --yes
run 1 diff -f deploy
has "- ConfigMap/cache"
finish
