# What refers to an image is copied with it: to and from a registry with the referrers API, and
# one without, which keeps them under a tag. crane says what is there afterwards.
# timeout: 180
source "$(dirname "$0")/../expect.sh"
registries=$work/registries
source "$(dirname "$0")/../registry.sh"
tidy() { registry_end; }
here=${CMX_SOURCE:?}
export HOME=$work/home DOCKER_CONFIG=$work/docker
read -r one multi note < <(python3 "$here/tests/registries/image.py" "$work/images" 100000)
# shellcheck disable=SC2154
crane=$registry_programs/crane
registry_start knows referrers
registry_start old delete
# shellcheck disable=SC2154
knows=$registry_knows old=$registry_old
crane() { HOME=$work "$crane" "$@" --insecure; }
fallback=sha256-${one#sha256:}

run 0 registry copy "oci:$work/images:one" "$knows/api:1" --referrers
last="crane digest"
same "$one" "$(crane digest "$knows/api:1")"
same "$note" "$(crane digest "$knows/api@$note")"
crane validate --remote "$knows/api:1" >"$work/validate" 2>&1 || wrong "crane validate: $(cat "$work/validate")"
last="referrers API"
same "$note" "$(curl -s "http://$knows/v2/api/referrers/$one" | python3 -c 'import json, sys; print(json.load(sys.stdin)["manifests"][0]["digest"])')"
run 0 registry ls "$knows/api"
lacks "$fallback"

# To the old one, where the tag is made; from there on, where it is read and is not copied as such.
run 0 registry copy "$knows/api:1" "$old/api:1" --referrers
last="crane digest"
same "$note" "$(crane digest "$old/api@$note")"
run 0 registry ls "$old/api"
has "$fallback"
run 0 registry copy "$old/api:1" "$knows/again:1" --referrers
last="referrers API"
same "$note" "$(curl -s "http://$knows/v2/again/referrers/$one" | python3 -c 'import json, sys; print(json.load(sys.stdin)["manifests"][0]["digest"])')"
run 0 registry ls "$knows/again"
same 1 "$out"

# Without the option nothing but the image goes along.
run 0 registry copy "$knows/api:1" "$old/bare:1"
run 0 registry ls "$old/bare"
same 1 "$out"
run 0 registry copy "oci:$work/images:multi" "$old/multi:1"
last="crane digest"
same "$multi" "$(crane digest "$old/multi:1")"
# What crane has pushed is read as well.
last="crane copy"
crane copy "$old/multi:1" "$knows/crane:1" >"$work/copy" 2>&1 || wrong "crane copy: $(cat "$work/copy")"
run 0 registry exists "$knows/crane:1"
has "$multi"

# As cosign keeps signatures: a tag that is made of the digest, which the copy has as well.
sign=sha256-${one#sha256:}.sig
run 0 registry copy "oci:$work/images:one" "$old/signed:1"
run 0 registry copy "oci:$work/images:multi" "$old/signed:$sign" --platform linux/arm64
signature=$(crane digest "$old/signed:$sign")
run 0 registry copy "$old/signed:1" "$knows/signed:1" --referrers
last="crane digest"
same "$signature" "$(crane digest "$knows/signed:$sign")"
run 0 registry copy "$knows/signed:1" "oci:$work/signed:1" --referrers
run 0 registry copy "oci:$work/signed:1" "$old/back:1" --referrers
last="crane digest"
same "$signature" "$(crane digest "$old/back:$sign")"
run 0 registry copy "$old/signed:1" "$knows/unsigned:1"
run 0 registry ls "$knows/unsigned"
same 1 "$out"

# --- rm: what refers to an image is said to stay, or goes with it ---
r=$old/going
run 0 registry copy "oci:$work/images:one" "$r:1" --referrers
run 0 registry copy "oci:$work/images:multi" "$r:$sign" --platform linux/arm64
run 0 registry rm "$r:1" --yes
has "left behind, what referred to it:" "$sign" "$note" application/vnd.example.note \
    'cmx-reconcile registry rm --referrers \' "    $r@$one"
run 1 registry exists "$r@$one"
run 0 registry exists "$r@$note"

# What that command says works, but takes nobody else's tag along unasked.
run 1 registry rm --referrers "$r:1" --yes
run 1 registry rm "$r@$one" --yes
run 0 registry tag "$r:$sign" mine
run 3 registry rm --referrers "$r@$one" --yes
has 'named by a tag too' ': mine.' 'Nothing was deleted'
run 0 registry rm --referrers "$r@$one" --yes --all-tags
has 'with what referred to it:' "$sign" "$note"
lacks 'left behind'
for gone in "@$note" ":$sign" ":mine" ":$fallback"; do run 1 registry exists "$r$gone"; done
run 1 registry rm --referrers "$r@$one" --yes

# All at once.
run 0 registry copy "oci:$work/images:one" "$r:2" --referrers
run 0 registry copy "oci:$work/images:one" "$r:other"
run 3 registry rm --referrers "$r:2" --yes
run 0 registry exists "$r@$note"
run 0 registry rm --referrers "$r:2" --yes --all-tags -o json
same "$note" "$(jq -r '.deletedReferrers[].digest' <<<"$out")"
same "" "$(python3 "$here/tests/cli/schema.py" "$here/schemas/output-registry.schema.json" <<<"$out" 2>&1)"
run 1 registry exists "$r@$note"

# The same at a registry with the API (crane's, which keeps the tags of what is deleted).
r=$knows/going
run 0 registry copy "oci:$work/images:one" "$r:1" --referrers
run 0 registry rm "$r:1" --yes -o json
same "$note" "$(jq -r '.leftReferrers[].digest' <<<"$out")"
same "" "$(python3 "$here/tests/cli/schema.py" "$here/schemas/output-registry.schema.json" <<<"$out" 2>&1)"
run 0 registry rm --referrers "$r@$one" --yes --all-tags
has "$note"
run 1 registry exists "$r@$note"
# The note of a build of ours: who built it, from which commit, with its log.
new_repository
write image.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: built }
spec: { repository: $old/built, tags: ["1"], from: scratch, files: [ { from: image.yaml, to: / } ] }
YAML
commit "An image"
run 0 build -f "$repo" --push
run 0 registry copy "$old/built:1" "$knows/built:1" --referrers
last="the note of the build"
built=$(curl -s "http://$knows/v2/built/referrers/$(crane digest "$knows/built:1")" | jq -r '.manifests[].digest')
same "application/vnd.cmx.build.v1" "$(crane manifest "$knows/built@$built" | jq -r .artifactType)"
run 0 pull "$knows/built:1" --to "oci:$work/built" --referrers
run 0 push "oci:$work/built" "$old/once-more:1" --referrers
finish
