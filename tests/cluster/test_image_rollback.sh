# A broken service, committed: it is built, pushed, its pods fail, and what ran before runs again by
# its digest; `latest`, which that run had moved, goes back, too. The next runs leave the broken one alone and say why; nothing else is disturbed; a
# fix ends it. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
. "$CMX_SOURCE/tests/cluster/relay.sh"
tidy() { relay_end; }
relay_start
patience=150

service() { # NAME LINE-OF-SHELL
    write "services/$1/Dockerfile" <<<"FROM 127.0.0.1:$port/busybox:1.36
COPY start /start
ENTRYPOINT [\"/start\"]"
    write "services/$1/start" <<<"#!/bin/sh
mkdir -p /www; echo \"\$TEXT\" >/www/index.html
$2
exec httpd -f -p 8080 -h /www"
    chmod +x "services/$1/start"
}

manifests() { # NAME TEXT: an Image, the Deployment that runs it, and the ConfigMap that this reads
    write "deploy/$1.yaml" <<YAML
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: $1 }
spec:
  repository: $place/$1
  tags: [latest, "\${shortCommit}"]
  build: { context: services/$1 }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1 }
spec:
  replicas: 2
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: $place/$1
          envFrom: [ { configMapRef: { name: $1 } } ]
          readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: $1 }
data: { TEXT: "$2" }
YAML
}

digest() { skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$CMX_REGISTRY/$ns/$1:${2:-latest}"; }
wanted() { k get deployment "$1" -o jsonpath='{.spec.template.spec.containers[0].image}'; }
running() { k get pods -l "app=$1" -o json | jq -r '.items[] | select(.metadata.deletionTimestamp == null)
    | .spec.containers[0].image' | sort -u; }
others() { # everything that a rollback of web must not touch
    k get deployment/worker configmap/worker -o json | jq -c '.items[] | [.metadata.name, .metadata.resourceVersion]'
    k get pods -l app=worker -o name
}

short() { git rev-parse --short=7 "${1:-HEAD}"; }
text() { curl -fsS --max-time 5 "http://$(k get pods -l "app=$1" --field-selector=status.phase=Running -o jsonpath='{.items[0].status.podIP}'):8080/"; }

mkdir deploy
project back "  rollback: automatic"
mv project.yaml deploy/
service web ""
service worker ""
manifests web one
manifests worker one
commit "Two services"
run 0 apply -f deploy --yes
good=$(digest web) from=$(short) before=$(others)
same "$place/web@$good" "$(running web)"

# --- broken: built, pushed, fails, and the digest of before runs again, with what it reads ---
service web 'echo "panic: the shop has no door"; exit 1'
manifests web two
commit "Take the door away"
broken_commit=$(short)
begun=$EPOCHREALTIME
run 5 apply -f deploy --yes
echo "broken, seen, put back, healthy: $(awk "BEGIN { printf \"%.1f s\", $EPOCHREALTIME - $begun }")"
has "✓ Image/web" "rebuilt" "! Deployment/web: pod web-" "panic: the shop has no door" \
    "Put back, and healthy: $from \"Two services\" runs again, with" "ConfigMap/web" "1 failed, 1 put back"
same "$place/web@$good" "$(wanted web)"
same "$place/web@$good" "$(running web)"
same "one" "$(text web)"
same "$before" "$(others)"
bad=$(digest web "$broken_commit")
[ "$bad" != "$good" ] || wrong "the broken one was not pushed"
# latest is what it was; the tag of the commit was new, and says what was built of it
has "Image/web: the tag latest is back at ${good:0:19}…"
same "$good" "$(digest web)"
same "$good" "$(digest web "$from")"

# --- the next run applies it no more, builds nothing, and says why ---
: >"$work/requests"
run 0 diff -f deploy
has "‖ Deployment/web" "rolled back to $from: pod web-" "CrashLoopBackOff" "3 held" \
    "‖ Image/web" "put back with Deployment/web (1 field is refused)"
lacks "No member of the set"
run 0 apply -f deploy --yes
same 0 "$(requests -v '^HEAD ')"
same "$place/web@$good" "$(running web)"
same "$before" "$(others)"
run 0 status --project back -n "$ns"
has "rolled back to $from: pod web-" "CrashLoopBackOff" "2 of 2 pods ready"
run 0 history --project back -n "$ns"
has "$broken_commit \"Take the door away\"" "! Deployment/web: change failed, and was put back: " " runs again: pod"
run 0 images -f deploy
has "web  tags differ" "$bad"

# --- a commit to another service rolls that one out, and leaves this one as it is ---
service worker "echo more"
commit "Let the worker say more"
run 0 apply -f deploy --yes
same "$place/worker@$(digest worker)" "$(running worker)"
same "$place/web@$good" "$(running web)"
same "$good" "$(digest web)"

# --- another commit to the broken one is tried, fails as well, and the good one stays ---
service web 'echo "panic: the shop has no window"; exit 1'
commit "Take the window away, too"
run 5 apply -f deploy --yes
has "panic: the shop has no window" "Put back, and healthy:" "the tag latest is back at"
same "$place/web@$good" "$(running web)"
same "$good" "$(digest web)"

# --- mended: built, rolled out, and the rollback is over ---
service web "echo mended"
commit "Put the door back"
run 0 apply -f deploy --yes
lacks "rolled back"
same "$place/web@$(digest web)" "$(running web)"
same "two" "$(text web)"
mended=$(digest web)
same "$mended" "$(digest web "$(short)")"
run 0 diff -f deploy
lacks "rolled back"

# --- by hand no tag moves; the command that moves it is told, and what it did stays
run 0 rollback Deployment/web --to "$from" -f deploy --yes
has "Image/web: the tag latest stays on another image (${mended:0:19}…). To move it, too:" \
    "cmx-reconcile registry tag $place/web@$good latest"
run 0 diff -f deploy
lacks "Image/web"
run 0 registry tag "$place/web@$good" latest
run 0 apply -f deploy --yes
has "‖ Image/web" "put back with Deployment/web (1 field is refused)"
same "$good" "$(digest web)"
run 0 rollback --release Deployment/web -f deploy
run 0 apply -f deploy --yes
same "$mended" "$(digest web)"

# --- what still runs the image keeps its tags: a Job of it did its work ---
write deploy/job.yaml <<YAML
apiVersion: batch/v1
kind: CronJob
metadata: { name: sweep }
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [ { name: main, image: $place/web } ]
YAML
service web 'echo "panic: the shop has no roof"; exit 1'
commit "Take the roof away"
run 5 apply -f deploy --yes
has "Put back, and healthy:" "Image/web: keeps its tags (latest): CronJob/sweep runs it, too"
same "$(digest web)" "$(digest web "$(short)")"
finish
