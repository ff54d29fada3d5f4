# Adoption, marks of other owners, conflicts, two sets. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project mine
configmap plain key 1
configmap helm key 1
configmap flux key 1
configmap argo key 1
commit "Four that exist already"
k create configmap plain --from-literal=key=0 --from-literal=old=1 >/dev/null
k create configmap helm --from-literal=key=0 >/dev/null
k annotate configmap helm meta.helm.sh/release-name=shop meta.helm.sh/release-namespace="$ns" >/dev/null
k create configmap flux --from-literal=key=0 >/dev/null
k label configmap flux kustomize.toolkit.fluxcd.io/name=apps kustomize.toolkit.fluxcd.io/namespace=flux >/dev/null
k create configmap argo --from-literal=key=0 >/dev/null
k annotate configmap argo argocd.argoproj.io/tracking-id="app:/ConfigMap:$ns/argo" >/dev/null

run 3 diff -f .
has "1 taken over" "3 refused" "! ConfigMap/helm" "! ConfigMap/flux" "! ConfigMap/argo" "--adopt"
run 3 diff -f . --adopt=never
has "4 refused"
run 1 diff -f . --adopt
has "4 taken over"
run 3 apply -f . --yes
same 1 "$(k get configmap plain -o jsonpath='{.data.key}')"
same 0 "$(k get configmap helm -o jsonpath='{.data.key}')"
run 0 apply -f . --yes --adopt
same 1 "$(k get configmap helm -o jsonpath='{.data.key}')"
run 0 diff -f . --adopt

# --- made with kubectl apply: what is removed from git goes away in the cluster too
write both.yaml <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: both }
data: { stays: "1", goes: "1" }
YAML
k apply -f both.yaml >/dev/null
sed -i 's/, goes: "1"//' both.yaml
commit "both, without goes"
run 0 apply -f . --yes --adopt
same '{"stays":"1"}' "$(k get configmap both -o jsonpath='{.data}')"

# --- another manager's apply on our field is a conflict
k apply --server-side --force-conflicts --field-manager=other-tool -f - >/dev/null <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: both }
data: { stays: "theirs" }
YAML
run 3 diff -f . --adopt
has "data.stays" "other-tool" "--force-conflicts"
run 3 apply -f . --yes --adopt
same theirs "$(k get configmap both -o jsonpath='{.data.stays}')"
run 0 apply -f . --yes --adopt --force-conflicts
same 1 "$(k get configmap both -o jsonpath='{.data.stays}')"

# --- two sets do not take each other's objects
second=$work/second
mkdir "$second"
sed 's/name: mine/name: second/' project.yaml >"$second/project.yaml"
cp plain.yaml "$second/"
run 3 apply -f "$second" --yes
has "ConfigMap/plain" "it belongs to another (the set mine in namespace $ns)"

# --- the same name from another source
sed -i 's/name: second/name: mine/' "$second/project.yaml"
run 3 apply -f "$second" --yes
has "another source" "--take-set"

# --- release leaves objects and no marks
run 0 release --project mine -n "$ns" --yes
same "" "$(k get configmap -l applyset.kubernetes.io/part-of -o name)"
same 1 "$(k get configmap plain -o jsonpath='{.data.key}')"
same 0 "$(k get configmap plain -o json --show-managed-fields | grep -c '"manager": "cmx-reconcile')"
finish
