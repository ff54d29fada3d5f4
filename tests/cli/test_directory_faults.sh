# The directory target where the disk is full or read-only, and names are odd.
# labels: root
. "$(dirname "$0")/../expect.sh"
. "$(dirname "$0")/fixture.sh"
shop
record=$repo/out/.cmx/set

# --- names that file systems do not tell apart, or are too long for one
role() { printf 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: "%s" }\nrules: []\n' "$1"; }
long=$(printf 'x%.0s' $(seq 300))
{ role web; echo ---; role Web; echo ---; role system:web; echo ---; role "$long"; echo ---; role "$long-2"; } | write deploy/roles.yaml
commit "Roles"
run 0 apply -f deploy --yes
has "7 created"
run 0 diff -f deploy
same 5 "$(find "$repo/out/_cluster" -type f | wc -l)"
same 5 "$(find "$repo/out/_cluster" -type f | tr A-Z a-z | sort -u | wc -l)"
git -C "$repo" rm -q deploy/roles.yaml
commit "No roles"
run 0 apply -f deploy --yes --prune-budget 5
has "5 deleted"
[ ! -e "$repo/out/_cluster" ] || same "no folder" "$(ls "$repo/out/_cluster")"

# --- a record that is garbage, or another program's: nothing is taken for absent
cp "$record" "$work/good"
for text in garbage '{"format":9,"name":"shop","namespace":"shop"}' '{"format":1,"name":"shop","namespace":"shop"}' '' '[]'; do
    echo "$text" >"$record"
    run 6 diff -f deploy
    has "out/.cmx/set: "
    run 6 apply -f deploy --yes
    same "$text" "$(cat "$record")"
done
echo garbage >"$record"
run 6 diff -f deploy
has "it is damaged; restore it from git, or remove it"
echo '{"format":1,"name":"other","namespace":"shop"}' >"$record"
run 3 diff -f deploy
lacks "remove it"
cp "$work/good" "$record"
run 0 diff -f deploy

# --- without its record every file is foreign: taken over, as a line of its own
rm "$record"
run 1 diff -f deploy
has "2 taken over"
run 0 apply -f deploy --yes
run 0 diff -f deploy

# --- a full disk: told, and nothing is half written; with room again the next run ends it
mkdir "$work/small"
mount -t tmpfs -o size=64k none "$work/small" || exit 1
trap 'umount "$work/small"; cleanup' EXIT
for i in $(seq 1 30); do config "c$i" "a=$(printf 'y%.0s' $(seq 4000))" | write "deploy/c$i.yaml"; done
commit "More than fits"
run 6 apply -f deploy --yes --directory-root "$work/small"
has "No space left on device"
same "" "$(find "$work/small" -name '*.tmp')"
for file in "$work"/small/out/shop/*.yaml; do
    grep -q yyyy "$file" || [[ $file == *web* || $file == *api* ]] || same "whole" "$file"
done
mount -o remount,size=2m "$work/small"
run 0 apply -f deploy --yes --directory-root "$work/small"
run 0 diff -f deploy --directory-root "$work/small"
same 32 "$(find "$work/small/out/shop" -name '*.yaml' | wc -l)"

# --- a read-only one: a diff works, an apply says so
config web a=2 | write deploy/web.yaml
commit "A change"
mount -o remount,ro "$work/small"
run 1 diff -f deploy --directory-root "$work/small"
run 6 apply -f deploy --yes --directory-root "$work/small"
has "Read-only file system"
finish
