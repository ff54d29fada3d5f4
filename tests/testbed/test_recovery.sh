# scripts/testbed itself, on a second cluster beside the first: `up` after a server
# was killed makes a new one, and `down` leaves nothing but logs.
# labels: cluster alone
# timeout: 180
set -euo pipefail
[[ -n ${CMX_NETNS-} ]] || { echo "no test cluster here: scripts/testbed run -- ..."; exit 1; }

testbed=$CMX_SOURCE/scripts/testbed
CMX_TESTBED_DIR=$(mktemp -d)
CMX_TESTBED_NAME=cmx-recovery-$$
export CMX_TESTBED_DIR CMX_TESTBED_NAME
trap '"$testbed" down; rm -rf "$CMX_TESTBED_DIR"' EXIT
fail() { echo "failed: $*" >&2; exit 1; }
server() { cut -d ' ' -f 1 "$CMX_TESTBED_DIR/pids/$1"; }

"$testbed" up
first=$(server kube-apiserver)
"$testbed" up
[[ $(server kube-apiserver) == "$first" ]] || fail "up started a healthy cluster again"

"$testbed" run -- kubectl create deployment web --image=web:1.4
"$testbed" run -- kubectl rollout status deployment/web --timeout=60s
kill -KILL "$first"
if "$testbed" status; then fail "status calls a cluster without API server healthy"; fi
"$testbed" up
[[ -z $("$testbed" run -- kubectl get deployments -o name) ]] || fail "the new cluster is not new"

kubelet=$(server kubelet)
"$testbed" down
if "$testbed" status; then fail "status calls a cluster that is down healthy"; fi
[[ ! -e /proc/$kubelet/exe ]] || fail "the kubelet still runs" # without exe: ended, not yet collected by init
[[ ! -e /run/netns/$CMX_TESTBED_NAME ]] || fail "the network namespace is still there"
[[ -z $(find /sys/fs/cgroup -name "$CMX_TESTBED_NAME") ]] || fail "control groups are still there"
if grep -F "$CMX_TESTBED_DIR" /proc/self/mountinfo; then fail "something is still mounted"; fi
[[ $(ls "$CMX_TESTBED_DIR") == log ]] || fail "the work folder holds: $(ls "$CMX_TESTBED_DIR")"
