# What pruning refuses: budgets, claims, namespaces, protected objects. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project prune
for i in $(seq 1 20); do configmap "c$i" key "$i"; done
commit "Twenty"
run 0 apply -f . --yes
has "20 created"

# --- 20 % of 20 is 4: five are too many
rm c1.yaml c2.yaml c3.yaml c4.yaml c5.yaml
commit "Fifteen"
run 3 diff -f .
has "5 of 20 objects would be deleted; the budget is 4" "--prune-budget 5"
run 3 apply -f . --yes
has "Nothing was changed"
same c1 "$(k get configmap c1 -o jsonpath='{.metadata.name}')"
run 1 diff -f . --prune-budget 5
run 1 diff -f . --prune-budget 25%
run 3 diff -f . --prune-budget 24%
run 0 apply -f . --yes --prune-budget 5
has "5 deleted"
same "" "$(k get configmap c1 --ignore-not-found -o name)"

# --- an empty source is refused whatever the budget
mkdir "$work/kept" && mv c*.yaml "$work/kept"
commit "Nothing"
run 3 apply -f . --yes --prune-budget 100%
has "an empty source"
mv "$work/kept"/* .
commit "Back"

# --- a claim needs a word of its own; so does a namespace that holds one
write claim.yaml <<YAML
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, annotations: { cmx.dev/wait: "false" } }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } }, storageClassName: none }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: kept, annotations: { cmx.dev/prune: disabled } }
data: { a: b }
YAML
commit "A claim"
run 0 apply -f . --yes
rm claim.yaml
commit "No claim"
run 3 apply -f . --yes
has "PersistentVolumeClaim/data" "--allow-delete PersistentVolumeClaim/data" "cmx.dev/prune: disabled"
same data "$(k get pvc data -o jsonpath='{.metadata.name}')"
run 0 apply -f . --yes --allow-delete PersistentVolumeClaim/data
same "" "$(k get pvc data --ignore-not-found -o name)"
same kept "$(k get configmap kept -o jsonpath='{.metadata.name}')"
run 0 diff -f .

# --- the whole set: the protected one stays
run 0 delete --project prune -n "$ns" --yes
same kept "$(k get configmap kept -o jsonpath='{.metadata.name}')"
finish
