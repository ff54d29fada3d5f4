# Holds in a real cluster: on the set's parent, on the object, beside a run, and by least rights. labels: cluster
# timeout: 400
. "$(dirname "$0")/cluster.sh"
export TZ=UTC
me=$(id -un)@$(hostname)
project hold
configmap config key 1
configmap gone key 1
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [ { name: main, image: "web:1.4", env: [ { name: A, value: "1" } ] } ]
YAML
commit "The first"
run 0 apply -f . --yes
parent=cmx-set-hold
slow_job() { # it does not end
    write slow.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: slow }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [ { name: job, image: "web:1.4" } ]
YAML
}
begin() { # starts an apply that waits for it
    "$CMX" apply -f . --yes --timeout 9s >"$work/one" 2>&1 &
    first=$!
    for _ in $(seq 100); do k get job slow >/dev/null 2>&1 && break; sleep 0.1; done
}
holds() { k get configmap "$parent" -o jsonpath='{.metadata.annotations.cmx\.dev/holds}'; }

# --- one whose time is over holds nothing, though it still stands in the record
run 0 hold ConfigMap/config --project hold -n "$ns" --for 1s --reason "for a moment"
for _ in {1..50}; do "$CMX" diff -f . | grep -q "for a moment" || break; sleep 0.1; done
configmap config key over
commit "Config, after the hold"
run 0 apply -f . --yes
lacks "held"
same over "$(k get configmap config -o jsonpath='{.data.key}')"
configmap config key 1
commit "Config as it was"
run 0 apply -f . --yes

# --- by the record: nothing but a kubeconfig is needed; who, why, since and until stand on the parent
run 0 hold Deployment/web --for 1h --reason "debugging the pool" --project hold -n "$ns"
has "Let it go: cmx-reconcile unhold -n $ns --project hold Deployment/web"
same "$me debugging the pool 3600 hold" "$(holds | python3 -c '
import datetime, json, sys
hold, = json.load(sys.stdin)
time = lambda key: datetime.datetime.fromisoformat(hold[key].replace("Z", "+00:00"))
print(hold["by"], hold["reason"], int((time("until") - time("since")).total_seconds()), hold["hold"])')"
run 0 hold ConfigMap/gone -f . --reason forensics
run 1 hold Deployment/wob --reason x --project hold -n "$ns"
has "no such object (did you mean Deployment/web?)"
run 1 hold Deployment/web --reason x --project holt -n "$ns"
has "there is no set holt"

# --- what is held: a change by git and by hand, a deletion; what depends on it goes on
k scale deployment web --replicas=2 >/dev/null
k rollout status deployment/web --timeout=60s >/dev/null
sed -i 's/value: "1"/value: "2"/' web.yaml
rm gone.yaml
configmap behind key 1
sed -i 's/name: behind }/name: behind, annotations: { cmx.dev\/depends-on: Deployment\/web } }/' behind.yaml
commit "Change web, remove gone, and one behind web"
run 1 diff -f .
has "‖ Deployment/web" "held by $me until " ": debugging the pool (2 fields wait)" \
    "held by $me: forensics (its deletion waits)" "1 create, 2 held, 1 unchanged"
lacks "rolls"
run 0 apply -f . --yes
has "‖ Deployment/web" "✓ ConfigMap/behind" "1 created, 2 held, 1 unchanged"
same "2 1" "$(k get deployment web -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[0].env[0].value}')"
same configmap/gone "$(k get configmap gone -o name)"
run 0 diff -f .
run 0 status --project hold -n "$ns"
has "held by $me until " "debugging the pool; changed by kubectl" "held by $me: forensics" "2 held"
run 0 status --project hold -n "$ns" -o json
has '"where":"record"'

# --- deleted under a hold: not made anew, and unhealthy or not, nobody waits for it
k delete deployment web >/dev/null
run 0 diff -f .
has "(its creation waits)"
run 0 apply -f . --yes
same "" "$(k get deployment web --ignore-not-found -o name)"
run 3 delete --project hold -n "$ns" --yes
has "! ConfigMap/gone: held by $me: forensics" "If this is meant: cmx-reconcile unhold -n $ns --project hold ConfigMap/gone"
lacks "starts 1 workload"
run 0 unhold Deployment/web --project hold -n "$ns"
run 0 unhold ConfigMap/gone --project hold -n "$ns"
same "" "$(holds)"
run 1 diff -f .
has "+ Deployment/web" "- ConfigMap/gone"
run 0 apply -f . --yes
same 2 "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[0].value}')"

# --- on the object itself, by whoever may annotate it: no drift, and as good as the other
k annotate deployment web cmx.dev/hold="a core dump" >/dev/null
run 0 diff -f .
has "held by kubectl-annotate (annotation): a core dump (nothing waits)"
k set env deployment/web A=mine >/dev/null
k rollout status deployment/web --timeout=60s >/dev/null
run 0 diff -f .
has "(1 field waits)"
run 0 apply -f . --yes
same mine "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[0].value}')"
run 0 status --project hold -n "$ns" -o json
has '"where":"object"' '"by":"kubectl-annotate"'
run 1 unhold Deployment/web --project hold -n "$ns"
command=$(grep -o 'kubectl annotate.*hold-' <<<"$errors")
same "kubectl annotate -n $ns Deployment.apps/web cmx.dev/hold-" "$command"
kubectl ${command#kubectl } >/dev/null || wrong "kubectl does not take what was said"
run 1 diff -f .
has "mine → 2"
lacks "cmx.dev/hold"
run 0 apply -f . --yes
run 0 diff -f .

# --- what could only be replaced
write fixed.yaml <<YAML
{ apiVersion: v1, kind: ConfigMap, metadata: { name: fixed, annotations: { cmx.dev/replace: "true" } }, immutable: true, data: { a: "1" } }
YAML
commit "Immutable"
run 0 apply -f . --yes
uid=$(k get configmap fixed -o jsonpath='{.metadata.uid}')
run 0 hold ConfigMap/fixed --reason "not now" -f .
sed -i 's/a: "1"/a: "2"/' fixed.yaml
commit "Another value"
run 0 diff -f .
has "held by $me: not now (its replacement waits)"
run 0 apply -f . --yes
same "$uid" "$(k get configmap fixed -o jsonpath='{.metadata.uid}')"
run 0 unhold ConfigMap/fixed -f .
run 0 apply -f . --yes
same 2 "$(k get configmap fixed -o jsonpath='{.data.a}')"

# --- beside a run that goes on: told, kept by the run's own writes, and heard by it
gate() { # VALUE SECONDS: it is ready after those; ConfigMap/late waits for it
    write gate.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: gate }
spec:
  selector: { matchLabels: { app: gate } }
  template:
    metadata: { labels: { app: gate } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: "web:1.4"
          env: [ { name: A, value: "$1" }, { name: READY_AFTER, value: "$2" } ]
          readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: late, annotations: { cmx.dev/depends-on: Deployment/gate } }
data: { key: "$1" }
YAML
}
gate 1 0
commit "A gate, and what is behind it"
run 0 apply -f . --yes
gate 2 15
commit "Both change"
"$CMX" apply -f . --yes >"$work/one" 2>&1 &
first=$!
for _ in $(seq 100); do
    [ "$(k get deployment gate -o jsonpath='{.spec.template.spec.containers[0].env[0].value}')" = 2 ] && break
    sleep 0.1
done
run 0 hold ConfigMap/late --reason "in the middle" --project hold -n "$ns"
has "the run of $me, begun " " goes on: what it has begun it still ends"
code=0; wait "$first" || code=$?
last="apply, with a hold in its middle" out=$(cat "$work/one") errors=""
same 0 "$code"
has "✓ Deployment/gate" "‖ ConfigMap/late" "held by $me: in the middle (1 field waits)" "1 changed, 1 held"
same 1 "$(k get configmap late -o jsonpath='{.data.key}')"
same late "$(holds | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["name"])')"
run 0 unhold ConfigMap/late --project hold -n "$ns"
run 0 apply -f . --yes
same 2 "$(k get configmap late -o jsonpath='{.data.key}')"

# --- a run that was planned before a hold came plans anew
sed -i 's/value: "2"/value: "3"/' web.yaml
commit "Change web again"
k annotate --overwrite configmap "$parent" "cmx.dev/run={\"id\":\"e\",\"holder\":\"eve@far\",\"started\":\"2026-11-24T07:00:00Z\",\"renewed\":\"$(date -u +%FT%TZ)\"}" >/dev/null
"$CMX" apply -f . --yes >"$work/one" 2>&1 &
first=$!
for _ in $(seq 100); do grep -q "waits for the run" "$work/one" && break; sleep 0.1; done
run 0 hold Deployment/web --reason "just in time" --project hold -n "$ns"
k annotate configmap "$parent" cmx.dev/run- >/dev/null
code=0; wait "$first" || code=$?
last="apply, held before it began" out=$(cat "$work/one") errors=""
same 0 "$code"
has "another run has changed the set meanwhile" "just in time"
same 2 "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[0].value}')"

# --- many at once: none is lost
for i in 1 2 3 4 5 6 7 8; do configmap "m$i" key 1; done
commit "Eight more"
run 0 apply -f . --yes
running=()
for i in 1 2 3 4 5 6 7 8; do
    "$CMX" hold "ConfigMap/m$i" --reason "number $i" --project hold -n "$ns" >"$work/hold$i" 2>&1 &
    running+=($!)
done
for process in "${running[@]}"; do wait "$process" || wrong "one of them failed: $(cat "$work"/hold?)"; done
same 9 "$(holds | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')" # and that on web
for i in 1 2 3 4 5 6 7 8; do run 0 unhold "ConfigMap/m$i" --project hold -n "$ns"; done

# --- its record is all that it needs to read and write
k create serviceaccount holder >/dev/null
k create role holder --verb=get,patch --resource=configmaps --resource-name="$parent" >/dev/null
k create rolebinding holder --role=holder --serviceaccount="$ns:holder" >/dev/null
cp "$KUBECONFIG" "$work/holder"
kubectl --kubeconfig "$work/holder" config set-credentials limited --token="$(k create token holder)" >/dev/null
kubectl --kubeconfig "$work/holder" config set-context --current --user=limited >/dev/null
run 0 hold ConfigMap/config --for 30m --reason limited --project hold -n "$ns" --kubeconfig "$work/holder"
run 0 unhold ConfigMap/config --project hold -n "$ns" --kubeconfig "$work/holder"

# --- damaged by hand: nobody takes it for none
k annotate --overwrite configmap "$parent" 'cmx.dev/holds=[{' >/dev/null
run 4 apply -f . --yes
has "the holds of the set, is damaged" "Mend it"
run 4 hold ConfigMap/config --reason x --project hold -n "$ns"
k annotate configmap "$parent" cmx.dev/holds- >/dev/null
run 0 apply -f . --yes
same 3 "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[0].value}')"

# --- somebody deletes the record in the middle of a run: the holds of its beginning are written anew
run 0 hold ConfigMap/config --reason kept --project hold -n "$ns"
slow_job
commit "The job again"
begin
k delete configmap "$parent" >/dev/null
wait "$first"
last="apply, whose record was deleted" out=$(holds) errors=$(cat "$work/one")
has '"reason":"kept"'
finish
