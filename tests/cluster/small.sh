# small: an etcd and an API server of the test's own, to be killed, paused and started again.
#
# Sourced after cluster.sh, inside the test cluster's network. No controllers, no nodes: what has
# a status gets it from the test. $KUBECONFIG is an admin's; small_user NAME makes a kubeconfig of
# a ServiceAccount that may do everything by its role, and nothing by its groups.
small=$work/small
pki=$CMX_TESTBED_DIR/pki
mkdir "$small"
. "$CMX_SOURCE/tests/ports.sh"
client_port=$(free_port) peer_port=$(free_port) api_port=$(free_port)

start_etcd() {
    etcd --data-dir "$small/etcd" --unsafe-no-fsync --log-level error \
        --listen-client-urls "http://127.0.0.1:$client_port" --advertise-client-urls "http://127.0.0.1:$client_port" \
        --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
        --initial-cluster "default=http://127.0.0.1:$peer_port" >>"$small/etcd.log" 2>&1 &
    etcd_pid=$!
}

start_api() {
    kube-apiserver --etcd-servers "http://127.0.0.1:$client_port" --bind-address 127.0.0.1 --secure-port "$api_port" \
        --authorization-mode RBAC --profiling=false --client-ca-file "$pki/ca.crt" \
        --tls-cert-file "$pki/kube-apiserver.crt" --tls-private-key-file "$pki/kube-apiserver.key" \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-key-file "$pki/service-account.pub" --service-account-signing-key-file "$pki/service-account.key" \
        --service-cluster-ip-range 10.97.0.0/16 --endpoint-reconciler-type none >>"$small/api.log" 2>&1 &
    api_pid=$!
}

kill_api() {
    kill -KILL "$api_pid"
    wait "$api_pid" 2>/dev/null
}

# until COMMAND…: waits for it to succeed, for a minute at most.
until_true() {
    local end=$((SECONDS + 60))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || { last="$*" && wrong "did not come true within a minute" && return 1; }
        sleep 0.05
    done
}

api_ready() { until_true kubectl get --raw /readyz; }

small_user() { # NAME
    kubectl create serviceaccount "$1" -n default >/dev/null
    kubectl create clusterrolebinding "$1" --clusterrole=cluster-admin --serviceaccount="default:$1" >/dev/null
    cp "$KUBECONFIG" "$work/$1"
    kubectl --kubeconfig "$work/$1" config set-credentials limited --token="$(kubectl create token "$1" -n default)" >/dev/null
    kubectl --kubeconfig "$work/$1" config set-context --current --user=limited >/dev/null
}

tidy() {
    kill -CONT "$etcd_pid" 2>/dev/null
    kill -KILL "$api_pid" "$etcd_pid" 2>/dev/null
    wait "$api_pid" "$etcd_pid" 2>/dev/null
}

kubectl delete namespace "$ns" --wait=false >/dev/null # of the shared cluster
trap cleanup EXIT
cp "$KUBECONFIG" "$work/admin"
start_etcd
start_api
kubectl --kubeconfig "$work/admin" config set-cluster \
    "$(kubectl --kubeconfig "$work/admin" config view -o jsonpath='{.clusters[0].name}')" \
    --server "https://127.0.0.1:$api_port" >/dev/null
export KUBECONFIG=$work/admin
api_ready
