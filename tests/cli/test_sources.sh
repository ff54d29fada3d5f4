# Where manifests come from: files, folders, standard input, commits, git repositories; and what a part may not do.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
echo out >.git/info/exclude
for name in c d e f; do config "$name" a=1 | write "deploy/$name.yaml"; done
mkdir deploy/inner
config inner a=1 | write deploy/inner/inner.yaml
commit "Seven objects"
git tag seven
run 0 apply -f deploy --yes
has "7 created"

# A part of the source deletes nothing, and says so.
git rm -q deploy/f.yaml
config c a=2 | write deploy/c.yaml
commit "Remove f, change c"
git tag six
for part in "-f deploy/c.yaml" "-f deploy/c.yaml -f deploy/d.yaml" "-f deploy/inner" "-f deploy -l no=such" \
    "-f deploy -n shop"; do
    # shellcheck disable=SC2086
    run 0 apply $part --yes
    has "Nothing is deleted"
    [ -f out/shop/ConfigMap_f.yaml ] || wrong "a part deleted"
done
run 0 apply -f deploy --no-prune --yes
[ -f out/shop/ConfigMap_f.yaml ] || wrong "--no-prune deleted"
run 0 apply -f deploy --yes
[ ! -e out/shop/ConfigMap_f.yaml ] || wrong "not pruned"

# Standard input and single files, rendered.
config piped a=1 >"$work/piped.yaml"
run 0 render -f - <"$work/piped.yaml"
has "name: piped"
run 0 render -f "$work/piped.yaml"
has "name: piped"
run 2 render -f - -f "$work/piped.yaml" <"$work/piped.yaml"
has "stands alone"
run 2 render -f - --ref six <"$work/piped.yaml"
has "stands alone"

# At a commit: the disk does not matter.
echo 'kind: broken' | write deploy/broken.yaml
run 2 validate -f deploy
run 0 validate -f deploy --ref six
run 0 diff -f deploy --ref HEAD
rm deploy/broken.yaml

# What the commit holds may be gone from the disk; a file of it is a part, as on the disk.
git mv deploy/inner moved
run 0 render -f deploy/inner --ref six
has "name: inner"
run 0 apply -f deploy/inner/inner.yaml --ref six --yes
has "Nothing is deleted"
run 0 apply --git "$repo" --path deploy/c.yaml --directory-root "$repo" --yes
has "Nothing is deleted"
run 2 render -f deploy/inner
run 2 render -f deploy/never --ref six
git mv moved deploy/inner

# An older commit is refused, with its way out; so are commits of another branch.
run 3 apply -f deploy --ref seven --yes
has --allow-older "Nothing was changed"
run 0 diff -f deploy
run 0 apply -f deploy --ref seven --allow-older --yes
[ -f out/shop/ConfigMap_f.yaml ] || wrong "--allow-older did nothing"
run 0 apply -f deploy --yes
git checkout -qb side seven
config d a=9 | write deploy/d.yaml
commit "On the side"
run 3 apply -f deploy --yes
has --allow-older
git checkout -q main

# A dirty work tree says so, and is clean again.
run 0 diff -f deploy
lacks -dirty
config d a=3 | write deploy/d.yaml
run 1 diff -f deploy
has -dirty
git checkout -q deploy

# The budget: too many at once are refused, --yes does not help, the named number does.
rm deploy/c.yaml deploy/d.yaml deploy/e.yaml deploy/api.yaml
commit "Remove four of six"
run 3 diff -f deploy
run 3 apply -f deploy --yes
has --prune-budget "Nothing was changed"
same 6 "$(find out/shop -type f | wc -l)"
run 3 apply -f deploy --yes --prune-budget 3
run 0 apply -f deploy --yes --prune-budget 4
same 2 "$(find out/shop -type f | wc -l)"

# An empty source is refused whatever the budget.
rm deploy/web.yaml deploy/inner/inner.yaml
commit "Empty"
run 3 apply -f deploy --yes --prune-budget 100%
same 2 "$(find out/shop -type f | wc -l)"
git checkout -q six -- deploy
commit "Back to six"
run 0 apply -f deploy --yes

# The same set from another source is refused unless taken.
mkdir other
git -C other init -q -b main
cp -r deploy other/deploy
git -C other -c user.name=T -c user.email=t@example.org add .
git -C other -c user.name=T -c user.email=t@example.org commit -qm Other
rm -rf other/out && cp -r out other/out
run 3 diff -f other/deploy
has --take-set
rm -rf other

# Git: a path, a bare repository, a file URL; the result is that of -f.
run 0 render -f deploy
wanted=$out
git clone -q --bare . "$work/bare.git"
for url in "$repo" "$work/bare.git" "file://$work/bare.git" "file://$work/bare.git"; do
    run 0 render --git "$url" --path deploy
    same "$wanted" "$out"
    run 0 render --git "$url" --path deploy --ref seven
    has "name: f"
done
run 4 render --git "file://$work/none.git" --path deploy
run 2 render --git "$work/bare.git" --path nowhere
has nowhere "not in this commit"
run 2 render --git "$work/bare.git" --path deploy --ref nothing
has "no branch, tag or commit nothing"
run 2 render --git "$work/bare.git" --path deploy --ref sixx
has "did you mean six?"
run 2 render --git "$work/bare.git" --path ../deploy
run 0 render --git "$work/bare.git" --path ./deploy/
same "$wanted" "$out"
run 2 render --git "$work/bare.git" --path deploy -f deploy
git tag v1.2.0 six && git tag v1.9.0 seven && git push -q "$work/bare.git" v1.2.0 v1.9.0
run 0 render --git "file://$work/bare.git" --path deploy --ref 'semver:^1.2'
has "name: f"

# A link out of the repository is not followed.
config leaked a=1 >"$work/leaked.yaml"
ln -s "$work/leaked.yaml" deploy/leaked.yaml
commit "A link out"
run 2 render --git "$repo" --path deploy
has "deploy/leaked.yaml" "out of the repository"
lacks "name: leaked"
finish
