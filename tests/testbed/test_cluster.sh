# What the other tests take for granted of the test cluster: pods run, say something,
# answer through a service, reach the API server, and fail as they should.
# labels: cluster
# timeout: 120
set -euo pipefail
[[ -n ${CMX_NETNS-} ]] || { echo "no test cluster here: scripts/testbed run -- ..."; exit 1; }

namespace=testbed-$$
trap 'kubectl delete namespace "$namespace" --wait=false >/dev/null' EXIT
k() { kubectl --namespace "$namespace" "$@"; }
fail() { echo "failed: $*" >&2; exit 1; }

kubectl create namespace "$namespace"
k create deployment web --image=registry.example/web:1.5 --replicas=2
k expose deployment web --port=80 --target-port=8080
k create job once --image=job:1
k run crash --image="$CMX_REGISTRY/crash:1"
k rollout status deployment/web --timeout=60s
k wait --for=condition=complete job/once --timeout=60s

[[ $(k logs deployment/web) == "web 1.5 listens on port 8080" ]] || fail "logs of web"
[[ $(k logs job/once) == "job done" ]] || fail "logs of the job"
k wait --for='jsonpath={.status.containerStatuses[0].restartCount}'=1 pod/crash --timeout=60s
[[ $(k logs crash) == "panic: missing DATABASE_URL" ]] || fail "logs of the crash"

address=$(k get service web -o 'jsonpath={.spec.clusterIP}')
for _ in $(seq 50); do
    answer=$(curl -s --max-time 2 "http://$address/" || true)
    [[ $answer != "web 1.5" ]] || break
    sleep 0.1
done
[[ $answer == "web 1.5" ]] || fail "the service answers \"$answer\""
k exec deployment/web -- /bin/sh -c 'busybox nc -w 5 10.96.0.1 443 </dev/null' || fail "a pod does not reach the API server"

[[ $(kubectl --kubeconfig "$CMX_KUBECONFIG_TWO_CONTEXTS" --context reader auth can-i list pods) == no ]] ||
    fail "the reader has rights"
grep -q "\"verb\":\"create\".*\"namespace\":\"$namespace\"" "$CMX_AUDIT_LOG" || fail "the audit log misses a request"
