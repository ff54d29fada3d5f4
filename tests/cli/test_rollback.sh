# history and rollback, in a folder as the target: what ran before runs again, with what it reads, and stays.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
here=${CMX_SOURCE:?}
export TZ=UTC
me=$(id -un)@$(hostname)
valid() {
    same "" "$(python3 "$here/tests/cli/schema.py" "$here/schemas/output-$1.schema.json" <<<"$out" 2>&1)"
}
web() { # IMAGE CONFIG [ANNOTATIONS]: reads that ConfigMap and the Secret db
    write deploy/web.yaml <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { ${3:-} } }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      serviceAccountName: web
      containers:
        - name: main
          image: "web:$1"
          envFrom: [ { configMapRef: { name: $2 } }, { secretRef: { name: db } } ]
END
}
image() { grep -o 'web:[0-9.]*' out/shop/Deployment.apps_web.yaml; }
new_repository
cd "$repo" || exit 1
project "secrets: write"
web 1.4 config
config config a=1 | write deploy/config.yaml
config other a=1 | write deploy/other.yaml
secret db first | write deploy/db.yaml
printf 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: web }\n' | write deploy/account.yaml
echo out | write .gitignore
commit "The first"
run 0 apply -f deploy --yes
first=$(git rev-parse --short=7 HEAD)

# --- nothing ran before
run 1 rollback Deployment/web -f deploy --yes
has "Deployment/web: the history of the set knows nothing else that ran well before; --to COMMIT names any"
run 1 rollback --release Deployment/web -f deploy
has "Deployment/web is not rolled back"
run 2 rollback -f deploy
has "which object?"
run 1 rollback Deployment/wob -f deploy --yes
has "did you mean Deployment/web?"

# --- the history: oldest first, the newest at the end; one line where all went well
web 1.5 config
config config a=2 | write deploy/config.yaml
secret db second | write deploy/db.yaml
commit "A newer one that reads other things"
run 0 apply -f deploy --yes
second=$(git rev-parse --short=7 HEAD)
run 0 apply -f deploy --yes # changes nothing, and is no run to tell of
run 0 history -f deploy
has "  $first \"The first\" " "    apply done: 5 created" "  $second \"A newer one that reads other things\"" \
    "apply done: 3 changed, 2 unchanged" "$me"
same 2 "$(grep -c "apply done" <<<"$out")"
lacks "ConfigMap/config"
run 0 history -f deploy -v
has "· Secret/db: change" "· Deployment/web: create"
run 0 history ConfigMap/other -f deploy --since 1h
has "$first" "· ConfigMap/other: create"
lacks "$second"
run 1 history ConfigMap/nothing -f deploy
has "the set shop has no such object, nor has its history"
run 0 history -f deploy -o json && valid history
same "apply apply 5 3 True" "$(python3 -c '
import json, sys
a, b = json.load(sys.stdin)["sets"][0]["runs"]
print(a["command"], b["command"], a["counts"]["created"], b["counts"]["changed"], b["waited"])' <<<"$out")"

# --- the plan of a rollback; without a yes nothing is done
run 1 rollback Deployment/web -f deploy --dry-run
has "shop @ $first" "web:1.5 → web:1.4" "rollback" "~ ConfigMap/config" "data.a 2 → 1" "~ Secret/db" \
    "Deployment/web stays at $first until a commit changes what it is made of."
lacks "ConfigMap/other" second
run 2 rollback Deployment/web -f deploy
same web:1.5 "$(image)"

# --- by hand: the Deployment and what it reads, as they were; a second apply plans nothing
run 0 rollback Deployment/web -f deploy --yes --reason "it is slow"
has "✓ Deployment/web" "put back" "To end it: cmx-reconcile rollback -f deploy --release Deployment/web"
same "web:1.4" "$(image)"
same '  a: "1"' "$(grep ' a:' out/shop/ConfigMap_config.yaml)"
run 0 diff -f deploy
has "‖ Deployment/web" "rolled back to $first by $me: it is slow (1 field is refused)" \
    "‖ ConfigMap/config" "put back with Deployment/web" "3 held, 2 unchanged" \
    "cmx-reconcile rollback -f deploy --release Deployment/web"
run 0 apply -f deploy --yes
same web:1.4 "$(image)"
run 0 diff -f deploy -o json && valid plan
has '"for": "rollback"' '"automatic": false'
run 0 status -f deploy
has "rolled back to $first by $me: it is slow" "5 objects: 3 held"
run 0 status -f deploy -o json && valid status
run 3 rollback Deployment/web -f deploy --yes # once more: further back, or in vain?
has "is rolled back to $first already; to go further back: --to COMMIT"
run 0 rollback Deployment/web -f deploy --yes --to "$first" --reason "it is slow" # it is there already
has "unchanged"
run 3 rollback Deployment/web -f deploy --yes --to HEAD
has "what it was rolled back from; to have that again: --release"
run 3 rollback ConfigMap/config -f deploy --yes
has "ConfigMap/config was put back with Deployment/web: roll that back, or release it"
run 0 history Deployment/web -f deploy
has "rollback done: 3 changed" "· Deployment/web: rollback: it is slow"
run 0 history -f deploy # what a rollback is about is no detail
has "· Deployment/web: rollback: it is slow"
run 1 history deployment/web -f deploy
has "the set shop has no such object, nor has its history (did you mean Deployment/web?)"
run 1 history Deployment/wob -f deploy --since 1h
has "did you mean Deployment/web?"
run 0 history ConfigMap/other -f deploy --since 1s
run 1 unhold Deployment/web -f deploy
has "rolled back, which ends with: cmx-reconcile rollback --release"
run 1 rollback --release ConfigMap/config -f deploy
has "release that"

# --- a commit about other things keeps it, also one of the same folder; a part of the source, too
config other a=2 | write deploy/other.yaml
commit "Something else"
run 1 diff -f deploy
has "~ ConfigMap/other" "3 held"
run 0 apply -f deploy --yes
same web:1.4 "$(image)"
run 0 apply -f deploy/config.yaml --yes
same '  a: "1"' "$(grep ' a:' out/shop/ConfigMap_config.yaml)"
run 0 apply -f deploy/web.yaml --yes
same web:1.4 "$(image)"

# --- a change of what it reads ends it, all of it
secret db third | write deploy/db.yaml
commit "Another password"
run 1 diff -f deploy
has "~ Deployment/web" "~ ConfigMap/config" "~ Secret/db" "3 change"
run 0 apply -f deploy --yes
same web:1.5 "$(image)"
run 0 diff -f deploy
lacks "rolled back" held
grep -q '"rollback": {' out/.cmx/set && wrong "a rollback that ended is still in the record"

# --- a fix of its own ends it, too
run 0 rollback Deployment/web --to "$first" -f deploy --yes
web 1.6 config
commit "A fix"
run 0 apply -f deploy --yes
same web:1.6 "$(image)"
run 0 diff -f deploy

# --- and a release; meanwhile a commit that wants what runs leaves nothing to be done
run 0 rollback Deployment/web -f deploy --yes
same web:1.5 "$(image)" # the newest that was another, not the oldest
run 0 rollback --release Deployment/web -f deploy
has "Deployment/web is rolled back no more"
run 1 diff -f deploy
has "~ Deployment/web" "web:1.5 → web:1.6"
run 0 apply -f deploy --yes
run 0 rollback Deployment/web -f deploy --yes
web 1.5 config
commit "Back by git"
run 0 diff -f deploy
run 0 apply -f deploy --yes
same web:1.5 "$(image)"
grep -q '"rollback": {' out/.cmx/set && wrong "a rollback that git has made its own is still in the record"

# --- a ConfigMap with another name in each commit: the older one is made anew, and not pruned
config config-1 a=1 | write deploy/config.yaml
web 1.7 config-1
commit "A config of its own name"
run 0 apply -f deploy --yes
git mv deploy/config.yaml deploy/config2.yaml
config config-2 a=2 | write deploy/config2.yaml
web 1.8 config-2
commit "And another"
run 0 apply -f deploy --yes --prune-budget 5
[ -e out/shop/ConfigMap_config-1.yaml ] && wrong "it is not pruned"
run 0 rollback Deployment/web -f deploy --yes
has "+ ConfigMap/config-1"
run 0 apply -f deploy --yes
has "2 held"
[ -e out/shop/ConfigMap_config-1.yaml ] || wrong "what the older one reads was pruned"
run 0 rollback --release Deployment/web -f deploy
run 0 apply -f deploy --yes
[ -e out/shop/ConfigMap_config-1.yaml ] && wrong "it stays behind after the rollback"

# --- what is refused: held by somebody, a Secret alone, a commit that has it not, another's ConfigMap
run 0 hold Deployment/web -f deploy --reason "not now"
run 3 rollback Deployment/web -f deploy --yes
has "is held by $me: not now"
run 0 unhold Deployment/web -f deploy
run 3 rollback Secret/db -f deploy --yes
has "roll back the workload that reads it"
run 1 rollback ConfigMap/config-2 --to "$first" -f deploy --yes
has "ConfigMap/config-2 is not in $first"
run 3 rollback Deployment/web --to HEAD -f deploy --yes
has "is in $(git rev-parse --short=7 HEAD) what it is now"
run 2 rollback Deployment/web --to nowhere -f deploy --yes
sed 's/name: web/name: worker/; s/app: web/app: worker/g' deploy/web.yaml | write deploy/worker.yaml
config config-2 a=3 | write deploy/config2.yaml
commit "Two read it"
run 0 apply -f deploy --yes
run 1 rollback Deployment/web -f deploy --dry-run
has "! Deployment/worker reads what is put back with it, too."

# --- an image goes back by the digest that it had; one that is gone is not built to go back
write deploy/image.yaml <<END
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: api }
spec: { repository: "oci:images/api", files: [ { from: app, to: /app } ], entrypoint: [ /app/run ] }
END
write deploy/api.yaml <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec: { containers: [ { name: main, image: "oci:images/api" } ] }
END
printf 'out\nimages\n' | write .gitignore
digest() { grep -o 'sha256:[0-9a-f]*' out/shop/Deployment.apps_api.yaml; }
echo one | write app/run
commit "An image"
run 0 apply -f deploy --yes
one=$(digest)
echo two | write app/run
commit "Another binary"
run 0 apply -f deploy --yes
[ "$(digest)" != "$one" ] || wrong "the image is still the first"
run 0 rollback Deployment/api -f deploy --yes
same "$one" "$(digest)"
config other a=7 | write deploy/other.yaml
commit "No image"
run 0 apply -f deploy --yes
same "$one" "$(digest)"
echo three | write app/run
commit "A third binary"
run 0 apply -f deploy --yes
[ "$(digest)" != "$one" ] || wrong "a commit that changes the image did not end it"
rm -rf images
run 3 rollback Deployment/api --to HEAD~3 -f deploy --yes
has "ran an image in" "that is not to be had any more: Image" "cmx-reconcile build --ref"
run 0 apply -f deploy --yes

# --- the history is bounded: the oldest go first
python3 - <<'END'
import json
runs = json.load(open("out/.cmx/history"))
last = dict(runs[-1], objects=[], subject="Of old")
json.dump([dict(last, subject="The oldest")] + [last] * 99, open("out/.cmx/history", "w"))
END
config other a=9 | write deploy/other.yaml
commit "The hundred and first"
run 0 apply -f deploy --yes
run 0 history -f deploy -v
same 100 "$(grep -c "apply done" <<<"$out")"
lacks "The oldest"
run 0 history -f deploy
has "… and 80 older runs (-v shows them)" "The hundred and first"
echo broken >out/.cmx/history
run 0 history -f deploy
has "No run is known yet." "the history of the set cannot be read, and begins anew:"
config other a=0 | write deploy/other.yaml
commit "And on it goes"
run 0 apply -f deploy --yes
run 0 history -f deploy
has "And on it goes"
finish
