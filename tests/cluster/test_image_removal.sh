# registry rm and what runs in the cluster at hand: an image that is in use stays, whoever applied
# what runs it; where nobody could look, it stays as well. labels: cluster
# timeout: 200
. "$(dirname "$0")/cluster.sh"
. "$CMX_SOURCE/tests/cluster/relay.sh"
tidy() { relay_end; }
relay_start
source=127.0.0.1:$port
image() { echo "$place/$1:${2:-1}"; }
gone() { run 1 registry exists "$(image "$@")"; }
stays() { run 0 registry exists "$(image "$@")"; }
digest() { skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$CMX_REGISTRY/$ns/$1"; }

# Another image each, so that no two share a digest.
for name in deployed scaled nightly ended unused; do
    mkdir -p "$name" && echo "$name" >"$name/name"
    write images.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: $name }
spec:
  repository: $place/$name
  tags: ["1"]
  from: $source/web:1.4
  files: [ { from: $name/, to: /srv/ } ]
YAML
    commit "$name"
    run 0 build -f . --push
done
rm images.yaml
pod() { echo "spec: { terminationGracePeriodSeconds: 0, restartPolicy: ${2:-Always}, containers: [ { name: main, image: \"$1\" ${3:-} } ] }"; }
k apply -f - >/dev/null <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: deployed }
spec:
  selector: { matchLabels: { app: deployed } }
  template: { metadata: { labels: { app: deployed } }, $(pod "$place/deployed@$(digest deployed:1)") }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: scaled }
spec:
  replicas: 0
  selector: { matchLabels: { app: scaled } }
  template: { metadata: { labels: { app: scaled } }, $(pod "$(image scaled)") }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec: { schedule: "0 3 1 1 *", jobTemplate: { spec: { template: { $(pod "$(image nightly)" Never) } } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: ended }
spec: { template: { $(pod "$(image ended)" Never ', command: [/bin/sh, -c, "echo done"]') } }
YAML
k rollout status deployment/deployed --timeout=60s >/dev/null
k wait job/ended --for=condition=Complete --timeout=60s >/dev/null

# --- in use: by digest, scaled to none, at night; the objects are named, and nothing is deleted ---
run 3 registry rm "$(image deployed)" --yes
has "runs $(digest deployed:1): Deployment/$ns/deployed, Pod/$ns/deployed-" "--even-if-used" "Nothing was deleted"
stays deployed
run 3 registry rm "$(image scaled)" --yes
has "Deployment/$ns/scaled"
run 3 registry rm "$(image nightly)" --yes
has "CronJob/$ns/nightly"
stays nightly

# --- a tag that is moved on does not use the older image; a pod that runs it does ---
# (which the node has met under another name before: it may tell that one)
run 0 registry copy "$(image unused)" "$(image moving)"
k run before --image="$(image unused)" --restart=Never >/dev/null
k wait pod/before --for=condition=Ready --timeout=60s >/dev/null
k delete pod before --grace-period=0 --force >/dev/null 2>&1
k wait pod/before --for=delete --timeout=60s >/dev/null 2>&1
k run moving --image="$(image moving)" --restart=Never >/dev/null
k wait pod/moving --for=condition=Ready --timeout=60s >/dev/null
old=$(digest moving:1)
run 0 registry copy "$(image scaled)" "$(image moving)"
run 3 registry rm "$place/moving@$old" --yes
has "Pod/$ns/moving"
k delete pod moving --grace-period=0 --force >/dev/null 2>&1
k wait pod/moving --for=delete --timeout=60s >/dev/null 2>&1
run 0 registry rm "$place/moving@$old" --yes

# --- an older revision runs it: a rollback would want it; so may another cluster of a source ---
older=$(digest deployed:1)
k set image deployment/deployed main="$(image scaled)" >/dev/null
k rollout status deployment/deployed --timeout=60s >/dev/null
until [ -z "$(k get pods -o jsonpath="{.items[?(@.spec.containers[0].image=='$place/deployed@$older')].metadata.name}")" ]; do sleep 0.2; done
run 3 registry rm "$(image deployed)" --yes
has "may go back to $older: older revisions of Deployment/$ns/deployed run it" "--even-if-used" "Nothing was deleted"
stays deployed
mkdir -p named
write named/project.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: named }
spec: { namespace: $ns, cluster: here }
---
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: here }
spec: { context: $(kubectl config view --raw --minify -o jsonpath='{.current-context}') }
YAML
write elsewhere.yaml <<YAML
apiVersion: v1
kind: Config
current-context: other
contexts:
  - { name: other, context: { cluster: other, user: u } }
$(kubectl config view --raw --minify -o json | jq -r '"  - \(.contexts[0] | tojson)"')
clusters:
  - { name: other, cluster: { server: "https://127.0.0.1:1" } }
$(kubectl config view --raw --minify -o json | jq -r '"  - \(.clusters[0] | tojson)"')
users:
  - { name: u, user: {} }
$(kubectl config view --raw --minify -o json | jq -r '"  - \(.users[0] | tojson)"')
YAML
run 3 registry rm "$(image nightly)" --yes --kubeconfig elsewhere.yaml -f named
has "CronJob/$ns/nightly"
run 3 registry rm "$(image deployed)" --yes --kubeconfig elsewhere.yaml -f named
has "may go back to"
stays nightly
run 0 registry rm "$(image deployed)" --yes --even-if-used

# --- not in use: never run, or run by what has ended ---
run 0 registry rm "$(image unused)" --yes
gone unused
run 0 registry rm "$(image ended)" --yes
gone ended

# --- where nobody could look, it stays: no rights, no server ---
k create serviceaccount stranger >/dev/null
write stranger.yaml <<YAML
apiVersion: v1
kind: Config
current-context: stranger
contexts: [ { name: stranger, context: { cluster: c, user: u } } ]
clusters: [ { name: c, cluster: { server: "$(kubectl config view --raw --minify -o jsonpath='{.clusters[0].cluster.server}')", insecure-skip-tls-verify: true } } ]
users: [ { name: u, user: { token: "$(k create token stranger)" } } ]
YAML
run 4 registry rm "$(image nightly)" --yes --kubeconfig stranger.yaml
has "could not look whether cluster stranger runs" "forbidden" "--even-if-used" "Nothing was deleted"
sed -i 's|server: "[^"]*"|server: "https://127.0.0.1:1"|' stranger.yaml
KUBECONFIG=$PWD/stranger.yaml run 4 registry rm "$(image nightly)" --yes
has "could not look whether"
stays nightly

# --- no cluster at hand, or meant ---
run 0 registry rm "$(image nightly)" --yes --even-if-used
gone nightly
KUBECONFIG=$work/none run 0 registry rm "$(image scaled)" --yes
run 2 registry ls "$place/scaled" --context other
has "--context"
finish
