#!/usr/bin/env bash
# What a diff of 1 000 unchanged objects costs, beside kubectl's. Run it against
# any cluster whose current context may be written to:
#
#   bench/diff-1000.sh build/release/cmx-reconcile
#
# It makes the namespace bench-diff with 250 each of ConfigMap, ServiceAccount,
# Service and Deployment (0 replicas: no pod is started), applies them once,
# measures with GNU time, and deletes the namespace.
set -euo pipefail
program=$(realpath "${1:?usage: bench/diff-1000.sh PROGRAM}")
kubectl=${CMX_KUBECTL:-kubectl}
ns=bench-diff
runs=${RUNS:-5}
work=$(mktemp -d)
trap '"$kubectl" delete namespace "$ns" --wait=false >/dev/null 2>&1; rm -rf "$work"' EXIT

manifests() {
    local i
    for i in $(seq 250); do
        cat <<YAML
---
apiVersion: v1
kind: ConfigMap
metadata: { name: app-$i, namespace: $ns, labels: { app: app-$i } }
data: { LOG_LEVEL: info, config.yaml: "listen: 8080\nworkers: $i\n" }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: app-$i, namespace: $ns, labels: { app: app-$i } }
---
apiVersion: v1
kind: Service
metadata: { name: app-$i, namespace: $ns, labels: { app: app-$i } }
spec:
  selector: { app: app-$i }
  ports: [ { name: http, port: 80, targetPort: 8080 } ]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: app-$i, namespace: $ns, labels: { app: app-$i } }
spec:
  replicas: 0
  selector: { matchLabels: { app: app-$i } }
  template:
    metadata: { labels: { app: app-$i } }
    spec:
      serviceAccountName: app-$i
      containers:
      - name: main
        image: registry.example/app:1.$i
        ports: [ { containerPort: 8080 } ]
        envFrom: [ { configMapRef: { name: app-$i } } ]
        resources: { requests: { cpu: 50m, memory: 64Mi }, limits: { memory: 128Mi } }
YAML
    done
}

# NAME COMMAND…: a row a run. The command has to say that nothing differs (0).
measure() {
    local name=$1 i
    shift
    for i in $(seq "$runs"); do
        /usr/bin/time -f "%e s, %U s user, %S s system, %M KiB" -o "$work/time" "$@" >"$work/out" ||
            { echo "$name ended with $?:"; tail -n 20 "$work/out"; exit 1; }
        echo "$name: $(cat "$work/time")"
    done
}

mkdir "$work/set"
manifests >"$work/set/all.yaml"
cat >"$work/set/project.yaml" <<YAML
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: bench-diff }
spec: { namespace: $ns }
YAML
"$kubectl" create namespace "$ns" >/dev/null
cd "$work/set"
"$program" apply -f . --yes --no-wait | tail -n 1
measure cmx-reconcile "$program" diff -f .
runs=1
measure "kubectl diff" "$kubectl" diff --server-side -f all.yaml
measure "kubectl diff, 16 at a time" "$kubectl" diff --server-side --concurrency=16 -f all.yaml
