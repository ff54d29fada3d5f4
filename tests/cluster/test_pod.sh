# The program as a pod, with a ServiceAccount and the shipped roles. labels: cluster
# timeout: 200
#
# Its image is the program, the libraries it was linked with and libcurl, which it loads itself.
. "$(dirname "$0")/cluster.sh"
here=$CMX_SOURCE/tests/testbed node_address=${CMX_REGISTRY%:*} dir=$work
in_network() { "$@"; } # we are in it
. "$here/images.sh"
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
      kubectl delete clusterrolebinding "$ns-diff" "$ns-apply" --ignore-not-found >/dev/null 2>&1
      kubectl delete namespace "$ns" --wait=false >/dev/null 2>&1; cleanup' EXIT

libraries() {
    local curl
    curl=$(ldconfig -p | sed -n 's/.*libcurl\.so\.4 .*=> //p' | head -n 1)
    echo "$curl"
    { ldd "$CMX" && ldd "$curl"; } | grep -o '/[^ ]*'
}

make_image() {
    local root=$work/root library
    mkdir -p "$root/bin" "$root/tmp" "$root/etc"
    cp "$CMX" "$root/bin/cmx-reconcile"
    for library in $(libraries | sort -u); do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
    push_image cmx-reconcile "$ns" "$root" '["/bin/cmx-reconcile"]' '"HOME=/tmp"'
}

# pod NAME ARGUMENT…: runs it as a Job; its output in $out, and how it ended.
pod() {
    local name=$1 arguments="" argument
    shift
    last="pod: cmx-reconcile $*"
    for argument; do arguments="$arguments\"$argument\", "; done
    k apply -f - >/dev/null <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: $name }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: reconciler
      containers:
        - name: main
          image: "cmx-reconcile:$ns"
          args: [${arguments%, }]
          volumeMounts: [ { name: source, mountPath: /source } ]
      volumes: [ { name: source, configMap: { name: source, optional: true } } ]
YAML
    for _ in $(seq 300); do
        ended=$(k get job "$name" -o jsonpath='{.status.conditions[?(@.status=="True")].type}')
        [[ $ended == *Complete* || $ended == *Failed* ]] && break
        sleep 0.2
    done
    out=$(k logs "job/$name" 2>&1) errors=""
    code=$(k get pods -l "job-name=$name" -o jsonpath='{.items[0].status.containerStatuses[0].state.terminated.exitCode}')
}

make_image
k create serviceaccount reconciler >/dev/null
kubectl apply -f "$CMX_SOURCE/deploy/rbac/" >/dev/null

# --- from a ConfigMap that is mounted: files there are links into a hidden folder
project pod
configmap web key 1
k create configmap source --from-file=project.yaml --from-file=web.yaml >/dev/null
pod none apply -f /source --yes
same 4 "$code"
has "configmaps" "cannot" "reconciler"
for role in diff apply; do
    kubectl create clusterrolebinding "$ns-$role" --clusterrole="cmx-reconcile-$role" --serviceaccount="$ns:reconciler" >/dev/null
done
pod mounted apply -f /source --yes
same 0 "$code"
has "in-cluster" "1 created"
same 1 "$(k get configmap web -o jsonpath='{.data.key}')"
pod again diff -f /source
same 0 "$code"

# --- from a git server, by its address
configmap more key 2
commit "From git"
git daemon --reuseaddr --export-all --listen="$node_address" --port=9419 --base-path="$work" "$work" >/dev/null 2>&1 &
daemon=$!
for _ in $(seq 50); do git ls-remote "git://$node_address:9419/repo" >/dev/null 2>&1 && break; sleep 0.1; done
pod git apply --git "git://$node_address:9419/repo" --ref main --yes --take-set
same 0 "$code"
has "in-cluster" "From git" "1 created"
same 2 "$(k get configmap more -o jsonpath='{.data.key}')"
run 0 status --project pod -n "$ns"
finish
