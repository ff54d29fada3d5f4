# The main job: create, converge, drift of every sort, prune, budget. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project flow
configmap one key 1
configmap two key 2
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [ { name: web, image: "web:1.4", env: [ { name: A, value: "1" } ] } ]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [ { port: 80, targetPort: 8080 } ]
---
apiVersion: v1
kind: Secret
metadata: { name: key }
stringData: { token: verysecretvalue }
YAML
commit "The first commit"

# --- nothing is there yet
run 1 diff -f .
has "5 create" "+ Deployment/web" "The first commit" "namespace $ns"
lacks verysecretvalue
run 2 apply -f .                 # nobody to ask, no --yes
has "--yes"
same "" "$(k get configmap one --ignore-not-found -o name)"
run 0 apply -f . --yes
has "5 created"
lacks verysecretvalue
same 2 "$(k get deployment web -o jsonpath='{.status.readyReplicas}')"
same verysecretvalue "$(k get secret key -o jsonpath='{.data.token}' | base64 -d)"

# --- the first law: a second run plans nothing
run 0 diff -f .
has "5 unchanged"
run 0 apply -f . --yes
same "" "$(printf %s "$out" | grep -E '^[+~-]')"

# --- drift of every sort is seen, named, and undone
k patch configmap one --type=merge -p '{"data":{"key":"edited"}}' >/dev/null
k scale deployment web --replicas=3 >/dev/null
k set env deployment/web EXTRA=added >/dev/null
k delete configmap two >/dev/null
k patch service web --type=merge -p '{"spec":{"selector":{"app":"other"}}}' >/dev/null
k label deployment web applyset.kubernetes.io/part-of- >/dev/null
k rollout status deployment/web --timeout=60s >/dev/null
run 1 status --project flow -n "$ns" # which sees them without the source
has "changed by kubectl-patch" "deleted by another"
run 1 diff -f .
has "data.key edited → 1" "drift (kubectl-patch" "spec.replicas 3 → 2" "ConfigMap/two" "EXTRA"
has "drift (kubectl scale)" "1 create" "3 change"
run 1 diff -f . --full # whose doing, here too
has "drift (kubectl-patch, " "kubectl scale" "kubectl-set)"
run 0 apply -f . --yes
same 1 "$(k get configmap one -o jsonpath='{.data.key}')"
same 2 "$(k get deployment web -o jsonpath='{.spec.replicas}')"
same A "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[*].name}')"
same web "$(k get service web -o jsonpath='{.spec.selector.app}')"
same 2 "$(k get configmap two -o jsonpath='{.data.key}')"
run 0 diff -f .

# --- what leaves our fields ours is seen without the source, too
k scale deployment web --replicas=3 >/dev/null
k rollout status deployment/web --timeout=60s >/dev/null
run 1 status --project flow -n "$ns"
has "changed by kubectl scale"
run 0 apply -f . --yes
run 0 status --project flow -n "$ns"
k get configmap one -o json | sed '/managedFields/,/^        \],/d; s/"key": "1"/"key": "ours"/' |
    k apply --server-side --field-manager=cmx-reconcile -f - >/dev/null
run 1 status --project flow -n "$ns"
has "changed since the last apply"
run 0 apply -f . --yes
same 1 "$(k get configmap one -o jsonpath='{.data.key}')"
run 0 status --project flow -n "$ns"

# --- a commit changes one and removes another
configmap one key changed
rm two.yaml
commit "Change one, remove two"
run 1 diff -f .
has "1 change, 1 delete" "data.key 1 → changed" commit "- ConfigMap/two"
run 0 apply -f . --yes
has "1 deleted"
same "" "$(k get configmap two --ignore-not-found -o name)"
run 0 diff -f .

# --- a part of the source deletes nothing, and says so
configmap three key 3
commit "Three"
run 0 apply -f . --yes
rm three.yaml
commit "No more three"
run 0 diff -f one.yaml
has "Nothing is deleted"
run 0 apply -f one.yaml --yes
same three "$(k get configmap three -o jsonpath='{.metadata.name}')"
run 0 apply -f . --yes
same "" "$(k get configmap three --ignore-not-found -o name)"

# --- a changed Secret is told by its key, never by its value
sed -i 's/verysecretvalue/othersecretvalue/' web.yaml
commit "Another token"
run 1 diff -f . --full
has "token"
lacks verysecretvalue othersecretvalue "$(printf othersecretvalue | base64)"
run 1 diff -f . -o json
lacks verysecretvalue othersecretvalue "$(printf othersecretvalue | base64)" "$(printf verysecretvalue | base64)"
run 0 apply -f . --yes
same othersecretvalue "$(k get secret key -o jsonpath='{.data.token}' | base64 -d)"

# --- an older commit is refused
old=$(git -C "$repo" rev-parse HEAD~1)
run 3 diff -f . --ref "$old"
has "is older than" "--allow-older"
run 3 apply -f . --ref "$old" --yes
same othersecretvalue "$(k get secret key -o jsonpath='{.data.token}' | base64 -d)"

# --- the whole set goes
run 2 delete --project flow -n "$ns"
run 0 delete --project flow -n "$ns" --yes
same "" "$(k get deployment,service,secret,configmap -o name | grep -v kube-root-ca.crt)"
run 1 status --project flow -n "$ns"
finish
