# Hooks: Jobs that run before or after the rest, again when they change or had failed, or always.
# labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project hooks

hook() { # NAME HOOK COMMAND
    write "$1.yaml" <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: $1, annotations: { cmx.dev/hook: "$2" } }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: job
          image: "job:1"
          command: [ /bin/sh, -c, '$3' ]
          envFrom: [ { configMapRef: { name: needed } } ]
YAML
}
uid() { k get "$@" --ignore-not-found -o jsonpath='{.metadata.uid}'; }
there() { k get "$@" --ignore-not-found -o name; }

# --- a hook that fails: its log is told, what it needs is there, the rest is not started
configmap needed state old
configmap rest a b
hook migrate pre 'echo column exists already; exit 3'
hook tell 'post, always' 'echo told'
commit "A migration that fails"
run 1 plan -f .
has "Job/migrate  before the rest" "Job/tell  after the rest"
run 5 apply -f . --yes
has "! Job/migrate" "column exists already" "Not started: ConfigMap/rest (Job/migrate failed)"
same configmap/needed "$(there configmap needed)"
same "" "$(there configmap rest)$(there job tell)"
failed=$(uid job migrate)

# --- the same again: it runs once more, since it failed
run 1 diff -f .
has "± Job/migrate" "runs again: it failed the last time" "1 run again"
run 5 apply -f . --yes
[ "$(uid job migrate)" != "$failed" ] || wrong "the failed hook did not run again"

# --- mended: it runs, then the rest, then what comes after; a second run plans nothing
hook migrate pre 'echo migrated'
commit "A migration that works"
run 1 diff -f .
has "runs again: its manifest has changed"
run 0 apply -f . --yes
has "1 run again"
same "configmap/rest job.batch/migrate job.batch/tell" "$(there configmap rest) $(there job migrate) $(there job tell)"
same 1 "$(k get pods -l batch.kubernetes.io/job-name=migrate --no-headers | grep -vc Terminating)"
run 0 diff -f .
run 0 apply -f . --yes

# --- another change: the hook that had run stays, the one that says always runs again
before=$(uid job migrate) told=$(uid job tell)
configmap rest a c
commit "Something else"
run 1 diff -f . -o json
has '"action": "replace"' "it runs in every run that changes anything"
run 0 apply -f . --yes --no-wait
has "1 changed, 1 run again"
same "$before" "$(uid job migrate)"
[ "$(uid job tell)" != "$told" ] || wrong "the hook that always runs did not"
same True "$(k get job tell -o jsonpath='{.status.conditions[?(@.type=="Complete")].status}')"
run 0 diff -f .

# --- one that ran to its end may be taken away: it has been done
k delete job migrate >/dev/null
run 0 diff -f .
run 0 apply -f . --yes
same "" "$(there job migrate)"
run 0 status -f .
has "ended"

# --- one that a queue suspends as it comes is waited for, and nothing starts before its end
hook queued pre 'sleep 2'
configmap late a b
commit "A hook that is queued"
"$CMX" apply -f . --yes >"$work/queued" 2>&1 &
apply=$! last="apply, beside a queue"
for _ in {1..400}; do
    k patch job queued --type=merge -p '{"spec":{"suspend":true}}' >/dev/null 2>&1 && break
    sleep 0.05
done
k wait --for=condition=Suspended job/queued --timeout=20s >/dev/null
sleep 1
out=$(cat "$work/queued") errors=""
same "" "$(there configmap late)"
kill -0 "$apply" || wrong "it took a suspended hook for done"
k patch job queued --type=merge -p '{"spec":{"suspend":false}}' >/dev/null
wait "$apply" || wrong "exit code $?"
same configmap/late "$(there configmap late)"
rm queued.yaml late.yaml
commit "Without the queue"
run 0 apply -f . --yes

# --- what depends on a hook, and what a hook depends on, come in their places
write between.yaml <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: first }
data: { a: b }
YAML
sed -i 's|cmx.dev/hook: "pre"|cmx.dev/hook: "pre", cmx.dev/depends-on: ConfigMap/first|' migrate.yaml
configmap rest a d
commit "A hook that needs something"
run 1 plan -f .
same "ConfigMap/first Job/migrate ConfigMap/rest Job/tell" \
    "$(sed -n 's/^ *[0-9]*  [a-z ]*  *\([A-Z][A-Za-z]*\/[a-z]*\).*/\1/p' <<<"$out" | xargs)"
run 0 apply -f . --yes

# --- a hook that leaves the source is pruned like everything else
git rm -q tell.yaml
commit "Nobody to tell"
run 0 apply -f . --yes
same "" "$(there job tell)"
run 0 diff -f .
finish
