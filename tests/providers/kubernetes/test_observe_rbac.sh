# The ClusterRoles of deploy/rbac: enough, and what is missing is named. labels: cluster
# timeout: 300
. "$(dirname "$0")/../../cluster/cluster.sh"
roles=$CMX_SOURCE/deploy/rbac
kubectl apply -f "$roles" >/dev/null
k create serviceaccount runner >/dev/null
user=system:serviceaccount:$ns:runner

# The runner's own kubeconfig, beside the administrator's.
runner=$work/runner.kubeconfig
cp "$KUBECONFIG" "$runner"
kubectl --kubeconfig "$runner" config set-credentials runner --token="$(k create token runner)" >/dev/null
kubectl --kubeconfig "$runner" config set-context --current --user=runner >/dev/null
as() { run "$1" "${@:2}" --kubeconfig "$runner"; }

project rights
configmap one key 1
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: "pause:1", env: [{ name: A, value: "1" }] }
YAML
commit "Two objects"

# --- no rights at all: could not look, with the verb and the resource
as 4 diff -f .
has 'cannot get resource "configmaps"' "$user"

# --- read-only rights: everything is told, but not confirmed
k create rolebinding runner --clusterrole=cmx-reconcile-diff --serviceaccount="$ns:runner" >/dev/null
as 1 diff -f .
has "2 create"
same "" "$(k get configmap one --ignore-not-found)"
run 0 apply -f . --yes
as 0 diff -f .
has "2 unchanged"
sed -i 's/value: "1"/value: "2"/' web.yaml
commit "Another value"
as 1 diff -f .
has "1 change" "not confirmed"
k scale deployment web --replicas=3 >/dev/null
as 1 diff -f .
has "spec.replicas 3 → 0" "not confirmed"
# --- may not list autoscalers: whether the number of replicas is ours to set is not known
k create role no-scalers --verb=get,list,watch --resource=configmaps,deployments.apps >/dev/null
k delete rolebinding runner >/dev/null
k create rolebinding runner --role=no-scalers --serviceaccount="$ns:runner" >/dev/null
as 4 diff -f .
has "cannot see whether an autoscaler sets spec.replicas" 'cannot list resource "horizontalpodautoscalers"'
k delete rolebinding runner >/dev/null
k create rolebinding runner --clusterrole=cmx-reconcile-diff --serviceaccount="$ns:runner" >/dev/null
as 4 apply -f . --yes
has 'cannot patch resource "configmaps"'
same 3 "$(k get deployment web -o jsonpath='{.spec.replicas}')"

# --- the role for apply beside it is enough to apply, to prune and to delete
k create rolebinding runner-apply --clusterrole=cmx-reconcile-apply --serviceaccount="$ns:runner" >/dev/null
as 0 apply -f . --yes
as 0 diff -f .
lacks "not confirmed"
git -C "$repo" rm -q one.yaml
commit "One object less"
as 0 apply -f . --yes
same "" "$(k get configmap one --ignore-not-found)"

# --- Secrets need a role of their own; the rest goes on
write secret.yaml <<YAML
apiVersion: v1
kind: Secret
metadata: { name: password }
stringData: { word: correct-horse }
YAML
commit "A Secret"
as 4 diff -f .
has 'cannot get resource "secrets"' "1 unchanged"
lacks correct-horse
for role in diff apply; do
    k create rolebinding "runner-$role-secrets" --clusterrole="cmx-reconcile-$role-secrets" --serviceaccount="$ns:runner" >/dev/null
done
as 0 apply -f . --yes
as 0 diff -f .
finish
