# Which cluster: several contexts, none named; a Cluster of the Project; a pinned uid. labels: cluster
. "$(dirname "$0")/cluster.sh"
project contexts
configmap one key 1
commit "One"
export KUBECONFIG=${CMX_KUBECONFIG_TWO_CONTEXTS:?}
run 3 diff -f .
has "several contexts" testbed reader "--context NAME"
run 3 apply -f . --yes
run 3 status
run 3 delete --project contexts -n "$ns" --yes
run 1 diff -f . --context testbed
has "cluster testbed"
run 4 diff -f . --context reader
has forbidden configmaps
run 2 diff -f . --context nowhere
has nowhere testbed reader

# --- the Project's Cluster names the context, and may pin the cluster by its uid
uid=$(kubectl --context testbed get namespace kube-system -o jsonpath='{.metadata.uid}')
cluster() {
    write cluster.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: prod }
spec: { context: testbed, uid: "$1" }
YAML
}
project contexts "  cluster: prod"
cluster "$uid"
run 1 diff -f .
has "1 create"
cluster 00000000-0000-0000-0000-000000000000
run 3 diff -f .
has "$uid"

# --- a terminal is asked by name
project contexts
rm cluster.yaml
answer() { script -qec "$CMX diff -f ." /dev/null <<<"$1" >"$work/typed" 2>&1; }
last="diff at a terminal"
answer testbed; code=$?
out=$(cat "$work/typed")
same 1 "$code"
has "Which context (" "1 create"
answer prod; code=$?
out=$(cat "$work/typed")
same 3 "$code"
finish
