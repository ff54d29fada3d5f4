# What goes, in which order, and what stays: delete, renames, moves, cascades. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
group=$(echo "$ns" | tr -d -).example.org
trap 'kubectl delete crd "gadgets.$group" "gadgets.new.$group" --ignore-not-found --wait=false >/dev/null 2>&1
      kubectl delete namespace "$ns" "$ns-two" --ignore-not-found --wait=false >/dev/null 2>&1; cleanup' EXIT
definition() { # GROUP
    cat <<YAML
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gadgets.$1 }
spec:
  group: $1
  scope: Namespaced
  names: { kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
---
apiVersion: $1/v1
kind: Gadget
metadata: { name: mine }
spec: { size: 1 }
YAML
}
gadgets() { kubectl get --raw "/apis/$1/v1/namespaces/$ns/gadgets/mine" >/dev/null 2>&1 && echo there; }

# --- the group of a kind changes: the new one first, then the old instance, then its definition
project removal
definition "$group" | write gadget.yaml
configmap old key 1
commit "A gadget"
run 0 apply -f . --yes
same there "$(gadgets "$group")"
definition "new.$group" | write gadget.yaml
git mv old.yaml renamed.yaml
sed -i 's/name: old/name: renamed/' renamed.yaml
commit "Another group, and another name"
run 0 apply -f . --yes
has "3 created" "3 deleted"
same there "$(gadgets "new.$group")"
same "" "$(kubectl get crd "gadgets.$group" --ignore-not-found -o name)"
same configmap/renamed "$(k get configmap old renamed --ignore-not-found -o name)"
run 0 diff -f .

# --- somebody else's instance would go with its definition; the members alone would not
rm gadget.yaml
echo "{apiVersion: new.$group/v1, kind: Gadget, metadata: {name: theirs}}" | k create -f - >/dev/null
commit "No gadget"
run 3 apply -f . --yes
has "theirs is of that kind and would go too" "--allow-delete CustomResourceDefinition/gadgets.new.$group"
same there "$(gadgets "new.$group")"
k delete "gadgets.new.$group" theirs >/dev/null

# --- an object moves to another namespace, and to another set, in one commit
kubectl create namespace "$ns-two" >/dev/null
sed -i "s/name: renamed/name: renamed, namespace: $ns-two/" renamed.yaml
commit "Another namespace"
run 0 apply -f . --yes --prune-budget 5
same "" "$(k get configmap renamed --ignore-not-found -o name)"
same configmap/renamed "$(kubectl -n "$ns-two" get configmap renamed -o name)"
mkdir one two
git mv project.yaml renamed.yaml one
sed 's/name: removal/name: second/' one/project.yaml | write two/project.yaml
for i in a b; do sed "s/name: renamed/name: $i/" one/renamed.yaml | write "one/$i.yaml"; done
commit "Two projects"
run 0 apply -f one --yes --take-set
uid=$(kubectl -n "$ns-two" get configmap a -o jsonpath='{.metadata.uid}')
git mv one/a.yaml two/a.yaml
commit "One object changes hands"
run 3 apply -f two --yes
has "belongs to another" "--adopt"
run 0 apply -f two --yes --adopt=all
run 0 apply -f one --yes
same "$uid" "$(kubectl -n "$ns-two" get configmap a -o jsonpath='{.metadata.uid}')"
run 0 diff -f one
run 0 diff -f two

# --- deletion that a finalizer holds up: which one; the object stays in the record
k create configmap held >/dev/null
configmap held key 1
mv held.yaml two
commit "Held"
run 0 apply -f two --yes
k patch configmap held --type merge -p '{"metadata":{"finalizers":["example.org/wait"]}}' >/dev/null
rm two/held.yaml
commit "Held no more"
run 5 apply -f two --yes --timeout 2s
has "example.org/wait"
run 5 apply -f two --yes --timeout 2s
k patch configmap held --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null
run 0 apply -f two --yes

# --- a namespace whose manifest goes while the folder of its objects does not load: nothing goes
write three/project.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: third }
spec: { namespace: $ns, pruneBudget: 100% }
YAML
write three/space/space.yaml <<YAML
{ apiVersion: v1, kind: Namespace, metadata: { name: $ns-two } }
YAML
write three/inside/inside.yaml <<YAML
{ apiVersion: v1, kind: ConfigMap, metadata: { name: inside, namespace: $ns-two }, data: { a: b } }
YAML
configmap stays key 1
mv stays.yaml three
commit "A namespace"
run 0 delete --project removal -n "$ns" --yes
run 0 delete --project second -n "$ns" --yes
run 0 apply -f three --yes --adopt=all
rm three/space/space.yaml
echo "kind: [" | write three/inside/inside.yaml
commit "The namespace goes, and a file is broken"
code=0
timeout 60 "$CMX" apply -f three --yes --keep-going >"$work/one" 2>&1 || code=$?
last="apply --keep-going" out=$(cat "$work/one") errors=""
has "which this run does not delete"
same "" "$(kubectl get namespace "$ns-two" -o jsonpath='{.metadata.deletionTimestamp}')"
same configmap/inside "$(kubectl -n "$ns-two" get configmap inside -o name)"

# --- a whole set with a definition, its instances and its namespace needs no word for each
{ definition "new.$group"; echo "---"; echo "{apiVersion: new.$group/v1, kind: Gadget, metadata: {name: inside, namespace: $ns-two}}"; } | write three/inside/inside.yaml
echo "{ apiVersion: v1, kind: Namespace, metadata: { name: $ns-two } }" | write three/space/space.yaml
commit "All of it"
run 0 apply -f three --yes
run 0 delete --project third -n "$ns" --yes
has deleted
same "" "$(kubectl get crd "gadgets.new.$group" namespace "$ns-two" --ignore-not-found -o name 2>/dev/null)"
same "" "$(k get configmap cmx-set-third --ignore-not-found -o name)"
finish
