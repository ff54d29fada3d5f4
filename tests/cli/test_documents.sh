# The documents are true: links lead somewhere, the steps for CI run, the README's shop does what it says.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
here=${CMX_SOURCE:?}
PATH=$(dirname "$CMX"):$PATH

# Links inside the repository.
while IFS=: read -r file link; do
    last="$file: $link"
    checks=$((checks + 1))
    target=$here/$(dirname "$file")/${link%%#*}
    [ -e "$target" ] || wrong "a link that leads nowhere"
done < <(cd "$here" && grep -oE '\]\([^)# ]+[^) ]*\)' ./*.md docs/*.md docs/reference/*.md |
    sed 's/\](\(.*\))$/\1/' | grep -v ':https\?:')

# step PAGE TEXT: the shell lines below a line with TEXT, without their indent.
step() {
    awk -v text="$2" 'found && !/^      / { exit } found { sub(/^ +/, ""); print } index($0, text) && /\|$/ { found = 1 }' "$1"
}

# A branch that changes one object and removes another, behind a main that went on.
new_repository
cp -r "$here/examples/manifests" "$repo/deploy"
commit "Add the shop"
git clone -q "$repo" "$work/clone"
echo "# more" >>"$repo/deploy/flags.yaml"
sed -i 's/replicas: 1$/replicas: 5/' "$repo/deploy/api.yaml"
commit "Main goes on"
cd "$work/clone" || exit 1
git config user.name Test
git config user.email test@example.org
git checkout -q -b branch
sed -i 's/replicas: 2$/replicas: 3/' deploy/web.yaml
rm deploy/old-api.yaml
git commit -q -a -m "Raise web"
git fetch -q origin
export GITHUB_BASE_REF=main GITHUB_STEP_SUMMARY=$work/summary
export CI_MERGE_REQUEST_DIFF_BASE_SHA
CI_MERGE_REQUEST_DIFF_BASE_SHA=$(git merge-base origin/main HEAD)
step "$here/docs/pull-requests.md" "run: |" >"$work/github.sh"
step "$here/docs/pull-requests.md" "- |" >"$work/gitlab.sh"
for name in github gitlab; do
    last="$name.sh"
    same 2 "$(grep -c 'cmx-reconcile diff\|code=0' "$work/$name.sh")"
    out=$(bash -e "$work/$name.sh" 2>&1) || wrong "the step failed"
    [ "$name" = github ] && out=$(cat "$work/summary")
    has "- Service/old-api" "spec.replicas 2 → 3" "1 change, 1 delete, 7 unchanged"
    lacks Deployment/api # what main did meanwhile
done
# Wrong manifests fail the step; nothing to tell passes.
echo 'kind: X' >deploy/wrong.yaml
git add deploy
git commit -q -m "Wrong"
bash -e "$work/github.sh" >/dev/null 2>&1 && wrong "wrong manifests passed"
git reset -q --hard origin/main~1
bash -e "$work/gitlab.sh" >/dev/null 2>&1 || wrong "no change failed"

# The example that the page on pull requests shows, and the demo's words.
out=$(CMX=$CMX "$here/scripts/demo" 2>&1)
same 0 $?
has "Run again, it does nothing" "9 unchanged" "~ Deployment/web" "- Service/old-api" "rendered/" \
    "✓ Image/web             built" "build (services/web changed in" "2 built, 2 created" \
    "1 built, 1 changed, 2 unchanged" "4 unchanged"
last="the demo at 80 columns"
lacks $'\033'
same "" "$(python3 -c '
import sys
for line in sys.stdin:
    if len(line.rstrip("\n")) > 80: print(line, end="")' <<<"$out")"
same "" "$(grep -n ' $' <<<"$out")"
finish
