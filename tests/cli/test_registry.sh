# registry and pull against Debian's docker-registry: what people call, what they see, what skopeo
# finds afterwards.
# timeout: 300
source "$(dirname "$0")/../expect.sh"
registries=$work/registries
source "$(dirname "$0")/../registry.sh"
tidy() { registry_end; }
here=${CMX_SOURCE:?}
export HOME=$work/home DOCKER_CONFIG=$work/docker
unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR KUBECONFIG
read -r one multi note < <(python3 "$here/tests/registries/image.py" "$work/images")
valid() { same "" "$(python3 "$here/tests/cli/schema.py" "$here/schemas/output-registry.schema.json" <<<"$out" 2>&1)"; }
registry_start plain delete
registry_start stiff
registry_start secure tls basic
registry_start token token
# shellcheck disable=SC2154
r=$registry_plain

# ------------------------------------------------------------------ copy, ls, inspect, exists
run 0 registry copy "oci:$work/images:one" "$r/shop/api:1.0"
has "$r/shop/api:1.0" "$one" "3 sent"
run 0 registry copy "oci:$work/images:one" "$r/shop/api:1.0"
has "all layers were there already"
run 0 registry copy "oci:$work/images:multi" "$r/shop/api" --referrers -o json
valid
has "\"to\": \"$r/shop/api:multi\"" "\"digest\": \"$multi\""
last="skopeo inspect"
same "$one" "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$r/shop/api:1.0")"
same "$multi" "sha256:$(skopeo inspect --tls-verify=false --raw "docker://$r/shop/api:multi" | sha256sum | cut -d' ' -f1)"
run 0 registry ls "$r"
same "shop/api" "$out"
run 0 registry ls "$r/shop/api"
same "1.0"$'\n'"multi"$'\n'"sha256-${one#sha256:}" "$out"
run 0 registry ls "$r/shop/api" -o json
valid
has '"tags": [' "\"repository\": \"$r/shop/api\""
run 0 registry exists "$r/shop/api:1.0"
same "$r/shop/api@$one" "$out"
run 1 registry exists "$r/shop/api:2.0"
has "$r/shop/api:2.0 does not exist"
run 1 registry exists "$r/shop/none:1"
run 4 registry exists 127.0.0.1:1/shop/api:1
run 4 registry exists "$registry_token/shop/api:1"
run 0 registry inspect "$r/shop/api:1.0"
has "digest   $one" "platform linux/amd64" "entry    /api" "args     --port 8080" "user     1000" \
    "labels   team=shop" "ports    8080/tcp" "COPY second /" "in 2 layers"
lacks "ENV A=b"
same "" "$(awk 'length($0) > 80' <<<"$out")"
# Of an image whose base had no history, what is told is of the layers on top.
silent=$work/silent/blobs/sha256 blobs=$work/images/blobs/sha256
cp -r "$work/images" "$work/silent"
jq -c 'del(.history[0])' "$blobs/$(jq -r '.config.digest[7:]' "$blobs/${one#sha256:}")" >"$work/config"
config=$(sha256sum "$work/config" | cut -d' ' -f1)
jq -c --arg digest "sha256:$config" --argjson size "$(stat -c %s "$work/config")" \
    '.config.digest = $digest | .config.size = $size' "$blobs/${one#sha256:}" >"$work/manifest"
manifest=$(sha256sum "$work/manifest" | cut -d' ' -f1)
mv "$work/config" "$silent/$config"
jq -c --arg digest "sha256:$manifest" --argjson size "$(stat -c %s "$work/manifest")" \
    '.manifests = [.manifests[0] | .digest = $digest | .size = $size]' "$work/images/index.json" >"$work/silent/index.json"
mv "$work/manifest" "$silent/$manifest"
run 0 push "oci:$work/silent" "$r/shop/silent:1"
run 0 registry inspect "$r/shop/silent:1"
same 1 "$(grep -c 'COPY second /' <<<"$(tail -n 1 <<<"$out")")"
run 0 registry inspect "$r/shop/api:multi"
has "$multi" "linux/arm64" "--platform linux/amd64"
run 0 registry inspect "$r/shop/api:multi" --platform linux/arm64 -o json
valid
has '"architecture": "arm64"' '"created_by": "COPY first /"'
run 1 registry inspect "$r/shop/api:multi" --platform linux/s390x
has "linux/amd64" "linux/arm64"
run 0 registry inspect "$r/shop/api@$note"
has "artifact application/vnd.example.note" "about    $one"
"$CMX" registry inspect "$r/shop/api:multi" --raw >"$work/raw"
last="registry inspect --raw"
same "$multi" "sha256:$(sha256sum <"$work/raw" | cut -d' ' -f1)"
run 0 registry inspect "$r/shop/api:multi" --raw --platform linux/arm64
has '"layers"'
lacks '"manifests"'

# ----------------------------------------------------------------------------------- pull, copy
run 0 pull "$r/shop/api:multi" --to "oci:$work/out:v1" --referrers
last="skopeo inspect oci:"
same "$multi" "sha256:$(skopeo inspect --raw "oci:$work/out:v1" | sha256sum | cut -d' ' -f1)"
run 0 pull "$r/shop/api:1.0" --to "oci:$work/out:shop/api:1.0"
run 0 registry copy "oci:$work/out:shop/api:1.0" "$r/colons:1"
run 0 registry copy "oci:$work/out@$one" "$r/colons:2"
run 2 registry copy "oci:$work/out@sha256:12" "$r/colons:3"
has "oci:FOLDER[:TAG|@DIGEST]"
run 0 pull "$r/shop/api:1.0" --to "archive:$work/out.tar"
last="skopeo inspect docker-archive:"
same "linux amd64" "$(skopeo inspect --format '{{.Os}} {{.Architecture}}' "docker-archive:$work/out.tar")"
same "[\"$r/shop/api:1.0\"]" "$(tar xOf "$work/out.tar" manifest.json | jq -c '.[0].RepoTags')"
run 0 push "archive:$work/out.tar" "$r/pushed:1"
same "$one" "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$r/pushed:1")"
run 2 push "archive:$work/out.tar"
run 2 push "$r/shop/api:1.0" "oci:$work/wrong-way"
has "the place comes first"
[ ! -e "$work/wrong-way" ] || wrong "it was written nevertheless"
mkfifo "$work/pipe"
run 2 pull "$r/shop/api:1.0" --to "archive:$work/pipe"
has "is no regular file"
[ -p "$work/pipe" ] || wrong "the pipe is gone"
run 0 registry copy "archive:$work/out.tar" "$registry_stiff/again:1"
same "$one" "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$registry_stiff/again:1")"
# What docker save wrote has plain layers, in both of its forms: they are sent compressed, to the
# same bytes each time, and hold the same files. An archive that promises a digest keeps it.
skopeo copy -q "oci:$work/images:one" "docker-archive:$work/saved.tar:shop/api:1"
plain=$(tar xOf "$work/saved.tar" manifest.json | jq -r '.[0].Layers[0]')
layer() { skopeo inspect --tls-verify=false --raw "docker://$1" | jq -r '.layers[0] | "\(.mediaType) \(.digest)"'; }
mkdir "$work/laid"
tar xf "$work/saved.tar" -C "$work/laid"
config=$(jq -r '.[0].Config' "$work/laid/manifest.json")
python3 - "$work/laid" "$config" <<'END'
import hashlib, json, os, shutil, sys
os.chdir(sys.argv[1])
os.makedirs("blobs/sha256")
def blob(data, **more):
    digest = hashlib.sha256(data).hexdigest()
    open("blobs/sha256/" + digest, "wb").write(data)
    return {"digest": "sha256:" + digest, "size": len(data), **more}
item = json.load(open("manifest.json"))[0]
layers = [blob(open(path, "rb").read(), mediaType="application/vnd.oci.image.layer.v1.tar") for path in item["Layers"]]
config = blob(open(item["Config"], "rb").read(), mediaType="application/vnd.oci.image.config.v1+json")
top = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers}).encode(),
           mediaType="application/vnd.oci.image.manifest.v1+json", annotations={"org.opencontainers.image.ref.name": "1"})
json.dump({"schemaVersion": 2, "manifests": [top]}, open("index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open("oci-layout", "w"))
path = lambda what: "blobs/sha256/" + what["digest"][7:]
item = {"Config": path(config), "RepoTags": ["shop/api:1"], "Layers": [path(layer) for layer in layers]}
json.dump([item], open("manifest.json", "w"))
open("top", "w").write(top["digest"])
os.system("tar cf ../ours.tar blobs index.json oci-layout manifest.json")
json.dump([{**item, "LayerSources": {layer["digest"]: layer for layer in layers}}], open("manifest.json", "w"))
os.system("tar cf ../newer.tar blobs index.json oci-layout manifest.json")
END
run 0 push "archive:$work/saved.tar" "$r/saved:1"
run 0 push "archive:$work/saved.tar" "$registry_stiff/saved:1"
run 0 push "archive:$work/newer.tar" "$r/saved:2"
run 0 push "archive:$work/ours.tar" "$r/saved:3"
run 0 registry copy "archive:$work/saved.tar" "oci:$work/unsaved:1"
packed=$(layer "$r/saved:1")
same application/vnd.oci.image.layer.v1.tar+gzip "${packed% *}"
same "$packed" "$(layer "$registry_stiff/saved:1")"
same "$packed" "$(layer "$r/saved:2")"
same "$packed" "$(jq -r '.layers[0]? | "\(.mediaType) \(.digest)"' "$work"/unsaved/blobs/sha256/* 2>"$work/log" | grep gzip)"
same "$(tar xOf "$work/saved.tar" "$plain" | sha256sum)" \
    "$(curl -s "http://$r/v2/saved/blobs/${packed#* }" | gzip -d | sha256sum)"
same "$(cat "$work/laid/top")" "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$r/saved:3")"
skopeo copy -q --src-tls-verify=false "docker://$r/saved:1" "oci:$work/fetched:1" || wrong "skopeo refuses it"
same "$(jq -c .rootfs.diff_ids "$work/laid/$config")" \
    "$(skopeo inspect --config --tls-verify=false "docker://$r/saved:1" | jq -c .rootfs.diff_ids)"
"$registry_programs/crane" validate --insecure --remote "$r/saved:1" >"$work/log" 2>&1 || wrong "crane refuses it"
run 0 registry copy "$r/shop/api:1.0" "$r/other/api:1.0"
has "3 mounted"
run 0 registry copy "$r/shop/api:multi" "$registry_stiff/part:1" --platform linux/arm64
run 0 registry inspect "$registry_stiff/part:1"
has "linux/arm64"
run 2 pull "$r/shop/api:1.0"
has "--to oci:FOLDER"
run 2 registry copy "oci:$work/images" "$r/x:1"
has 'add ":" and one of these tags: one, multi'
run 1 registry copy "$r/shop/api:none" "$r/x:1"
run 1 registry copy "oci:$work/nowhere:x" "$r/x:1"

# ------------------------------------------------- a folder that has not all that its index names
cp -r "$work/images" "$work/sparse"
other=$(jq -r '.manifests[1].digest' "$work/images/blobs/sha256/${multi#sha256:}")
rm "$work/sparse/blobs/sha256/${other#sha256:}"
run 1 push "oci:$work/sparse:multi" "$r/sparse:1"
has "the image for linux/arm64 that the index names is not there" "--platform"
run 0 push "oci:$work/sparse:multi" "$r/sparse:1" --platform linux/amd64

# ------------------------------------------------- archives as others write them: no name, several
skopeo copy -q "oci:$work/images:one" "oci-archive:$work/nameless.tar"
run 0 push "archive:$work/nameless.tar" "$r/nameless"
has "$r/nameless:latest" "$one"
skopeo copy -q "oci:$work/images:one" "docker-archive:$work/names.tar:shop/api:2.0" \
    --additional-tag shop/api:stable
run 0 push "archive:$work/names.tar" "$r/names"
has "$r/names:2.0"
run 0 push "archive:$work/names.tar:shop/api:stable" "$r/names"
has "$r/names:stable" "all layers were there already"
tar cf "$work/all.tar" -C "$work/images" .
run 2 push "archive:$work/all.tar" "$r/all"
has "archive:$work/all.tar holds several images" 'add ":" and one of these tags: one, multi'
run 1 push "archive:$work/all.tar:three" "$r/all"
has 'no image "three"'
run 0 push "archive:$work/all.tar:multi" "$r/all"
has "$r/all:multi" "$multi"
run 0 push "archive:$work/all.tar@$one" "$r/all:one"
has "$one"
run 2 push "archive:$work/all.tar@sha256:12" "$r/all:one"
has "a digest is sha256:"

for command in ls exists inspect rm; do
    for place in "oci:$work/images:one" "archive:$work/all.tar"; do
        run 2 registry "$command" "$place"
        has "is in no registry: folders and archives are known to push, pull and registry copy"
    done
done
run 2 registry inspect "docker://$r/shop/api:1.0"
has "write it without docker://"

# --------------------------------------- what is here, or is called as others call it, is no image's name
for place in "$work/all.tar" "docker-archive:$work/all.tar" "oci-archive:$work/all.tar"; do
    run 2 push "$place" "$r/typed"
    has "write archive:$work/all.tar"
done
run 2 push "$work/images" "$r/typed"
has "is a folder with images here: write oci:$work/images"
run 2 registry copy "docker://$r/shop/api:1.0" "$r/typed"
has "write $r/shop/api:1.0"
run 2 pull "$r/shop/api:1.0" --to "$work/new.tar"
run 2 pull "$r/shop/api:1.0" --to new.tar
has "--to new.tar: pull writes to oci:FOLDER"
run 1 registry ls "$r/typed"

# ------------------------------------------------------------------------------------- tag, rm
run 0 registry tag "$r/shop/api:1.0" stable
has "$r/shop/api:stable" "$one"
run 0 registry tag "$r/shop/api:multi" stable
has "Before: $one"
run 0 registry tag "$r/shop/api:multi" stable -o json
valid
has "\"before\": \"$multi\""
run 2 registry tag "$r/shop/api:multi" "$r/x:1"
has "registry copy"
run 3 registry rm "$r/shop/api:stable" --yes
has "named by other tags too" "multi" "--all-tags"
run 3 registry rm "$r/shop/api:1.0" --yes
has "part of the image for several platforms under: multi, stable"
run 2 registry rm "$r/shop/api:stable" --all-tags
has "Use --yes"
run 2 registry rm "$r/shop/api" --yes
has "which image of it?"
run 0 registry exists "$r/shop/api:stable" -o json
valid
run 0 registry ls "$r" -o json
valid
run 0 registry rm "$r/shop/api:stable" --all-tags --yes
has "tags: multi, stable"
run 1 registry exists "$r/shop/api:multi"
run 0 registry rm "$r/shop/api@$note" --yes
run 1 registry exists "$r/shop/api:sha256-${note#sha256:}"
run 0 registry rm "$r/shop/api:1.0" --yes -o json
valid
has '"deletedTags": ['
run 3 registry rm "$registry_stiff/part:1" --yes
has "does not allow deleting (405)"

# A tag that comes while the question stands is not deleted with the rest.
ask() { # COMMAND…: runs it while rm asks, answers y, and prints the terminal's text and the code
    python3 - "$CMX" "$r" "$@" <<'PYTHON'
import os, pty, subprocess, sys
program, registry, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program, [program, "registry", "rm", registry + "/asked:1"])
text = b""
while b"[y/N]" not in text:
    text += os.read(terminal, 1000)
if command:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
os.write(terminal, b"y\n")
try:
    while more := os.read(terminal, 1000):
        text += more
except OSError:
    pass
print(text.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PYTHON
}
run 0 push "oci:$work/images:one" "$r/asked:1"
out=$(ask "$CMX" registry tag "$r/asked:1" stable) last="rm, asked"
has "changed while you were asked: look again" "Nothing was deleted"
same 3 "${out##* }"
run 3 registry rm "$r/asked:1" --yes
has "named by other tags too" stable
run 0 registry rm "$r/asked:1" --yes --all-tags
run 0 push "oci:$work/images:one" "$r/asked:1"
out=$(ask) last="rm, asked"
has "Delete $r/asked@$one, tags 1?"
same 0 "${out##* }"

# An index within an index needs its images, too.
run 0 push "oci:$work/images:multi" "$r/nested:inner"
size=$(stat -c %s "$work/images/blobs/sha256/${multi#sha256:}")
index=application/vnd.oci.image.index.v1+json
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"%s","size":%s}]}' \
    "$index" "$index" "$multi" "$size" >"$work/outer"
curl -sf -X PUT -H "Content-Type: $index" --data-binary "@$work/outer" "http://$r/v2/nested/manifests/outer"
run 0 registry inspect "$r/nested:outer"
has "(an index)"
lacks "a note"
run 3 registry rm "$r/nested@$one" --yes
has "part of the image for several platforms under: inner, outer"
run 3 registry rm "$r/nested:inner" --yes
has "under: outer"

# --------------------------------------------------------------------------------- login, logout
s=$registry_secure
ca="--registry-ca-file $registries/ca.crt"
run 4 registry ls "$s"
has "certificate is not trusted"
# shellcheck disable=SC2086
run 4 registry ls "$s" $ca
has "no credentials are known for it: cmx-reconcile registry login $s"
mkdir -p "$work/certs"
for at in "$s|$ca" "$registry_token|"; do
    IFS='|' read -r name options <<<"$at"
    # shellcheck disable=SC2086
    run 4 registry login "$name" -u ann --password-stdin $options <<<wr0ng
    lacks wr0ng
    # shellcheck disable=SC2086
    run 0 registry login "$name" -u ann --password-stdin $options <<<s3cret
    has "Logged in to $name; kept in $DOCKER_CONFIG/config.json"
    same 600 "$(stat -c %a "$DOCKER_CONFIG/config.json")"
    # shellcheck disable=SC2086
    run 0 registry copy "oci:$work/images:one" "$name/api:1" --log-level debug $options
    lacks s3cret YW5uOnMzY3JldA "Bearer ey"
    last="skopeo with the same file"
    same "$one" "$(skopeo inspect --authfile "$DOCKER_CONFIG/config.json" --tls-verify=false \
        --format '{{.Digest}}' "docker://$name/api:1")"
done
# A registry that asks for no name has tried none.
run 0 registry login "$r" -u ann --password-stdin --registry-config "$work/open.json" <<<s3cret
has "$r lets everybody in: nobody has tried user and password"
run 2 registry login "$r" -u ann:s3cret --password-stdin --registry-config "$work/open.json" <<<s3cret
has "no colon"

# A part of a registry is not all of it.
for what in login logout; do
    run 2 registry "$what" "$s/acme"
    has "is a part of a registry, and login and logout are for all of it: $s"
done
same true "$(jq --arg at "$s" '.auths | has($at)' "$DOCKER_CONFIG/config.json")"

# Whose credentials were refused is told, and never what they are.
echo "{\"auths\": {\"$registry_token\": {\"username\": \"ann\", \"password\": \"wr0ng\"}}}" >"$work/wrong.json"
run 4 registry exists "$registry_token/shop/api:1" --registry-config "$work/wrong.json" --log-level debug
has "no token from" "the credentials of $work/wrong.json were refused"
lacks wr0ng

# From TLS to none, and to another repository by a mount that needs two scopes.
# shellcheck disable=SC2086
run 0 registry copy "$s/api:1" "$registry_token/other:1" $ca
run 0 registry copy "$registry_token/other:1" "$registry_token/third:1"
has "3 mounted"
run 0 registry logout "$registry_token" -o json
valid
run 1 registry logout "$registry_token"
has "no credentials were kept"
run 4 registry ls "$registry_token/api"
run 2 registry login "$s" --password-stdin <<<x
has "--username"
run 2 registry login "$s" -u ann
has "--password-stdin"

# Below localhost is this machine; what only looks so is not.
run 0 registry exists "k3d-shop.localhost:${r#*:}/pushed:1"
has "$one"
for host in notlocalhost 127.0.0.1.nowhere.invalid localhost.nowhere.invalid; do
    run 4 registry exists "$host:${r#*:}/pushed:1" --log-level debug
    has "https://$host"
    lacks "http://$host"
done

# A mirror is asked first; what it lacks comes from the registry itself, which is never written to it.
mirror="--registry-mirror 127.0.0.1:1=http://$r"
# shellcheck disable=SC2086
run 0 registry exists 127.0.0.1:1/pushed:1 $mirror
has "$one"
# shellcheck disable=SC2086
run 0 registry copy 127.0.0.1:1/pushed:1 "oci:$work/mirrored:1" $mirror
# shellcheck disable=SC2086
run 4 registry copy "oci:$work/mirrored:1" 127.0.0.1:1/pushed:2 $mirror
run 1 registry exists "$r/pushed:2"
# One that has it below a path, as proxy caches do.
run 0 registry copy "$r/pushed:1" "$r/proxy/hub/pushed:1"
run 0 registry copy 127.0.0.1:1/pushed:1 "oci:$work/mirrored:2" --registry-mirror "127.0.0.1:1=http://$r/proxy/hub/"
has "$one"
run 4 registry exists 127.0.0.1:1/pushed:1 --registry-mirror "127.0.0.1:1=http://$r/proxy"
run 0 registry exists "$r/pushed:1" --registry-mirror "$r=http://127.0.0.1:1"

# --------------------------------------------------------------------------- what is no command
run 2 registry
has "ls, inspect, exists"
run 2 registry lss
has "did you mean ls?"
run 2 registry ls "$r" --raw
has "takes no --raw"
run 2 registry inspect Nginx
has "upper-case"
finish
