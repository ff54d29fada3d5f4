# A set that made the namespace of its own record: it goes last, and only with the whole set.
# labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
home=$ns-home
trap 'kubectl delete namespace "$ns" "$home" --ignore-not-found --wait=false >/dev/null 2>&1
      kubectl delete clusterrole "$home" --ignore-not-found >/dev/null 2>&1; cleanup' EXIT

# As most installation manifests of other projects have it: the Namespace among the rest.
write project.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: home }
spec: { namespace: $home, createNamespace: true, pruneBudget: 100% }
YAML
write namespace.yaml <<YAML
{ apiVersion: v1, kind: Namespace, metadata: { name: $home } }
YAML
write role.yaml <<YAML
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: $home }
rules: [ { apiGroups: [ "" ], resources: [ pods ], verbs: [ get ] } ]
YAML
configmap inside a b
commit "With its namespace"
run 0 apply -f . --yes
has "3 created"
run 0 diff -f .

# --- the namespace leaves the source, the role stays: the record would be lost
git rm -q namespace.yaml inside.yaml
commit "Without"
run 3 diff -f .
has "Namespace/$home holds the record of this set" "1 object stays"
run 3 apply -f . --yes
same active "$(kubectl get namespace "$home" -o jsonpath='{.status.phase}' | tr A-Z a-z)"
git revert --no-edit HEAD >/dev/null
run 0 apply -f . --yes

# --- a role that does not go: the namespace, and with it the record, waits for it
kubectl patch clusterrole "$home" --type merge -p '{"metadata":{"finalizers":["example.org/hold"]}}' >/dev/null
run 5 delete --project home -n "$home" --yes --timeout 3s
has "example.org/hold"
same active "$(kubectl get namespace "$home" -o jsonpath='{.status.phase}' | tr A-Z a-z)"
kubectl patch clusterrole "$home" --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null
run 0 delete --project home -n "$home" --yes
same "" "$(kubectl get namespace "$home" --ignore-not-found -o name)"

# --- and whole, at once
run 0 apply -f . --yes
run 0 delete --project home -n "$home" --yes
has "3 deleted"
same "" "$(kubectl get namespace "$home" clusterrole "$home" --ignore-not-found -o name 2>/dev/null)"
run 1 status --project home -n "$home"
finish
