# Between us and a real API server: a token that is rotated in the middle of a run, page tokens and versions that have
# expired, a clock that is a day wrong. labels: cluster
# timeout: 200
. "$(dirname "$0")/cluster.sh"
coproc PROXY { PYTHONDONTWRITEBYTECODE=1 exec python3 "$CMX_SOURCE/tests/faults/serve.py" "$KUBECONFIG" "$work/proxied"; }
tidy() { kill "$PROXY_PID" 2>/dev/null; }
read -r _ <&"${PROXY[0]}"
tell() { # COMMAND…: the proxy's answer is in $reply
    echo "$*" >&"${PROXY[1]}"
    read -r reply <&"${PROXY[0]}"
}
through() { run "$@" --kubeconfig "$work/proxied"; } # CODE ARGUMENT…
fired() { tell fired && same yes "$reply"; }

# --- the mark of a run that a server with a clock of tomorrow wrote: dead once it stood still for a lease, which takes
# half a minute, beside the rest
mkdir "$work/future"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: future }\ndata: { a: b }\n' >"$work/future/one.yaml"
printf 'apiVersion: cmx.dev/v1\nkind: Project\nmetadata: { name: future }\nspec: { namespace: %s }\n' "$ns" >"$work/future/project.yaml"
run 0 apply -f "$work/future" --yes
tomorrow=$(date -u -d tomorrow +%Y-%m-%dT%H:%M:%SZ)
k annotate configmap cmx-set-future \
    "cmx.dev/run={\"id\":\"0123456789abcdef\",\"holder\":\"ann@laptop\",\"started\":\"$tomorrow\",\"renewed\":\"$tomorrow\"}" >/dev/null
sed -i 's/a: b/a: c/' "$work/future/one.yaml"
begun=$SECONDS
{
    "$CMX" apply -f "$work/future" --yes >"$work/future.out" 2>&1
    echo "$? $((SECONDS - begun))" >"$work/future.end"
} &
waiting=$!

# --- a clock that is a day slow, or fast
project clocks
for i in $(seq 30); do configmap "c$i" key 1; done
commit "Thirty"
tell skew -86400
through 0 apply -f . --yes
tell skew 86400
through 0 diff -f .
configmap c1 key 2
commit "A change"
through 0 apply -f . --yes
tell skew 0
through 0 diff -f .

# --- a token that is rotated in the middle of a run
for i in $(seq 30); do configmap "c$i" key 3; done
commit "All"
tell token "$work/token" 20
through 0 apply -f . --yes --concurrency 4
has "30 changed"
same second "$(cat "$work/token")"
through 0 diff -f .

# --- a list whose page token has expired is begun again
for i in $(seq 600); do printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: many%s }\ndata: { key: "1" }\n' "$i"; done >many.yaml
commit "Many"
through 0 apply -f . --yes
tell arm gone 1 continue=
through 0 diff -f .
has "630 unchanged"
fired

# --- a watch whose version is too old, told by its status and by its only event
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { terminationGracePeriodSeconds: 0, containers: [ { name: main, image: "web:1.4" } ] }
YAML
commit "A workload"
tell arm gone 1 "deployments?watch=1"
through 0 apply -f . --yes
fired
k rollout status deployment/web --timeout=1s >/dev/null || wrong "not rolled out"
sed -i 's/"web:1.4" /"web:1.4", env: [ { name: A, value: b } ] /' web.yaml
commit "A change"
tell arm gone-later 1 "deployments?watch=1"
through 0 apply -f . --yes
fired
k rollout status deployment/web --timeout=1s >/dev/null || wrong "not rolled out"

wait "$waiting"
read -r code took <"$work/future.end"
last="apply, beside a mark of tomorrow" out=$(cat "$work/future.out") errors=""
same 0 "$code"
has "ann@laptop"
[ "$took" -lt 90 ] || wrong "it took $took s"
same c "$(k get configmap future -o jsonpath='{.data.a}')"
finish
