# Checkouts that hold less than their commit: what is not there is told, and never taken for gone.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
export GIT_CONFIG_GLOBAL=$work/gitconfig
# libgit2 1.5 forgets what its regular expressions matched while it reads .gitmodules.
echo 'leak:libpcre2' >"$work/forgotten"
export LSAN_OPTIONS=suppressions=$work/forgotten:print_suppressions=0
git config --global protocol.file.allow always
git config --global user.name t && git config --global user.email t@t.example
shop
echo out >.git/info/exclude
mkdir deploy/inner
config inner a=1 | write deploy/inner/inner.yaml
commit "Three objects"
run 0 apply -f deploy --yes
has "3 created"

# A sparse checkout would be a source without the rest: pruned.
git sparse-checkout set --no-cone '/deploy/*' '!/deploy/inner/' '!/deploy/api.yaml'
[ ! -e deploy/inner ] || wrong "not sparse"
run 2 apply -f deploy --yes
has "deploy/inner: error: not checked out (a sparse checkout)" "deploy/api.yaml: error: not checked out" "--ref HEAD"
run 0 diff -f deploy --ref HEAD
run 0 validate -f deploy/web.yaml
printf 'inner\napi.yaml\n' >deploy/.cmxignore
run 0 validate -f deploy
rm deploy/.cmxignore
git sparse-checkout disable
run 0 diff -f deploy

# An image has the commit's files, checked out or not; what was deleted by hand is gone.
mkdir -p app/left/deep
echo one | write app/left/deep/one
echo two | write app/two
printf 'FROM scratch\nCOPY . /\n' | write app/Dockerfile
printf 'apiVersion: cmx.dev/v1\nkind: Image\nmetadata: {name: app}\nspec: {repository: r.example/app, build: {context: app}}\n' |
    write deploy/app.yaml
commit "An image"
run 0 build -f deploy
whole=$(grep -o 'sha256:[0-9a-f]*' <<<"$out")
git sparse-checkout set --no-cone '/*' '!/app/left/'
[ ! -e app/left ] || wrong "not sparse"
run 0 build -f deploy
same "$whole" "$(grep -o 'sha256:[0-9a-f]*' <<<"$out")" && lacks "-dirty"
rm app/two
run 0 build -f deploy && has "-dirty"
git checkout -q app/two
git sparse-checkout disable
git rm -rq app deploy/app.yaml && git commit -qm "No image"

# A submodule is refused by name, there or not; as in a commit.
git clone -q "$repo" "$work/library"
git submodule --quiet add "$work/library" deploy/library 2>/dev/null
git commit -qm "Use the library"
git clone -q "$repo" "$work/clone"
for folder in "$repo" "$work/clone"; do
    cd "$folder" || exit 1
    for ref in "" "--ref HEAD"; do
        # shellcheck disable=SC2086
        run 2 validate -f deploy $ref
        has "deploy/library: error: a submodule; submodules are not read"
    done
    echo library >deploy/.cmxignore
    run 0 validate -f deploy
    rm deploy/.cmxignore
done

# Git LFS: the pointer is no manifest.
cd "$work/library" || exit 1
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >deploy/large.yaml
run 2 validate -f deploy
has "deploy/large.yaml: error: a Git LFS pointer: fetch its content (git lfs pull)"
rm deploy/large.yaml

# Worktrees, and one that was moved without git's knowing.
git worktree add -q "$work/tree" HEAD 2>/dev/null
run 0 diff -f "$work/tree/deploy" --from HEAD
mv "$work/tree" "$work/moved"
run 2 validate -f "$work/moved/deploy"
has "were they moved? (git worktree repair)"

# Before the first commit: the Project and .cmxignore at the repository's root hold already.
git init -q "$work/new" && mkdir -p "$work/new/deploy" && cd "$work/new" || exit 1
printf 'apiVersion: cmx.dev/v1\nkind: Project\nmetadata: {name: fresh}\nspec: {namespace: fresh}\n' >project.yaml
config web a=1 >deploy/web.yaml
echo 'kind: broken' >deploy/broken.yaml
echo broken.yaml >.cmxignore
run 0 render -f deploy
has "namespace: fresh"

# A clone without its content: could not look.
git -C "$work/library" config uploadpack.allowFilter true
git clone -q --filter=tree:0 --no-checkout "file://$work/library" "$work/partial"
cd "$work/partial" || exit 1
run 4 validate -f deploy --ref HEAD
has "fetch it whole"
finish
