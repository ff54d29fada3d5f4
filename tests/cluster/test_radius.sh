# How far one run reaches: Project.maxRolling and Project.maxFailures. labels: cluster
# timeout: 240
. "$(dirname "$0")/cluster.sh"
patience=150
workload() { # NAME VARIABLE [READY_AFTER]
    write "$1.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1 }
spec:
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: "web:1.4"
          env: [ { name: A, value: "$2" }, { name: READY_AFTER, value: "${3:-0}" } ]
          readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 }
YAML
}

# --- one at a time: each new ReplicaSet is made only once the one before it was ready
project radius "  maxRolling: 1"
for name in one two three; do workload "$name" first; done
configmap config key 1
commit "Three workloads"
run 0 apply -f . --yes
lacks maxRolling # nothing of it was there before
for name in one two three; do workload "$name" second 3; done
workload fresh first
configmap config key 2
commit "All of them roll, and one is new"
run 1 diff -f .
has "rolls 3 workloads (3 pods)" "At most 1 of them rolls at once (Project.maxRolling)."
script -qec "stty cols 80 rows 24; '$CMX' apply -f . --yes --colour never" /dev/null >"$work/one" 2>&1
last="apply, at a terminal" out=$(cat "$work/one") errors=""
has "… Deployment/" "waits: 1 workload is rolling (Project.maxRolling)" "1 created, 4 changed"
made() { # seconds at which the new ReplicaSets came
    k get replicasets -o json | python3 -c '
import calendar, json, sys, time
def second(item):
    return any(e.get("value") == "second" for e in item["spec"]["template"]["spec"]["containers"][0]["env"])
stamps = [i["metadata"]["creationTimestamp"] for i in json.load(sys.stdin)["items"] if second(i)]
times = sorted(calendar.timegm(time.strptime(s, "%Y-%m-%dT%H:%M:%SZ")) for s in stamps)
gaps = [b - a for a, b in zip(times, times[1:])]
print(len(times), "apart" if all(g >= 2 for g in gaps) else gaps)'
}
same "3 apart" "$(made)"
run 0 diff -f .

# --- after the first failure nothing new starts; what runs is waited for, and nothing is pruned
project radius "  maxFailures: 1"
rm config.yaml
workload one third
# It is ready once the test says so: after the failure.
sed -i 's|httpGet: { port: 8080 }|exec: { command: [/bin/sh, -c, "test -e /go"] }|' one.yaml
write bad.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: bad }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [ { name: main, image: "web:1.4", env: [ { name: REQUIRE, value: NOTHING } ] } ]
YAML
configmap behind key 1
sed -i 's/name: behind }/name: behind, annotations: { cmx.dev\/depends-on: Deployment\/one } }/' behind.yaml
commit "One fails"
"$CMX" apply -f . --yes >"$work/one" 2>&1 &
running=$!
until grep -q "! Job/bad" "$work/one" || ! kill -0 "$running" 2>/dev/null; do sleep 0.1; done
until k exec "$(k get pods -l app=one --sort-by=.metadata.creationTimestamp -o name | tail -n 1)" -- \
    /bin/sh -c ": >/go" 2>/dev/null || ! kill -0 "$running" 2>/dev/null; do sleep 0.2; done
code=0
wait "$running" || code=$?
last="apply, of which one fails" out=$(cat "$work/one") errors=""
same 5 "$code"
has "! Job/bad: " "panic: missing NOTHING" "✓ Deployment/one" "Not done: ConfigMap/behind" \
    "Stopped after 1 failure (Project.maxFailures): nothing new was started." "Not pruned (1 object)" \
    "1 failed" "1 not done"
same third "$(k get deployment one -o jsonpath='{.spec.template.spec.containers[0].env[0].value}')"
same "" "$(k get configmap behind --ignore-not-found -o name)"
same configmap/config "$(k get configmap config -o name)"

# --- with room for it, the rest is done beside the failure
project radius "  maxFailures: 2"
k delete job bad >/dev/null
commit "Two may fail"
run 5 apply -f . --yes -o json
lacks stoppedAfterFailures
same configmap/behind "$(k get configmap behind -o name)"
project radius "  maxFailures: 0"
run 2 diff -f .
has "spec.maxFailures"
finish
