# cmx.dev/restart-on: config with real pods: they are replaced with what they read, come back with
# it, and are left alone by half a source; a change that nobody notices is said. cmx.dev/timeout.
# labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project restart
workload() { # NAME ANNOTATION IMAGE
    write "$1.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1, annotations: { $2 } }
spec:
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [ { name: main, image: "${3:-pause:1}", env: [
          { name: BETA, valueFrom: { configMapKeyRef: { name: flags, key: beta } } },
          { name: TOKEN, valueFrom: { secretKeyRef: { name: key, key: token } } } ] } ]
YAML
}
secret() {
    write key.yaml <<YAML
apiVersion: v1
kind: Secret
metadata: { name: key }
stringData: { token: "$1" }
YAML
}
pod() { k get pod -l app="$1" --field-selector=status.phase=Running -o jsonpath='{.items[*].metadata.name}'; }
set_of() { k get pod "$(pod "$1")" -o jsonpath='{.metadata.labels.pod-template-hash}'; }
hash() { k get deployment "$1" -o jsonpath='{.spec.template.metadata.annotations.cmx\.dev/config-hash}'; }

configmap flags beta 1
secret first
workload with "cmx.dev/restart-on: config"
workload without ""
commit "Two that read the same"
run 0 apply -f . --yes
first=$(set_of with) pods="$(pod with) $(pod without)"
run 0 diff -f .

# --- a changed ConfigMap: the one rolls, the other is named
configmap flags beta 2
commit "Beta"
run 1 diff -f .
has "~ Deployment/with       cmx.dev/config-hash $(hash with | cut -c 1-8) → " "rolls 1 workload (1 pod)" \
    "Deployment/with restarts with ConfigMap/flags" "Deployment/without will not notice"
lacks "~ Deployment/without"
while IFS= read -r line; do [ ${#line} -le 80 ] || wrong "more than 80 columns: $line"; done <<<"$out"
run 0 apply -f . --yes
[ "$(pod with)" != "${pods% *}" ] || wrong "its pod was not replaced"
same "${pods#* }" "$(pod without)"
run 0 diff -f .

# --- back: the pods of the first commit, by the ReplicaSet that made them
git revert --no-edit HEAD >/dev/null
run 0 apply -f . --yes
same "$first" "$(set_of with)"

# --- a Secret, told by its name only
secret other
commit "Another token"
run 1 diff -f . --full
has "Deployment/with restarts with Secret/key"
lacks other-token "$(printf other | base64)"
run 0 apply -f . --yes
run 0 diff -f .

# --- drift of what is read restarts nobody, and that is said
k patch configmap flags --type=merge -p '{"data":{"beta":"9"}}' >/dev/null
before=$(pod with)
run 1 diff -f .
has "but no pod will notice: Deployment/with," "Deployment/without read it only at the start"
lacks "would restart"
run 0 apply -f . --yes
same "$before" "$(pod with)"

# --- half a source
before=$(hash with)
run 3 apply -f with.yaml --yes
has "! Deployment/with: it restarts with ConfigMap/flags, which is not in this part of the source"
same "$before" "$(hash with)"
run 0 apply -f with.yaml -f flags.yaml -f key.yaml --yes

# --- taken away: rolls once more
workload with ""
commit "Without"
run 1 diff -f .
has "rolls 1 workload"
run 0 apply -f . --yes
same "" "$(hash with)"
run 0 diff -f .

# --- cmx.dev/timeout bounds the wait for one object, whatever --timeout says, and is named
workload without 'cmx.dev/timeout: 3s' "nowhere.invalid/none:1"
sed -i 's/containers:/nodeSelector: { nobody: has-it }\n      containers:/' without.yaml
commit "Never scheduled"
started=$SECONDS
run 5 apply -f . --yes --timeout 60s
has "! Deployment/without" "Deployment/without: after 3.0 s (cmx.dev/timeout): not healthy in time"
[ $((SECONDS - started)) -lt 45 ] || wrong "waited for $((SECONDS - started)) s"
finish
