#!/usr/bin/env bash
# The same commit is the same image, bit by bit: whatever the umask, the user, the zone, the
# number of threads, loose or packed objects, and on another machine's clone. What is not in
# the commit is told, and changes the source digest.
# labels: root
# timeout: 300
source "${CMX_SOURCE:?}/tests/expect.sh"
: "${CMX_TOOLS:?}"
tool=$CMX_TOOLS/tool_image

# image OPTION…: builds $repo into $work/out; digest or error in $out.
image() {
    last="tool_image $*"
    checks=$((checks + 1))
    out=$("$tool" "$repo" to="$work/out" "$@" 2>&1)
}
# wants DIGEST WHAT OPTION…
wants() {
    local digest=$1 what=$2
    shift 2
    image "$@"
    [ "$out" = "$digest" ] || wrong "$what: another digest than $digest"
}

new_repository
write Dockerfile <<'E'
FROM scratch AS files
COPY . /src
FROM scratch
ARG TARGETARCH
COPY --from=files /src/app /app
COPY --chown=7:8 run /bin/
LABEL arch=$TARGETARCH
ENTRYPOINT ["/bin/run"]
E
write run <<<'#!/bin/sh'
chmod 777 "$repo/run"
mkdir -p "$repo/app/deep"
seq 100000 >"$repo/app/numbers"
head -c 20000000 /dev/zero | tr '\0' x >"$repo/app/large"
ln -s ../numbers "$repo/app/deep/link"
write .dockerignore <<<'*.md'
write notes.md <<<'not in it'
commit first

# ------------------------------------------------------------------ the same commit
image
digest=$out
[[ $digest == sha256:* ]] || wrong "no digest"
for threads in 1 2 7; do wants "$digest" "$threads threads" threads=$threads; done
(umask 077; "$tool" "$repo" to="$work/out") >"$work/.digest"
same "$digest" "$(cat "$work/.digest")"
(umask 0; TZ=Asia/Tokyo LC_ALL=C HOME=/nowhere "$tool" "$repo" to="$work/out") >"$work/.digest"
same "$digest" "$(cat "$work/.digest")"
git -C "$repo" gc -q
wants "$digest" "packed objects"
repo_first=$repo
git clone -q "$repo" "$work/clone"
touch -d 2001-01-01 "$work/clone"/*
chmod -R go-rwx "$work/clone"
repo=$work/clone
wants "$digest" "another clone"
wants "$digest" "its unchanged work tree" work=1
mkdir -m 777 "$work/nobody"
chmod 755 "$work"
chmod -R go+rX "$work/clone"
HOME=/nowhere setpriv --reuid=65534 --regid=65534 --clear-groups "$tool" "$repo" to="$work/nobody/out" >"$work/.digest" 2>&1
same "$digest" "$(cat "$work/.digest")"
repo=$repo_first

# ------------------------------------------------------------------------- platforms
image platform=linux/amd64 platform=linux/arm64/v8 platform=linux/arm
index=$out
[ "$index" != "$digest" ] || wrong "an index with the digest of a manifest"
wants "$index" "an index again" platform=linux/amd64 platform=linux/arm64 platform=linux/arm/v7 threads=1
image platform=linux/amd64 platform=linux/arm64/v8 platform=linux/arm tag=both
skopeo inspect --raw "oci:$work/out:both" >"$work/index.json"
out=$(python3 -c 'import json,sys
print([m["platform"] for m in json.load(open(sys.argv[1]))["manifests"]])' "$work/index.json")
has "{'architecture': 'arm64', 'os': 'linux'}" "{'architecture': 'arm', 'os': 'linux', 'variant': 'v7'}"
skopeo --override-arch arm64 inspect --config "oci:$work/out:both" >"$work/config.json"
out=$(cat "$work/config.json")
has '"arch": "arm64"' '"created": "1970-01-01T00:00:00Z"'
"$CMX_TOOLS/tool_image" "$repo" "disk=1" platform=linux/arm64 platform=linux/arm64/v8 >"$work/log" 2>&1 &&
    wrong "one platform twice"
last="one platform twice"
same 1 "$(grep -c 'linux/arm64/v8 is linux/arm64, which is there already' "$work/log")"
image epoch=1700000000 tag=dated
[ "$out" != "$digest" ] || wrong "an epoch changes nothing"
out=$(skopeo inspect --config "oci:$work/out:dated")
has '"created": "2023-11-14T22:13:20Z"'

# ---------------------------------------------------------------------- source digest
source_digest() { image digest=1 "$@"; echo "$out"; }
first=$(source_digest)
same "$first" "$(source_digest)"
[ "$first" != "$(source_digest arg=X=1)" ] || wrong "an argument counts for nothing"
[ "$first" != "$(source_digest epoch=1)" ] || wrong "the epoch counts for nothing"
[ "$first" != "$(source_digest user=7)" ] || wrong "a setting counts for nothing"
same "$(source_digest arg=A=1 arg=B=2)" "$(source_digest arg=B=2 arg=A=1)"
write notes.md <<<'still not in it'
commit notes
same "$first" "$(source_digest)"
wants "$digest" "a commit that changes only what is ignored"
write app/new <<<new
same "$first" "$(source_digest)"
[ "$first" != "$(source_digest work=1)" ] || wrong "the work tree is not looked at"
image work=1
[ "$out" != "$digest" ] || wrong "a new file is not in the work tree's image"
work_tree=$out
commit new
wants "$work_tree" "the same, committed"

# --------------------------------------------------------------- what is not in git
write .gitignore <<<'dist/'
write Dockerfile <<'E'
FROM scratch
COPY dist/main /main
E
commit dist
mkdir "$repo/dist"
echo built >"$repo/dist/main"
image
has "dist/main is on the disk, but left out of git by .gitignore:1:dist/" \
    "name it in build.artifacts (dist/main)" "Dockerfile:2:1: error: COPY: "
# Not where something else than the name decides: a variable, a wildcard, a stage nobody needs.
write Dockerfile <<'E'
FROM scratch AS unneeded
COPY nothing /
FROM scratch
ARG NAME=run
COPY $NAME ru* /bin/
E
commit "What only a build can tell"
image
[[ $out == sha256:* ]] || wrong "refused"
write Dockerfile <<'E'
FROM scratch
COPY dist/main /main
E
commit dist
image artifact=dist/
artifact=$out
[[ $artifact == sha256:* ]] || wrong "an artifact cannot be built in"
first=$(source_digest artifact=dist/)
echo again >"$repo/dist/main"
[ "$first" != "$(source_digest artifact=dist/)" ] || wrong "an artifact's content counts for nothing"
image artifact=dist/ artifact=none
has "build.artifacts: none is not on the disk"
rm -r "$repo/dist"
image
has "Dockerfile:2:1: error: COPY: dist/main: not found in the context"

# ---------------------------------------------------------- large file pointers, submodules
write Dockerfile <<'E'
FROM scratch
COPY . /
E
write picture.png <<'E'
version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
E
commit pointer
image
has "picture.png: a Git LFS pointer; its content is not in the repository"
git -C "$repo" rm -q picture.png
git -C "$repo" update-index --add --cacheinfo "160000,$(git -C "$repo" rev-parse HEAD),vendor/lib"
git -C "$repo" commit -qm module
image
has "vendor/lib is a submodule; submodules are not read"

# --------------------------------------------------------------------- settings
git -C "$repo" rm -q --cached vendor/lib
rm -f "$repo/Dockerfile"
commit "no Dockerfile"
image
has "Dockerfile: not there" "build.template: auto"
image tag=set file=run:/bin/run:0700:7:8 entrypoint=/bin/run cmd=-x 'env=A=b $c "d"' port=80 user=7 \
    workdir=/srv volume=/v 'label=l=a$b'
out=$(skopeo inspect --config "oci:$work/out:set")
has '"A=b $c \"d\""' '"l": "a$b"' '"80/tcp"' '"User": "7"' '"/v"' '"WorkingDir": "/srv"' '/bin/run' '"-x"'
image 'env=A=x
RUN evil' entrypoint=/x
has "a line break cannot be built into an image"

# ------------------------------------------------------------- a folder by git's own id
# Without ignore rules the context is git's tree, whose id a disk's folder has, too: names that sort
# otherwise with a "/" behind them, folders in folders, links, executables.
repo=$work/tree
new_repository
commit nothing
write Dockerfile <<<'FROM scratch'
for name in a/x/y a.b/z a-b a0 'a b' b/a b.c ab/a é/ü; do write "$name" <<<"$name"; done
write run <<<'#!/bin/sh'
chmod +x "$repo/run"
ln -s a/x "$repo/link"
before=$(source_digest work=1)
[[ $before =~ ^[0-9a-f]{64}$ ]] || wrong "no source digest: $before"
commit all
same "$before" "$(source_digest)"
same "$before" "$(source_digest work=1)"
rm -rf "$repo/.git"
same "$before" "$(source_digest disk=1)"
write a/x/y <<<other
[ "$before" != "$(source_digest disk=1)" ] || wrong "a change deep inside counts for nothing"

finish
