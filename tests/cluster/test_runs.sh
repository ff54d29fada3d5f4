# Runs beside one another, interrupted runs, and the least rights. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project runs "  pruneBudget: 100%"
for i in $(seq 1 8); do configmap "c$i" key "$i"; done
write slow.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: slow }
spec:
  selector: { matchLabels: { app: slow } }
  template:
    metadata: { labels: { app: slow } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: "web:1.4"
          env: [ { name: READY_AFTER, value: "60" } ]
          readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 }
YAML
commit "A slow one"

# --- interrupted while it waits: said, recorded, and the next run goes on
"$CMX" apply -f . --yes >"$work/one" 2>&1 &
first=$!
for _ in $(seq 100); do k get deployment slow >/dev/null 2>&1 && break; sleep 0.1; done
kill -INT "$first"
code=0; wait "$first" || code=$?
last="apply, interrupted" out=$(cat "$work/one") errors=""
same 130 "$code"
has "Interrupted" "Written, but not waited for: Deployment/slow" "1 written, but not waited for"
run 5 status --project runs -n "$ns" -o json # not healthy yet
has '"name":"slow"'

# --- interrupted before anything is written: told as that, whatever was being asked just then
for delay in 0.02 0.05 0.1 0.15; do
    code=0; timeout --preserve-status -s INT "$delay" "$CMX" diff -f . >"$work/one" 2>&1 || code=$?
    last="diff, interrupted" out=$(cat "$work/one")
    [ "$code" = 0 ] || [ -z "$out" ] || same "130 cmx-reconcile: interrupted; nothing was changed" "$code $out"
done

# --- interrupted while many wait for their turn: these are not begun
for i in $(seq 200); do configmap "many$i" key 1; done
commit "Many"
"$CMX" apply -f . --yes --concurrency 1 >"$work/one" 2>&1 &
first=$!
until [ "$(grep -c '✓ ConfigMap' "$work/one")" -ge 5 ] || ! kill -0 "$first" 2>/dev/null; do sleep 0.01; done
kill -INT "$first"
code=0; wait "$first" || code=$?
last="apply, interrupted early" out=$(cat "$work/one")
same 130 "$code"
has "not done"
[ "$(k get configmaps -o name | grep -c many)" -lt 150 ] || wrong "it went on after the interrupt"
rm many*.yaml

# --- two at once: the second waits for the first, then finds nothing to do
sed -i 's/"60"/"3"/' slow.yaml
configmap c9 key 9
commit "Faster, and one more"
"$CMX" apply -f . --yes >"$work/one" 2>&1 &
first=$!
"$CMX" apply -f . --yes >"$work/two" 2>&1 &
second=$!
code=0; wait "$first" || code=$?
last="apply, first of two" out=$(cat "$work/one")
same 0 "$code"
code=0; wait "$second" || code=$?
last="apply, second of two" out=$(cat "$work/two")
same 0 "$code"
same 9 "$(k get configmap c9 -o jsonpath='{.data.key}')"
same 1 "$(cat "$work/one" "$work/two" | grep -c '✓ ConfigMap/c9 ')"
run 0 diff -f .

# --- killed while it holds the set: the next run takes over once the mark is old
configmap c10 key 10
sed -i 's/"3"/"4"/' slow.yaml
commit "Ten"
"$CMX" apply -f . --yes >"$work/one" 2>&1 &
first=$!
for _ in $(seq 100); do k get configmap c10 >/dev/null 2>&1 && break; sleep 0.1; done
kill -KILL "$first"; wait "$first" 2>/dev/null
run 0 apply -f . --yes --lock-timeout 2m
same 10 "$(k get configmap c10 -o jsonpath='{.data.key}')"
run 0 diff -f .

# --- read-only rights: a diff, marked; an apply is refused by the server, and nothing is lost
bindings=()
account() { # NAME ROLE…
    local name=$1 role
    k create serviceaccount "$name" >/dev/null
    shift
    for role in "$@"; do
        kubectl create clusterrolebinding "$ns-$name-$role" --clusterrole="$role" --serviceaccount="$ns:$name" >/dev/null
        bindings+=("$ns-$name-$role")
    done
    set -- "$name"
    cp "$KUBECONFIG" "$work/$1"
    kubectl --kubeconfig "$work/$1" config set-credentials limited --token="$(k create token "$1")" >/dev/null
    kubectl --kubeconfig "$work/$1" config set-context --current --user=limited >/dev/null
}
trap 'kubectl delete clusterrolebinding "${bindings[@]}" --ignore-not-found >/dev/null 2>&1
      kubectl delete namespace "$ns" --wait=false >/dev/null 2>&1; cleanup' EXIT
kubectl apply -f "$CMX_SOURCE/deploy/rbac/" >/dev/null
account reader cmx-reconcile-diff
account writer cmx-reconcile-diff cmx-reconcile-apply
configmap c1 key changed
commit "Change one"
run 1 diff -f . --kubeconfig "$work/reader"
has "data.key 1 → changed" "not confirmed by the server"
run 4 apply -f . --yes --kubeconfig "$work/reader"
has patch configmaps
same 1 "$(k get configmap c1 -o jsonpath='{.data.key}')"
run 0 apply -f . --yes --kubeconfig "$work/writer"
same changed "$(k get configmap c1 -o jsonpath='{.data.key}')"
run 0 diff -f . --kubeconfig "$work/reader"

# --- what another run has noted, and not made yet, is no drift
sed -i 's/value: "[0-9]*"/value: "8"/' slow.yaml
write behind.yaml <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: behind, annotations: { cmx.dev/depends-on: Deployment/slow } }
YAML
commit "One behind another"
"$CMX" apply -f . --yes >"$work/slow" 2>&1 &
slow=$!
until k get deployment slow -o yaml | grep -q 'value: "8"'; do # noted before anything acts
    kill -0 "$slow" || break
    sleep 0.1
done
run 1 diff -f .
has "+ ConfigMap/behind"
lacks "deleted by another"
wait "$slow"
same 0 "$?"
finish
