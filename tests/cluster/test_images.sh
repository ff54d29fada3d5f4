# Images from git to pods: built natively, pushed to a real registry, rolled out by digest. What a
# run costs that finds nothing to do, and what a failed rollout leaves. labels: cluster
# timeout: 300
#
# The registry is reached through a relay that notes each request; the node looks every image up
# in the same registry by its path.
. "$(dirname "$0")/cluster.sh"
. "$CMX_SOURCE/tests/cluster/relay.sh"
tidy() { relay_end; }
relay_start

# The image stands on web:1.4 of the testbed, which tells its VERSION over HTTP.
dockerfile() { # VERSION
    printf 'FROM 127.0.0.1:%s/web:1.4\nENV VERSION=%s\nCOPY pages/ /srv/\n' "$port" "$1" |
        write services/web/Dockerfile
}

deployment() { # NAME IMAGE
    write "deploy/$1.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1 }
spec:
  replicas: 2
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec:
      containers:
        - name: main
          image: $2
          readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 }
YAML
}

# Pods that serve, without those that are going.
serving() {
    k get pods -l app=web -o json | jq -r '.items[] | select(.metadata.deletionTimestamp == null and
        .status.containerStatuses[0].ready) | '"$1"
}
running() { serving '.spec.containers[0].image' | sort -u; }
version() { curl -fsS --max-time 5 "http://$(serving .status.podIP | head -1):8080/"; }

project shop
mv project.yaml deploy.yaml && mkdir deploy && mv deploy.yaml deploy/project.yaml
dockerfile 2.0
echo "<h1>shop</h1>" | write services/web/pages/index.html
write deploy/images.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: web }
spec:
  repository: $place/web
  tags: ["\${shortCommit}", latest]
  build: { context: services/web }
YAML
deployment web "$place/web"
deployment old web:1.4
commit "Add the shop"

# --- from a fresh repository to healthy pods of an image that nobody had ---
run 0 apply -f deploy --yes
has "✓ Image/web" "✓ Deployment/web" "✓ Deployment/old"
digest=$(skopeo inspect --tls-verify=false "docker://$CMX_REGISTRY/$ns/web:latest" | jq -r .Digest)
same "$place/web@$digest" "$(running)"
[[ $(version) == *2.0* ]] || wrong "the pod says: $(version)"
same "$digest" "$(skopeo inspect --tls-verify=false "docker://$CMX_REGISTRY/$ns/web:$(git rev-parse --short=7 HEAD)" | jq -r .Digest)"

# --- a second run plans nothing, and asks for the image, each tag and the base, once each ---
: >"$work/requests"
run 0 diff -f deploy
has "3 unchanged"
same 4 "$(requests '^HEAD ')"
same 1 "$(requests "^HEAD /v2/$ns/web/manifests/cmx-")"
same 1 "$(requests '^HEAD /v2/web/manifests/1.4')"
same 0 "$(requests -v '^HEAD ')"

# --- a commit to the service: built, pushed, rolled out, healthy; nothing else is touched ---
old=$(k get deployment old -o jsonpath='{.metadata.generation}')
dockerfile 2.1
commit "Release 2.1"
run 1 diff -f deploy
has "~ Image/web" "build (services/web changed in $(git rev-parse --short=7 HEAD): 1 file)" "to be built" "rolls 1 workload (2 pods)"
run 0 apply -f deploy --yes
has "rebuilt"
[[ $(version) == *2.1* ]] || wrong "the pod says: $(version)"
same "$old" "$(k get deployment old -o jsonpath='{.metadata.generation}')"
new=$(running)
run 0 diff -f deploy

# --- what nobody changed is not built: a commit elsewhere moves the tag alone ---
echo "more" | write README.md
commit "Say more"
: >"$work/requests"
run 0 apply -f deploy --yes
has "Image/web" "tagged"
same "$new" "$(running)"
same 0 "$(requests '^POST ')"

# --- a broken one: the pods fail, the old ones serve, and the registry says what was built ---
dockerfile '""'
printf 'ENTRYPOINT ["/nothing"]\n' >>services/web/Dockerfile
commit "Break it"
run 5 apply -f deploy --yes --timeout 60s
has "✓ Image/web" "! Deployment/web" "StartError, exit code 128"
lacks days
[[ $(version) == *2.1* ]] || wrong "the pod says: $(version)"
run 0 images -f deploy
has "web  there"

# --- taken back: the image of before is found again, and nothing is built ---
git revert --no-edit HEAD >/dev/null
: >"$work/requests"
run 0 apply -f deploy --yes
same "$new" "$(running)"
same 0 "$(requests '^POST ')"

# --- a Job that runs it is made anew with it, since the plan said so; another account's tag ---
write deploy/job.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: report, annotations: { cmx.dev/replace: "true" } }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [ { name: main, image: "$place/web:any", command: [/bin/sh, -c, "echo done"] } ]
YAML
commit "Report"
run 0 apply -f deploy --yes
dockerfile 2.2
commit "Release 2.2"
run 1 diff -f deploy
has "± Job/report" "immutable"
run 0 apply -f deploy --yes
same "$(running)" "$(k get job report -o jsonpath='{.spec.template.spec.containers[0].image}')"
run 0 diff -f deploy

# --- an image that the node cannot run is warned about, and built all the same ---
write deploy/far.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: far }
spec:
  repository: $place/far
  from: scratch
  build: { platforms: [linux/s390x], context: services/web/pages }
  files: [ { from: ., to: /srv/ } ]
YAML
commit "Far away"
run 1 diff -f deploy
has "Image/far is built for linux/s390x, and 1 of 1 node cannot run that"
lacks "Image/web is built"
run 0 apply -f deploy --yes
finish
