# diff --from --to: what a pull request changes, with no cluster and no record.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
git tag one
config web a=2 b=1 | write deploy/web.yaml
rm deploy/api.yaml
config new z=1 | write deploy/new.yaml
secret db s3cret-one | write deploy/db.yaml
commit "Change it all"
git tag two
secret db s3cret-two | write deploy/db.yaml
commit "Another password"
hidden=(s3cret-one s3cret-two "$(printf s3cret-one | base64)" "$(printf s3cret-two | base64)")

run 1 diff -f deploy --from one --to two
has "~ ConfigMap/web" "data.a 1 → 2" "+ ConfigMap/new" "- ConfigMap/api" "+ Secret/db" \
    "2 create, 1 change, 1 delete" "--from one --to two --full"
lacks "${hidden[@]}" "Do it:" cmx-reconcile\ apply
run 1 diff -f deploy --from one --to two --full
lacks "${hidden[@]}"
run 1 diff -f deploy --from two
has "Secret/db" password
lacks "${hidden[@]}"
run 1 diff -f deploy --from two --to HEAD --full
lacks "${hidden[@]}"
run 1 diff -f deploy --from one --to HEAD -o json
lacks "${hidden[@]}"
same "change ConfigMap/web create ConfigMap/new create Secret/db delete ConfigMap/api" "$(python3 -c '
import json, sys
print(*sorted("%s %s/%s" % (c["action"], c["kind"], c["name"])
              for t in json.load(sys.stdin)["targets"] for c in t["changes"]))' <<<"$out")"

# The other way round, and nothing at all.
run 1 diff -f deploy --from two --to one
has "+ ConfigMap/api" "- ConfigMap/new"
run 0 diff -f deploy --from HEAD --to HEAD
has "unchanged"

# The disk does not matter; nothing is made.
echo 'kind: broken' | write deploy/broken.yaml
run 0 diff -f deploy --from HEAD --to HEAD
[ ! -e out ] || wrong "a folder was made"
rm deploy/broken.yaml

# From a folder below, from a bare repository, from a folder that is new.
(cd deploy && "$CMX" diff -f . --from one --to two >"$work/.below" 2>&1)
same 1 $?
git clone -q --bare . "$work/bare.git"
run 1 diff --git "$work/bare.git" --path deploy --from one --to two
has "~ ConfigMap/web"

# A folder that the older commit does not have yet: all of it is created.
mkdir added && config more >added/more.yaml
commit "Add a folder"
run 1 diff -f added --from one --to HEAD
has "1 create"

# A folder that the newer one does not have any more: all of it goes, of the set that it was.
git rm -qr added && commit "Remove the folder"
run 1 diff -f added --from HEAD~1 --to HEAD
has "1 delete"
run 1 diff -f deploy -f added --from HEAD~1 --to HEAD
has "1 delete" "unchanged"
run 2 diff -f never --from HEAD~1 --to HEAD
has "never is neither in"

# A branch does not revert what the other one got since they parted; an older commit does.
git checkout -qb feature two
config new z=2 | write deploy/new.yaml
commit "On the branch"
run 1 diff -f deploy --from main --to feature
has "where it parted from" "~ ConfigMap/new" "1 change"
lacks Secret/db
run 1 diff --git "$work/bare.git" --path deploy --from main --to one
lacks "where it parted from"

# Another name of the Project is another set.
sed -i 's/name: shop/name: boutique/' deploy/project.yaml
commit "Another name"
run 0 diff -f deploy --from HEAD~1 --to HEAD
has "the set was shop" "would be boutique" "begins a new set"
git checkout -q main

# In a shallow clone there may be no telling.
git clone -q --depth 1 "file://$repo" -b feature "$work/shallow"
git -C "$work/shallow" fetch -q --depth 1 origin main:main
cd "$work/shallow" || exit 1
run 4 diff -f deploy --from main --to feature
has "fetch-depth: 0"
run 4 diff -f deploy --from one --to feature
has "fetch-depth: 0"
cd "$repo" || exit 1

# A hook that changes runs again.
job() { printf 'apiVersion: batch/v1\nkind: Job\nmetadata: { name: migrate, annotations: { cmx.dev/hook: pre } }\nspec: { backoffLimit: %s }\n' "$1"; }
job 1 | write deploy/job.yaml
commit "A migration"
run 1 diff -f deploy --from HEAD~1 --to HEAD
has "+ Job/migrate" "a hook: before the rest"
job 2 | write deploy/job.yaml
commit "Another migration"
run 1 diff -f deploy --from HEAD~1 --to HEAD
has "± Job/migrate" "runs again: its manifest has changed" "1 run again"

# What cannot be.
run 2 diff -f deploy --from nothing --to HEAD
has nothing
run 2 diff -f deploy --to HEAD
has --from
echo 'kind: broken' | write deploy/broken.yaml
commit "Broken"
run 2 diff -f deploy --from one --to HEAD
has broken.yaml
cd "$work" && mkdir plain && config x | tee plain/x.yaml >/dev/null
run 4 diff -f plain --from one --to two
finish
