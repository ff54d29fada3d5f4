# The registry commands against a registry that answers oddly (tests/registries/lying_server.py):
# what is not known for sure deletes nothing, and what can be known otherwise stops nobody.
# timeout: 120
source "$(dirname "$0")/../expect.sh"
here=${CMX_SOURCE:?}
export HOME=$work/home DOCKER_CONFIG=$work/docker
unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR KUBECONFIG
coproc server { exec python3 "$here/tests/registries/lying_server.py"; }
server_id=$server_PID
exec {server_input}>&"${server[1]}"
tidy() { kill "$server_id"; }
read -r _ port <&"${server[0]}"
odd=127.0.0.1:$port
requests() { curl -s "http://$odd/requests/$1"; }

# -------------------------------------------------------- rm, where the list of tags is not to be had
for name in tags-none tags-null tags-fewer; do
    run 3 registry rm "$odd/$name:c" --yes
    has 'does not show "c"' "Nothing was deleted"
    same 0 "$(requests "$name" | grep -c DELETE)"
    run 0 registry rm "$odd/$name:c" --yes --all-tags
    same 1 "$(requests "$name" | grep -c DELETE)"
done
run 3 registry rm "$odd/pages-away:a" --yes
has "b, c, d, e"
for name in pages-two pages-few; do
    run 0 registry ls "$odd/$name"
    has a b c d e
done
run 4 registry rm "$odd/pages-self:a" --yes
has "does not end"
# ------------------------------------------------------ raw is what is there, whatever it means
run 1 registry inspect "$odd/pages:1"
has "BLOB_UNKNOWN"
run 0 registry inspect "$odd/pages:1" --raw
has '"schemaVersion"'

read -r image multi note < <(python3 "$here/tests/registries/image.py" "$work/images")
# ------------------------------------------------------ tokens for what it asks for, not what it is called
for name in front word; do
    run 0 registry exists "$odd/$name:1"
    run 0 registry tag "$odd/$name:1" new
done
same 3 "$(requests front | grep -c 'Bearer for repository:front:pull repository:inner/one:pull')"
run 0 push "oci:$work/images:one" "$odd/puts-tokens:1"
run 0 registry exists "$odd/puts-tokens:1"
# ------------------------------------- nobody asks for a name, and to nobody nothing is there
run 1 registry exists "$odd/hidden-404:1"
run 4 registry exists "$odd/hidden-403:1"
has "no credentials are known for it"
echo "{\"auths\": {\"$odd\": {\"auth\": \"YW5uOnMzY3JldA==\"}}}" >"$work/known.json"
run 4 registry exists "$odd/hidden-401:1"
has "no credentials are known for it"
for status in 401 403 404; do
    run 0 registry exists "$odd/hidden-$status:1" --registry-config "$work/known.json"
    run 0 registry ls "$odd/hidden-$status" --registry-config "$work/known.json"
done
run 1 registry exists "$odd/puts-200:1" --registry-config "$work/known.json"

# ------------------------------------------------- answers that are none of the specification's
for status in 405 501 403; do
    run 0 registry exists "$odd/head-$status:1"
done
run 4 registry exists "$odd/secret:1"
same 0 "$(requests secret | grep -c GET)" # 401 is no reason to ask again
for name in puts-200 puts-202 puts-204 blobs-403 blobs-405 blobs-zero; do
    run 0 push "oci:$work/images:one" "$odd/$name:9"
    run 0 push "oci:$work/images:one" "$odd/$name:9"
    run 0 registry exists "$odd/$name@$image"
done
same 0 "$(requests blobs-zero | grep -c POST)" # they are there already
for status in 400 409 412; do # tags that may not move
    run 0 push "oci:$work/images:one" "$odd/puts-once-$status:9"
    run 0 registry tag "$odd/puts-once-$status@$image" 9
    run $((status == 409 ? 3 : 5)) push "oci:$work/images:multi" "$odd/puts-once-$status:9"
    has "the tag is immutable"
done
run 4 push "oci:$work/images:one" "$odd/puts-page:9"
has "it answered 200 to manifest 9, and does not have it afterwards"

# ------------------------------------------------- without the referrers API there is always the tag
for status in 200 404 406 plain; do
    run 0 push "oci:$work/images:multi" "$odd/referrers-$status:9"
    run 0 registry copy "oci:$work/images:multi" "$odd/referrers-$status:9" --referrers
    run 0 pull "$odd/referrers-$status:9" --to "oci:$work/pulled-$status" --referrers
    has "$multi"
    [ -e "$work/pulled-$status/blobs/sha256/${note#sha256:}" ] || wrong "the note did not come along"
done
run 0 push "oci:$work/images:one" "$odd/referrers-403:9"
run 4 pull "$odd/referrers-403:9" --to "oci:$work/pulled" --referrers

run 3 registry copy "oci:$work/images:multi" "$odd/own-tag:9" --referrers
has "for the image itself: it keeps no referrers"

# ---------------- what may not be mounted is sent: no token is given for both repositories at once
run 0 push "oci:$work/images:multi" "$odd/apart/one:9"
run 0 registry copy "$odd/apart/one:9" "$odd/apart/two:9"
run 0 registry exists "$odd/apart/two@$multi"
same 0 "$(requests apart/two | grep -c 'mount=')" # which is not even asked for
[ "$(requests apart/two | grep -c PUT.*uploads)" -gt 0 ] || wrong "nothing was sent"

# ------------------------------------------------------ what it has to say to its users, once
run 0 registry tag "$odd/warns:1" new
for text in "moves to new.example on Monday" "quota: 95 %"; do
    same 1 "$(grep -c "$odd says: $text" <<<"$errors")"
done
lacks "not for users"

# ------------------------------------------------- settings that nothing fits are not passed over
for mirror in mirror.example "docker.io=" "$odd=http://bob:s3cret@127.0.0.1:1" "docker.io=https://m.example/v2/x" \
    "docker.io=https://m.example/v2" "docker.io=m.example//" "docker.io=m.example/Hub" "docker.io=m.example/a:1" \
    "https://docker.io=m.example" "ghcr.io/acme=m.example"; do
    run 2 registry exists "$odd/pages:1" --registry-mirror "$mirror" --log-level debug
    has "--registry-mirror: "
    lacks s3cret
done
for mirror in docker.io=https://m.example/ "docker.io=http://mirror" "ghcr.io=[::1]:5000" docker.io=m.example \
    docker.io=https://m.example/proxy/hub "docker.io=m.example:5000/v2x/"; do
    run 0 registry exists "$odd/pages:1" --registry-mirror "$mirror"
done
run 2 registry exists "$odd/pages:1" --registry-plain-http "http://$odd"
has "expected HOST[:PORT] alone"
run 0 registry exists "$odd/pages:1" --registry-plain-http "$odd"
finish
