# A workload that crashes again and again, with no probe, is never called well, not even in the
# instants in which its container runs; a well one costs no more requests. labels: cluster
. "$(dirname "$0")/cluster.sh"

deployment() { # NAME IMAGE
    write "$1.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1 }
spec:
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec: { containers: [ { name: main, image: "$2" } ] }
YAML
}
restarts() { k get pods -l app=crash -o jsonpath='{.items[0].status.containerStatuses[0].restartCount}'; }
lists_of_pods() {
    tail -c "+$((from + 1))" "$CMX_AUDIT_LOG" | grep -F '"userAgent":"cmx-reconcile/' |
        grep -F '"verb":"list"' | grep -cF "/namespaces/$ns/pods?" || true
}

project crash
deployment web pause:1
commit "A shop that runs"
run 0 apply -f . --yes
run 0 status --project crash -n "$ns"
has "1 of 1 pods ready"

deployment crash crash:1
commit "A crash, with no probe"
run 0 apply -f . --yes --no-wait
until [ "$(restarts 2>/dev/null || echo 0)" -ge 1 ] 2>/dev/null; do sleep 0.1; done
last="status, again and again"
looks=0 just=0 said=
until [ "$(restarts)" -ge 2 ] 2>/dev/null && [ "$just" -gt 0 ]; do
    looks=$((looks + 1)) code=0
    out=$("$CMX" status --project crash -n "$ns" 2>&1) || code=$?
    [ "$code" = 5 ] || { wrong "exit code $code"; break; }
    [[ $out != *"only just"* ]] || just=$((just + 1)) said=$out
    [ "$looks" -lt 1000 ] || { wrong "it never restarted"; break; }
done
out=$said
has "ready, but only just" "pod crash-" "container main: restarted " "(exit code 1 within a second, "

# --- what has run for a while is believed without a look at its pods
rm crash.yaml
commit "Without it"
run 0 apply -f . --yes
from=$(wc -c <"$CMX_AUDIT_LOG")
run 0 status --project crash -n "$ns"
same 0 "$(lists_of_pods)"
finish
