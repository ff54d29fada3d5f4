# Rollback on the real cluster: automatic where pods do not become healthy, by hand, and that it stays. labels: cluster
# timeout: 400
. "$(dirname "$0")/cluster.sh"
export TZ=UTC
patience=150
here=${CMX_SOURCE:?}
valid() {
    same "" "$(python3 "$here/tests/cli/schema.py" "$here/schemas/output-$1.schema.json" <<<"$out" 2>&1)"
}
web() { # IMAGE [ENVIRONMENT] [NAME]: it reads the ConfigMap config
    write "${3:-web}.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${3:-web} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${3:-web} } }
  template:
    metadata: { labels: { app: ${3:-web} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: "web:$1"
          env: [ { name: A, value: "1" }${2:+, $2} ]
          envFrom: [ { configMapRef: { name: config } } ]
          readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 }
YAML
}
image() { k get deployment "${1:-web}" -o jsonpath='{.spec.template.spec.containers[0].image}'; }
config() { k get configmap config -o jsonpath='{.data.key}'; }
short() { git rev-parse --short=7 "${1:-HEAD}"; }
broken='{ name: REQUIRE, value: NOTHING }'

# --- a first rollout that fails: there is nothing to go back to
project back "  rollback: automatic"
web 1.4 "$broken"
configmap config key 1
configmap other key 1
commit "The first, which is broken"
run 5 apply -f . --yes
has "panic: missing NOTHING" "Not put back: it did not run before: there is nothing to go back to."
lacks "rollback --release"
web 1.4
commit "The first that works"
run 0 apply -f . --yes
good=$(short)

# --- automatic: pods crash, what ran before runs again in the same run, with the ConfigMap that it read
web 1.4 "$broken"
configmap config key 2
configmap other key 2
commit "Require what is not there"
bad=$(short)
run 5 apply -f . --yes
has "! Deployment/web: " "panic: missing NOTHING" "✓ Deployment/web" "put back" \
    "Put back, and healthy: $good \"The first that works\" runs again, with" \
    "1 failed, 1 put back" "rollback -f . --release Deployment/web"
same "1 2" "$(config) $(k get configmap other -o jsonpath='{.data.key}')" # nothing else is disturbed
same "2" "$(k get deployment web -o jsonpath='{.status.readyReplicas}')"
run 0 diff -f .
has "‖ Deployment/web" "rolled back to $good: " "‖ ConfigMap/config" "put back with Deployment/web" "2 held, 1 unchanged"
run 0 apply -f . --yes
same "1" "$(config)"
run 0 status --project back -n "$ns"
has "rolled back to $good: pod web-" "CrashLoopBackOff" "2 of 2 pods ready"
run 0 history --project back -n "$ns"
has "  $bad \"Require what is not there\"" "apply failed" "1 put back" \
    "! Deployment/web: change failed, and was put back: $good runs again: pod"
run 0 history --project back -n "$ns" -o json && valid history
same "2" "$(k get configmap cmx-set-back -o json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["binaryData"]))')"

# --- an unrelated commit keeps it, a fix ends it
configmap other key 3
commit "Something else"
run 0 apply -f . --yes
same "1 3" "$(config) $(k get configmap other -o jsonpath='{.data.key}')"
run 0 diff -f .
has "rolled back to $good"
web 1.4 '{ name: REQUIRE, value: A }'
commit "The fix"
run 0 apply -f . --yes
same 2 "$(config)"
run 0 diff -f .
lacks "rolled back"
good=$(short)

# --- an image that does not exist; with JSON; two that fail at once and share a ConfigMap go back together
web 1.4 "" worker
commit "A second that reads it"
run 0 apply -f . --yes
configmap config key 3
web none '{ name: REQUIRE, value: A }'
web none "" worker
commit "No such image"
run 5 apply -f . --yes -o json && valid plan
same "True True restored" "$(python3 -c '
import json, sys
rollbacks = json.load(sys.stdin)["targets"][0]["rollbacks"]
print(*[r["done"] for r in rollbacks], "restored" if all("restored" in r for r in rollbacks) else "")' <<<"$out")"
same "web:1.4 web:1.4 2" "$(image) $(image worker) $(config)"
run 0 diff -f . -o json && valid plan
has '"automatic": true'
run 0 apply -f . --yes

# --- what works and reads the same is not disturbed: then it is left to people
web 1.4 "" worker
web none '{ name: REQUIRE, value: A }'
configmap config key 4
commit "Only one has no image"
run 5 apply -f . --yes
has "Not put back: Deployment/worker reads the same ConfigMap or Secret, and" \
    "To put it back all the same:  cmx-reconcile rollback -f . Deployment/web"
same "web:none 4" "$(image) $(config)"

# --- by hand, with a kubeconfig and the origin alone: no clone is at hand
git clone -q --bare "$repo" "$work/origin"
git remote add origin "file://$work/origin"
web 1.4 '{ name: REQUIRE, value: A }'
commit "As before"
git push -q origin main
run 0 apply -f . --yes --take-set
good=$(short)
web 1.4 '{ name: REQUIRE, value: A }, { name: B, value: "1" }'
commit "Another variable"
git push -q origin main
run 0 apply -f . --yes
cd "$work" || exit 1
run 0 rollback Deployment/web --project back -n "$ns" --yes
has "back @ $good" "put back" "Read from file://$work/origin, which the record of the set names." "To end it: cmx-reconcile rollback -n $ns --project back --release Deployment/web"
same "A REQUIRE" "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[*].name}')"
cd "$repo" || exit 1
run 0 diff -f .
has "rolled back to $good by $(id -un)@$(hostname)"
run 0 rollback --release Deployment/web --project back -n "$ns"
run 0 apply -f . --yes
same "A REQUIRE B" "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[0].env[*].name}')"

# --- off for one; and a hook that ran in between stops it, unless that says that it is reversible
hook() { # WORDS VALUE
    write hook.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: migrate, annotations: { cmx.dev/hook: "$1" } }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [ { name: main, image: "job:1", env: [ { name: V, value: "$2" } ] } ]
YAML
}
rm worker.yaml
hook pre 1
commit "A migration"
run 0 apply -f . --yes
web none
sed -i 's/metadata: { name: web }/metadata: { name: web, annotations: { cmx.dev\/rollback: "off" } }/' web.yaml
commit "Broken, but not to be put back"
run 5 apply -f . --yes
lacks "1 put back" "Put back, and healthy" "Not put back"
web 1.4
commit "Mended"
run 0 apply -f . --yes
hook pre 2
web none
commit "Migrate, and break"
run 5 apply -f . --yes
has "Not put back: Job/migrate ran in between, and does not say that it is"
same web:none "$(image)"
run 1 rollback Deployment/web -f . --dry-run
has "Job/migrate ran in between: what it did is not taken back."
web 1.4
commit "Mended again"
run 0 apply -f . --yes
hook "pre, reversible" 3
web none
commit "A migration that is reversible"
run 5 apply -f . --yes
has "Put back, and healthy:"
same web:1.4 "$(image)"

# --- what an earlier run broke, and nobody saw, is not put back by itself: the way is shown
web none '{ name: V, value: unseen }'
commit "Not waited for"
run 0 apply -f . --yes --no-wait
run 5 apply -f . --yes
has "1 failed" "Or put back what ran before:  cmx-reconcile rollback -f . Deployment/web"
lacks "Put back, and healthy"
run 0 rollback Deployment/web -f . --yes
same web:1.4 "$(image)"
run 3 rollback Deployment/web -f . --yes
has "already; to go further back: --to COMMIT"

# --- what never ran has no way back
web none '' fresh
commit "Another one, broken"
run 5 apply -f . --yes
has "! Deployment/fresh"
lacks "rollback -f . Deployment/fresh"
run 5 apply -f . --yes
lacks "rollback -f . Deployment/fresh"
finish
