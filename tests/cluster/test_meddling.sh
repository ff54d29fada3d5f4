# Others in our way: a namespace stuck in Terminating, an object made anew while we wait, a run that is killed while
# another waits for it, a run mark that nobody can read, a server that is not who it should be. labels: cluster
# timeout: 250
. "$(dirname "$0")/cluster.sh"
group=$(echo "$ns" | tr -d -).example.org
tidy() {
    kubectl -n "$ns-stuck" patch configmap holds --type=merge -p '{"metadata":{"finalizers":null}}' >/dev/null 2>&1
    kubectl delete namespace "$ns-pair" --wait=false >/dev/null 2>&1
    kubectl delete crd "things.$group" --ignore-not-found --wait=false >/dev/null 2>&1
}
until_true() {
    local end=$((SECONDS + 60))
    until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || { wrong "did not come true: $*" && return 1; }; sleep 0.05; done
}
define_things "$group"
until_true kubectl get --raw "/apis/$group/v1/namespaces/$ns/things"
thing() { # NAME
    printf 'apiVersion: %s/v1\nkind: Thing\nmetadata: { name: %s }\nspec: { value: 1 }\n' "$group" "$1"
}
status_of() { # NAMESPACE NAME True|False
    kubectl -n "$1" patch "things.$group" "$2" --subresource=status --type=merge \
        -p "{\"status\":{\"observedGeneration\":1,\"conditions\":[{\"type\":\"Ready\",\"status\":\"$3\"}]}}"
}

# --- two runs on one set: the first is killed while it holds it, the second takes over after its lease. It waits for
# half a minute, beside all of the rest.
kubectl create namespace "$ns-pair" >/dev/null
mkdir "$work/pair"
thing slow >"$work/pair/thing.yaml"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\ndata: { a: b }\n' >"$work/pair/one.yaml"
printf 'apiVersion: cmx.dev/v1\nkind: Project\nmetadata: { name: pair }\nspec: { namespace: %s }\n' "$ns-pair" >"$work/pair/project.yaml"
"$CMX" apply -f "$work/pair" --yes >"$work/first" 2>&1 &
first=$!
until_true status_of "$ns-pair" slow False
sed -i 's/a: b/a: c/' "$work/pair/one.yaml"
{
    "$CMX" apply -f "$work/pair" --yes --timeout 1m >"$work/second" 2>&1
    echo "$? $SECONDS" >"$work/second.end"
} &
second=$!
until_true grep "waits for the run of" "$work/second"
kill -KILL "$first"
wait "$first" 2>/dev/null
status_of "$ns-pair" slow True >/dev/null
killed=$SECONDS

# --- a namespace stuck in Terminating: nothing can be made in it, and what is deleted with it is told
kubectl create namespace "$ns-stuck" >/dev/null
project stuck
sed -i "s/namespace: .*/namespace: $ns-stuck/" project.yaml
configmap one key 1
commit "One"
run 0 apply -f . --yes
kubectl -n "$ns-stuck" create -f - >/dev/null <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: holds, finalizers: [ example.org/holds ] }
YAML
kubectl delete namespace "$ns-stuck" --wait=false >/dev/null
until_true kubectl wait namespace "$ns-stuck" --for=condition=NamespaceFinalizersRemaining --timeout=1s
configmap two key 2
commit "Two"
run 4 apply -f . --yes
has "namespace $ns-stuck" "being terminated"
run 1 delete --project stuck -n "$ns-stuck" --yes # the record went with the namespace
has "there is no set stuck"
# As a member it is waited for by whoever runs next, not by this run.
write space.yaml <<YAML
apiVersion: v1
kind: Namespace
metadata: { name: $ns-stuck }
YAML
rm one.yaml two.yaml
project space
commit "A namespace"
run 4 apply -f . --yes
has "Namespace/$ns-stuck" "it is being deleted since" "run again once it is gone"
kubectl -n "$ns-stuck" patch configmap holds --type=merge -p '{"metadata":{"finalizers":null}}' >/dev/null
until_true kubectl wait namespace "$ns-stuck" --for=delete --timeout=1s
run 0 apply -f . --yes
run 0 diff -f .

# --- deleted and made anew by another while we wait: that is not what we applied, however healthy it is
rm space.yaml
git rm -qf project.yaml
project anew
thing one | write thing.yaml
commit "A thing"
"$CMX" apply -f . --yes >"$work/run" 2>&1 &
pid=$!
until_true status_of "$ns" one False
k delete "things.$group" one --wait=false >/dev/null
{ thing one; echo 'status: { conditions: [ { type: Ready, status: "True" } ] }'; } | k create -f - >/dev/null
code=0
wait "$pid" || code=$?
last="apply, while another makes it anew" out=$(cat "$work/run") errors=""
same 5 "$code"
has "Thing.$group/one" "deleted"
run 1 diff -f . # it stands in our record, but carries our label no more
has "drift"
status_of "$ns" one True >/dev/null
run 0 apply -f . --yes
run 0 diff -f .

# --- a mark of a run that cannot be read is somebody's
k annotate configmap cmx-set-anew cmx.dev/run='{"later":"version"}' >/dev/null
configmap three key 3
commit "Three"
run 3 apply -f . --yes --lock-timeout 1s
has "its mark cmx.dev/run cannot be read" "--lock-timeout"
k annotate configmap cmx-set-anew cmx.dev/run- >/dev/null
run 0 apply -f . --yes

# --- a certificate of another authority: named, and not tried again
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=another \
    -keyout "$work/other.key" -out "$work/other.crt" 2>/dev/null
cp "$KUBECONFIG" "$work/wrong-ca"
cluster=$(kubectl config view -o jsonpath='{.clusters[0].name}')
kubectl --kubeconfig "$work/wrong-ca" config set-cluster "$cluster" --certificate-authority "$work/other.crt" --embed-certs >/dev/null
run 4 diff -f . --kubeconfig "$work/wrong-ca" --log-level debug
has "10.99.0.1:6443: its certificate is not trusted"
lacks "again in" # as the log has it where something is tried again

# --- the second of the two
wait "$second"
read -r code ended <"$work/second.end"
last="apply, after the first was killed" out=$(cat "$work/second") errors=""
same 0 "$code"
[ $((ended - killed)) -lt 90 ] || wrong "it took $((ended - killed)) s"
run 0 diff -f "$work/pair"
same c "$(kubectl -n "$ns-pair" get configmap one -o jsonpath='{.data.a}')"
same "" "$(kubectl -n "$ns-pair" get configmap cmx-set-pair -o jsonpath='{.metadata.annotations.cmx\.dev/run}')"
finish
