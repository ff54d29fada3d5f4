# One source, one digest, however it is read: a clean work tree by its index alone, one that libgit2
# has to look at, and a commit of a URL; with each kind of ignore rule.
# timeout: 120
source "${CMX_SOURCE:?}/tests/expect.sh"
export HOME=$work

# source_of OPTION…: the source digest of the Image. Nothing is kept of it.
source_of() {
    "$CMX" build -q -o json "$@" 2>&1 | jq -r '.images[0].source'
}
new_repository
for path in a.b a-b a/b a/c/d.md a/c/e a0 app/src/x.md app/src/y app/z "sp ace/ü" z; do
    mkdir -p "$repo/app/$(dirname "$path")"
    echo "$path" >"$repo/app/$path"
done
ln -s a/b "$repo/app/link"
chmod +x "$repo/app/z"
write app/Dockerfile <<<$'FROM scratch\nCOPY app/z /z'
write other <<<other
cd "$repo" || exit 1

digests=
while IFS='|' read -r context rules; do
    write image.yaml <<E2
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: api }
spec:
  repository: registry.example/shop/api
  build: { context: "$context", builder: native, ignore: [$rules] }
E2
    commit "$context $rules"
    glanced=$(source_of -f image.yaml)
    digests+="$glanced"$'\n'
    same 64 ${#glanced}
    same "$glanced" "$(source_of --git "file://$repo" --path image.yaml)"
    git update-index --assume-unchanged other
    same "$glanced" "$(source_of -f image.yaml)"
    git update-index --no-assume-unchanged other
done <<'E2'
app|
app|a
app|a.b
app|a, a-b
app|"**/*.md"
app|app/src
app|"a/*"
app|a, "!a/c"
app|"*", "!app/z"
E2
same 9 "$(sort -u <<<"${digests%$'\n'}" | wc -l)"
finish
