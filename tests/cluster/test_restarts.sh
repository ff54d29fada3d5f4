# The API server is killed and started again in the middle of an apply and of a wait, or stays away; etcd stands
# still for 20 seconds. On an API server of the test's own. labels: cluster
# timeout: 400
patience=150
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/small.sh"
kubectl create namespace "$ns" >/dev/null
small_user runner # who is somebody only once the server has read its roles
define_things restarts.example.org
until_true kubectl get things -n "$ns"
ready() { # True|False
    kubectl patch thing one -n "$ns" --subresource=status --type=merge \
        -p "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"$1\",\"reason\":\"Test\"}]}}" >/dev/null
}
count=150
many() { # VALUE
    local i
    for i in $(seq $count); do configmap "c$i" key "$1"; done
    write thing.yaml <<YAML
apiVersion: restarts.example.org/v1
kind: Thing
metadata: { name: one }
spec: { value: "$1" }
YAML
    commit "All $1"
}
begin() {
    last="apply in the background"
    "$CMX" apply -f . --yes --concurrency 2 --kubeconfig "$work/runner" --timeout 2m >"$work/run" 2>"$work/run.err" &
    run_pid=$!
}
done_are() { [ "$(grep -c '✓ ConfigMap' "$work/run")" -ge "$1" ]; }
ends() { # CODE
    local code=0
    wait "$run_pid" || code=$?
    out=$(cat "$work/run") errors=$(cat "$work/run.err")
    same "$1" "$code"
}
# Nothing is lost, duplicated or left behind.
converged() { # VALUE
    run 0 diff -f . --kubeconfig "$work/runner"
    has "$((count + 1)) unchanged"
    same "$count" "$(kubectl get configmaps -n "$ns" -o jsonpath='{range .items[*]}{.data.key}{"\n"}{end}' | grep -cx "$1")"
    same "" "$(kubectl get configmap cmx-set-restarts -n "$ns" -o jsonpath='{.metadata.annotations.cmx\.dev/run}')"
}
project restarts

# --- killed in the middle of an apply, and once more while it waits
many first
begin
until_true done_are 20
kill_api
start_api
until_true done_are $count
until_true kubectl get thing one -n "$ns"
ready False
kill_api
start_api
api_ready
ready True
ends 0
converged first

# --- etcd stands still for 20 seconds: nothing fails
many second
begin
until_true done_are 20
kill -STOP "$etcd_pid"
sleep 20
kill -CONT "$etcd_pid"
ends 0
converged second

# --- the API server stays away: told in time, and the next run ends what this one began
many third
begin
until_true done_are 20
kill_api
begun=$SECONDS
ends 4
has "cannot connect" "does not answer: trying again" "not done"
took=$((SECONDS - begun))
echo "gave up after $took s without a server"
[ "$took" -le 60 ] || wrong "it took $took s to give up"
start_api
api_ready
run 0 apply -f . --yes --kubeconfig "$work/runner"
converged third
finish
