# The local registry and the images that tests run. Sourced by scripts/testbed.
#
#   pause:1       what holds a pod's namespaces
#   web:1.4 :1.5  an HTTP server on $PORT (8080) that tells its version; see images/web.c
#   job:1         prints "job done" and exits 0
#   crash:1       prints "panic: missing DATABASE_URL" and exits 1
#   busybox:1.36  Debian's static busybox under the name of Docker Hub's, as a base
# Each is there a second time below library/, where a bare name is looked for.

registry=$node_address:5000

registry_start() {
    registry_config >"$dir/registry.yaml"
    start registry docker-registry serve "$dir/registry.yaml"
}

registry_wait() {
    wait_for registry 20 in_network curl -fsS --max-time 2 "http://$registry/v2/"
}

registry_config() {
    cat <<END
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: "$dir/registry"}
  delete: {enabled: true}
http: {addr: "$registry"}
END
}

images_push() {
    local work=$dir/images
    mkdir -p "$work/pause" "$work/web" "$work/tools/bin"
    compile_static pause "$work/pause/pause"
    compile_static web "$work/web/web"
    cp /bin/busybox "$work/tools/bin/busybox"
    ln -sf busybox "$work/tools/bin/sh"
    cp -a "$work/tools/bin" "$work/web/bin"
    push_image pause 1 "$work/pause" '["/pause"]'
    push_image web 1.4 "$work/web" '["/web"]' '"VERSION=1.4"'
    push_image web 1.5 "$work/web" '["/web"]' '"VERSION=1.5"'
    push_image job 1 "$work/tools" '["/bin/sh", "-c", "echo job done"]'
    push_image crash 1 "$work/tools" '["/bin/sh", "-c", "echo panic: missing DATABASE_URL; exit 1"]'
    busybox_folder "$work/busybox"
    push_image busybox 1.36 "$work/busybox" '["/bin/sh"]'
}

busybox_folder() {
    local tool
    mkdir -p "$1/bin" "$1/tmp"
    chmod 1777 "$1/tmp"
    cp /bin/busybox "$1/bin/busybox"
    for tool in $(busybox --list | grep -vx busybox); do
        ln -sf busybox "$1/bin/$tool"
    done
}

compile_static() {
    cc -O2 -Wall -Wextra -Werror -static -o "$2" "$here/images/$1.c"
}

# push_image NAME TAG FOLDER COMMAND_JSON [VARIABLE_JSON]: an image of one layer, the folder.
push_image() {
    local layout=$dir/images/$1-$2.oci repository
    rm -rf "$layout"
    mkdir -p "$layout/blobs/sha256"
    layout_write "$layout" "$3" "$4" "${5-}"
    for repository in "$1" "library/$1"; do
        in_network skopeo --insecure-policy copy --quiet --dest-tls-verify=false \
            "oci:$layout" "docker://$registry/$repository:$2"
    done
}

layout_write() {
    local layout=$1 layer config manifest
    tar -C "$2" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$layout/layer" .
    layer=$(blob_add "$layout" <"$layout/layer")
    rm "$layout/layer"
    config=$(blob_add "$layout" <<<"{\"architecture\": \"$(dpkg --print-architecture)\", \"os\": \"linux\",
        \"config\": {\"Entrypoint\": $3, \"Env\": [\"PATH=/bin\"${4:+, $4}]},
        \"rootfs\": {\"type\": \"layers\", \"diff_ids\": [\"sha256:${layer% *}\"]}}")
    manifest=$(blob_add "$layout" <<<"{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",
        \"config\": $(descriptor image.config.v1+json "$config"),
        \"layers\": [$(descriptor image.layer.v1.tar "$layer")]}")
    echo '{"imageLayoutVersion": "1.0.0"}' >"$layout/oci-layout"
    echo "{\"schemaVersion\": 2, \"manifests\": [$(descriptor image.manifest.v1+json "$manifest")]}" >"$layout/index.json"
}

# blob_add LAYOUT <BYTES: stores them under their digest and prints "DIGEST SIZE".
blob_add() {
    local part=$1/blobs/part digest
    cat >"$part"
    digest=$(sha256sum <"$part")
    digest=${digest%% *}
    echo "$digest $(stat -c %s "$part")"
    mv "$part" "$1/blobs/sha256/$digest"
}

# descriptor TYPE "DIGEST SIZE"
descriptor() {
    echo "{\"mediaType\": \"application/vnd.oci.$1\", \"digest\": \"sha256:${2% *}\", \"size\": ${2#* }}"
}
