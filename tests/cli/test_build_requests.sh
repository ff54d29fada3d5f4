# What a build and push asks of a registry: each thing once, and for what has not changed one HEAD
# for its source and one a tag. Told by the registry's own log, and by skopeo what is there then.
# timeout: 240
source "${CMX_SOURCE:?}/tests/expect.sh"
registries=$work/registries
source "$CMX_SOURCE/tests/registry.sh"
tidy() { registry_end; }
export HOME=$work
registry_start plain delete
# shellcheck disable=SC2154
repository=$registry_plain/shop/api

# asked LINE…: those, counted and without what is random in them, are the requests since the last call.
seen=0
asked() {
    grep -oE '"(HEAD|GET|POST|PATCH|PUT|DELETE) /v2/[^ ]+' "$registries/plain/log" |
        tail -n "+$((seen + 1))" >"$work/new"
    seen=$((seen + $(wc -l <"$work/new")))
    same "$(printf '%s\n' "$@")" "$(sed -E 's/^"//; s/\?.*//; s/\/v2\/shop\/api\///
        s/uploads\/[-0-9a-f]{36}/uploads\/ID/; s/sha256:[0-9a-f]{64}/DIGEST/
        s/sha256-[0-9a-f]{64}/REFERRERS/; s/cmx-[0-9a-f]{64}/SOURCE/' "$work/new" |
        LC_ALL=C sort | uniq -c | sed 's/^ *//')"
}
# tagged TAG: the digest that the registry has under it.
tagged() {
    skopeo inspect --tls-verify=false --raw "docker://$repository:$1" | sha256sum | cut -d' ' -f1
}
write Dockerfile <<'E2'
FROM scratch
COPY small /srv/small
COPY large /srv/large
COPY noise /srv/noise
E2
new_repository
echo small | write small
seq 700000 | write large
head -c 6000000 /dev/urandom | write noise
write image.yaml <<E2
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: api }
spec:
  repository: $repository
  tags: ["1.0", latest]
  build: { context: ".", builder: native, ignore: [image.yaml] }
E2
commit "An image"
cd "$repo" || exit 1

# --- the first time: two layers that are known before they are sent, one of more than 4 MiB, a config,
# and the two blobs and the manifest of the note; the image goes there by the tag of its source ---
run 0 build --push -f image.yaml -o json
digest=$(jq -r '.images[0].digest' <<<"$out")
asked "2 GET manifests/REFERRERS" \
    "1 GET referrers/DIGEST" \
    "3 HEAD blobs/DIGEST" \
    "2 HEAD manifests/1.0" \
    "1 HEAD manifests/SOURCE" \
    "2 HEAD manifests/latest" \
    "1 PATCH blobs/uploads/ID" \
    "6 POST blobs/uploads/" \
    "6 PUT blobs/uploads/ID" \
    "1 PUT manifests/1.0" \
    "1 PUT manifests/DIGEST" \
    "1 PUT manifests/REFERRERS" \
    "1 PUT manifests/SOURCE" \
    "1 PUT manifests/latest"

# --- nothing changed; a commit that changes nothing of it; a clone of that ---
unchanged=("1 HEAD manifests/1.0" "1 HEAD manifests/SOURCE" "1 HEAD manifests/latest")
run 0 build --push -f image.yaml
has there
asked "${unchanged[@]}"
echo >>image.yaml
commit "A word"
run 0 build --push -f image.yaml
asked "${unchanged[@]}"
git clone -q . "$work/clone"
cd "$work/clone" || exit 1
run 0 build --push -f image.yaml
asked "${unchanged[@]}"

# --- what is there is the image, with all layers ---
same "$digest $digest" "sha256:$(tagged 1.0) sha256:$(tagged latest)"
layers=$(skopeo inspect --tls-verify=false "docker://$repository:1.0" | jq -r '.Layers | length')
same 3 "$layers"
finish
