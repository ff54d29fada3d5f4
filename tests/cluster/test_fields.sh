# Whose field is it: what is unchanged without a dry run, ignore rules that count
# positions, lost managedFields, labels without a record. labels: cluster alone
# timeout: 300
. "$(dirname "$0")/cluster.sh"
dry_runs() { kubectl get --raw /metrics | awk '/^apiserver_request_total.*dry_run="All"/ { sum += $NF } END { print sum + 0 }'; }

project fields
ignore=""
workload() { # REPLICAS
    write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { note: "1"$ignore } }
spec:
  replicas: $1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { creationTimestamp: null, labels: { app: web } }
    spec:
      tolerations: []
      containers:
        - name: web
          image: "web:1.4"
          tty: false
          ports: []
          resources: { limits: { cpu: 1000m, memory: 1024Mi } }
          env: [ { name: POD, valueFrom: { fieldRef: { fieldPath: metadata.name } } } ]
YAML
}
workload 0
write policy.yaml <<YAML
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: policy }
spec: { podSelector: {}, ingress: [ { ports: [ { port: 80 } ] } ] }
YAML
configmap settings key 1
commit "What the server writes its own way"
run 0 apply -f . --yes --no-wait

# --- known to be unchanged without a dry run
before=$(dry_runs)
run 0 diff -f .
same "$before" "$(dry_runs)"
sed -i 's/cpu: 1000m/cpu: 1001m/' web.yaml
commit "A millicore"
run 1 diff -f .
has "limits.cpu 1 → 1001m"
workload 0
commit "And back"

# --- and by those who may only read; a true difference is told, a default beside it is not
kubectl apply -f "$CMX_SOURCE/deploy/rbac" >/dev/null
k create serviceaccount reader >/dev/null
k create rolebinding reader --clusterrole=cmx-reconcile-diff --serviceaccount="$ns:reader" >/dev/null
reader=$work/reader.kubeconfig
cp "$KUBECONFIG" "$reader"
kubectl --kubeconfig "$reader" config set-credentials reader --token="$(k create token reader)" >/dev/null
kubectl --kubeconfig "$reader" config set-context --current --user=reader >/dev/null
run 0 diff -f . --kubeconfig "$reader"
has "3 unchanged"
k scale deployment web --replicas=2 >/dev/null
run 1 diff -f . --kubeconfig "$reader"
has "spec.replicas 2 → 0" "1 change, 2 unchanged" "not confirmed by the server"
lacks "tty" "tolerations"
run 0 apply -f . --yes --no-wait

# --- an ignore rule means the container of the manifest, wherever it stands in the cluster
k patch deployment web --field-manager=mesh-controller --type=json -p '[{"op": "add",
    "path": "/spec/template/spec/containers/0",
    "value": {"name": "aside", "image": "pause:1", "resources": {"limits": {"cpu": "7"}}}}]' >/dev/null
ignore=', cmx.dev/ignore: /spec/template/spec/containers/0/resources'
workload 0
commit "Leave the resources alone"
run 0 apply -f . --yes --no-wait
same "aside:7 web:1" "$(k get deployment web -o jsonpath='{range .spec.template.spec.containers[*]}{.name}:{.resources.limits.cpu} {end}' | sed 's/ $//')"
sed -i 's/cpu: 1000m/cpu: 3/' web.yaml
commit "A limit that is left alone"
run 0 diff -f .

# --- and none where the manifest has none so far on: not the one that a sidecar has pushed there
ignore=', cmx.dev/ignore: /spec/template/spec/containers/1'
workload 0
sed -i 's/cpu: 1000m/cpu: 4/' web.yaml
commit "A container that is not there"
run 1 diff -f .
has "containers[web].resources.limits.cpu"
run 0 apply -f . --yes --no-wait
same "aside:7 web:4" "$(k get deployment web -o jsonpath='{range .spec.template.spec.containers[*]}{.name}:{.resources.limits.cpu} {end}' | sed 's/ $//')"

# --- emptied managedFields: claimed anew, so that what is dropped later goes away
k patch configmap settings --type=json -p '[{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]' >/dev/null
run 1 diff -f .
has "ConfigMap/settings" "the set's marks"
run 0 apply -f . --yes --no-wait
run 0 diff -f .
configmap settings other 2
commit "Another key"
run 1 diff -f .
has "data.key removed, was 1"
run 0 apply -f . --yes --no-wait
same '{"other":"2"}' "$(k get configmap settings -o jsonpath='{.data}')"

# --- the set's label without the record: told, not deleted
set=$(k get configmap settings -o jsonpath='{.metadata.labels.applyset\.kubernetes\.io/part-of}')
k create configmap stray >/dev/null
k label configmap stray applyset.kubernetes.io/part-of="$set" >/dev/null
run 0 diff -f .
has "1 object carries the set's label, but is not in its record" "  ConfigMap/stray"
run 0 diff -f . -o json
has '"unrecorded"' '"name": "stray"'
same "" "$(python3 "$CMX_SOURCE/tests/cli/schema.py" "$CMX_SOURCE/schemas/output-plan.schema.json" <<<"$out" 2>&1)"
run 0 apply -f . --yes --no-wait
has "ConfigMap/stray"
same stray "$(k get configmap stray -o jsonpath='{.metadata.name}')"
run 0 diff -f settings.yaml
has "ConfigMap/stray"
run 0 status --project fields -n "$ns" -o json
has '"unrecorded"'
finish
