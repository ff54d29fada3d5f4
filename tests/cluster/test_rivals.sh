# Somebody sets another member of a union than git does (valueFrom for value, a volume's source, a probe's handler): a
# server refuses both at once. What a person did is undone; what a controller did, or a rule leaves alone, stays.
# labels: cluster
# timeout: 240
. "$(dirname "$0")/cluster.sh"
rules() { # LINE OF YAML
    project rivals "${1:+  ignore:
    - $1}"
}
pod='{ containers: [ { name: main, image: "web:1.4", env: [ { name: A, value: "1" }, { name: B, value: "2" } ],
      livenessProbe: { httpGet: { port: 80 } }, lifecycle: { preStop: { sleep: { seconds: 1 } } } } ], volumes: [ { name: v, emptyDir: {} } ]'
workloads() { # NOTE
    write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { note: "$1" } }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: $pod } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: cron, annotations: { note: "$1" } }
spec:
  schedule: "@yearly"
  jobTemplate: { spec: { template: { spec: $pod, restartPolicy: Never } } } }
YAML
    commit "Note $1"
}
# Each is what git says, one JSON patch away.
theirs() { # POD MANAGER KIND/NAME
    k patch "$3" --field-manager="$2" --type=json -p '[
        {"op": "replace", "path": "'"$1"'/containers/0/env/0", "value": {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}},
        {"op": "replace", "path": "'"$1"'/containers/0/livenessProbe", "value": {"tcpSocket": {"port": 81}}},
        {"op": "replace", "path": "'"$1"'/containers/0/lifecycle/preStop", "value": {"exec": {"command": ["true"]}}},
        {"op": "replace", "path": "'"$1"'/volumes/0", "value": {"name": "v", "configMap": {"name": "x"}}}]' >/dev/null
}
change() { # MANAGER
    theirs /spec/template/spec "$1" deployment/web
    theirs /spec/jobTemplate/spec/template/spec "$1" cronjob/cron
}
live() { # what of each union is set, in both
    k get deployment/web cronjob/cron -o json | jq -r '.items[].spec | (.jobTemplate.spec // .).template.spec
        | [(.containers[0] | (.env[] | keys[]), (.livenessProbe, .lifecycle.preStop | keys[])), (.volumes[] | keys[])]
        | map(select(IN("value", "valueFrom", "httpGet", "tcpSocket", "sleep", "exec", "emptyDir", "configMap"))) | sort | join(" ")' | sort -u
}
ours="emptyDir httpGet sleep value value"
others="configMap exec tcpSocket value valueFrom"

rules ""
workloads 1
run 0 apply -f . --yes --no-wait
same "$ours" "$(live)"

# --- by a person, with whatever client: drift, told by name, and undone
for manager in lens kubectl-edit; do
    change $manager
    same "$others" "$(live)"
    run 1 diff -f . -v
    has "env[A].value + 1" "env[A].valueFrom removed" "livenessProbe.tcpSocket removed" "volumes[v].configMap removed" \
        "drift ($manager" "2 change"
    run 0 apply -f . --yes --no-wait
    same "$ours" "$(live)"
    run 0 diff -f .
    run 0 status --project rivals -n "$ns"
done

# --- beside a change of git's own; who may only read is told the same
change lens
kubectl apply -f "$CMX_SOURCE/deploy/rbac" >/dev/null
k create serviceaccount reader >/dev/null
k create rolebinding reader --clusterrole=cmx-reconcile-diff --serviceaccount="$ns:reader" >/dev/null
reader=$work/reader.kubeconfig
cp "$KUBECONFIG" "$reader"
kubectl --kubeconfig "$reader" config set-credentials reader --token="$(k create token reader)" >/dev/null
kubectl --kubeconfig "$reader" config set-context --current --user=reader >/dev/null
run 1 diff -f . -v --kubeconfig "$reader"
has "env[A].value + 1" "env[A].valueFrom removed" "livenessProbe.tcpSocket removed" "volumes[v].configMap removed" \
    "not confirmed by the server"
workloads 2
run 0 apply -f . --yes --no-wait
same "$ours 2" "$(live) $(k get deployment web -o jsonpath='{.metadata.annotations.note}')"

# --- by a controller, by a manager that a rule names: left alone, and the rest is written
quiet() { # NOTE
    run 0 diff -f .
    workloads "$1"
    run 1 diff -f .
    lacks spec
    run 0 apply -f . --yes --no-wait
    same "$others $1" "$(live) $(k get deployment web -o jsonpath='{.metadata.annotations.note}')"
    run 0 diff -f .
    run 0 status --project rivals -n "$ns"
}
change some-controller
quiet 3
k delete deployment/web cronjob/cron >/dev/null
rules "manager: lens"
commit "A rule"
run 0 apply -f . --yes --no-wait
change lens
quiet 4
rules ""
commit "No rule"
run 0 apply -f . --yes --no-wait
same "$ours" "$(live)"

# --- a disruption budget by the other of its two numbers
write budget.yaml <<YAML
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: budget }
spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
YAML
commit "A budget"
run 0 apply -f . --yes --no-wait
k patch poddisruptionbudget budget --field-manager=lens --type=merge -p '{"spec":{"minAvailable":null,"maxUnavailable":2}}' >/dev/null
run 1 diff -f .
has "spec.maxUnavailable removed, was 2" "drift (lens" "spec.minAvailable + 1" "1 change"
run 0 apply -f . --yes --no-wait
same 1 "$(k get poddisruptionbudget budget -o jsonpath='{.spec.minAvailable}{.spec.maxUnavailable}')"
run 0 diff -f .

# --- a port by another number: with a name, alone without one, and of a container
write ports.yaml <<YAML
apiVersion: v1
kind: Service
metadata: { name: named }
spec: { ports: [ { name: http, port: 80 }, { name: dns, port: 53, protocol: UDP } ] }
---
apiVersion: v1
kind: Service
metadata: { name: alone }
spec: { ports: [ { port: 80 } ] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ports }
spec:
  replicas: 0
  selector: { matchLabels: { app: ports } }
  template:
    metadata: { labels: { app: ports } }
    spec: { containers: [ { name: main, image: "web:1.4", ports: [ { name: http, containerPort: 80 }, { containerPort: 82 } ] } ] }
YAML
commit "Ports"
run 0 apply -f . --yes --no-wait
k patch service named --field-manager=lens --type=json -p '[{"op": "replace", "path": "/spec/ports/0/port", "value": 81},
    {"op": "add", "path": "/spec/ports/-", "value": {"name": "theirs", "port": 90}}]' >/dev/null
k patch service alone --field-manager=lens --type=json -p '[{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]' >/dev/null
k patch deployment ports --field-manager=lens --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/ports/0/containerPort", "value": 81},
    {"op": "add", "path": "/spec/template/spec/containers/0/ports/-", "value": {"containerPort": 90}}]' >/dev/null
run 1 diff -f .
has "spec.ports[http].port 81 → 80" "spec.ports[81] removed" "containers[main].ports[81] removed" "drift (lens" "3 change"
run 0 apply -f . --yes --no-wait
same "53 80 80 90" "$(k get service named alone -o jsonpath='{.items[*].spec.ports[*].port}' | tr ' ' '\n' | sort | xargs)"
same "80 82 90" "$(k get deployment ports -o jsonpath='{.spec.template.spec.containers[0].ports[*].containerPort}' | tr ' ' '\n' | sort | xargs)"
run 0 diff -f .

# --- one member at a pointer of a rule
rules '{ kind: Deployment, pointers: [ /spec/template/spec/containers/0/env/0/valueFrom ] }'
commit "A pointer"
run 0 apply -f . --yes --no-wait
k patch deployment web --field-manager=lens --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/env/0",
    "value": {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}}]' >/dev/null
run 0 diff -f .
workloads 5
run 0 apply -f . --yes --no-wait
same "metadata.name 5" "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath} {.metadata.annotations.note}')"
run 0 diff -f .

# --- by another's server-side apply: refused, as every conflict is
k apply --server-side --force-conflicts --field-manager=mesh -f - >/dev/null 2>&1 <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { template: { spec: { containers: [ { name: main, livenessProbe: { httpGet: { port: 82 } } } ] } } }
YAML
run 3 diff -f .
has "livenessProbe.httpGet.port is held by mesh"
finish
