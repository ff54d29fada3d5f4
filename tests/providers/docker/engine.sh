#!/usr/bin/env bash
# A real engine for a test, alone in namespaces of its own: its network cannot collide with
# anything, and whatever it started or mounted is gone with it. It has one image,
# localhost/base:1, made of Debian's static busybox.
#
# usage: engine.sh docker|podman FOLDER [registry|tls|reach PORT]
# Says "ready" once it answers at FOLDER/engine.sock, or why it cannot. Ends it, and empties
# FOLDER, when its own input ends. With `registry` there is one, too, at 127.0.0.1:PORT both for the
# engine and for us (PORT stands in FOLDER/port): user "user", password "secret", and the base
# in it as 127.0.0.1:PORT/base:1; FOLDER/login/config.json logs in. With `tls` Docker speaks TLS
# at tcp://127.0.0.1:PORT to who has FOLDER/tls/{ca,cert,key}.pem. With `reach PORT` what we reach
# at 127.0.0.1:PORT it reaches there, too: a registry, which it asks in place of Docker Hub.
# FOLDER/pid has the engine's process id (killing that one kills all of it), FOLDER/log what it says.
# For a script test: engine_test.sh.
set -euo pipefail
kind=$1 folder=$2
socket=$folder/engine.sock

cannot() { echo "cannot be tested here: $*"; exit 1; }
[[ $(id -u) == 0 ]] || cannot "$kind needs root"
case $kind in
    docker) program=dockerd ;;
    podman) program=podman ;;
    buildkit)
        scripts=$(dirname "${BASH_SOURCE[0]}")/../../../scripts
        PATH=$PATH:$("$scripts/build-programs" --where buildkit)
        PATH=$PATH:$("$scripts/build-programs" --where registries)
        program=buildkitd
        set -- "$kind" "$folder" registry ;;
esac
command -v "$program" >/dev/null || cannot "$program is not installed"
[[ -x /bin/busybox ]] || cannot "busybox-static is not installed"

case $kind in
    docker)
        command=(dockerd --storage-driver overlay2 -H "unix://$socket" --data-root "$folder/data"
                 --exec-root "$folder/exec" --pidfile "$folder/dockerd.pid"
                 --cgroup-parent "/cmx-engine-$$" --containerd-namespace "cmx-$$"
                 --containerd-plugins-namespace "cmx-plugins-$$") ;;
    podman)
        command=(podman --root "$folder/root" --runroot "$folder/run" --tmpdir "$folder/tmp"
                 --cgroup-manager cgroupfs --events-backend file
                 system service --time=0 "unix://$socket") ;;
    buildkit)
        printf '[worker.oci]\ndefaultCgroupParent = "cmx-engine-%s"\n' $$ >"$folder/buildkitd.toml"
        command=(buildkitd --config "$folder/buildkitd.toml" --addr "unix://$socket" --root "$folder/data" --containerd-worker=false
                 --oci-worker-snapshotter overlayfs) ;;
esac
# One authority, a certificate of the engine for 127.0.0.1, and one of its client.
make_certificates() {
    local name
    mkdir "$folder/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
        -keyout "$folder/tls/ca-key.pem" -out "$folder/tls/ca.pem" 2>/dev/null
    for name in server client; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
            -addext "subjectAltName=IP:127.0.0.1" -keyout "$folder/tls/$name-key.pem" \
            -out "$folder/tls/$name.csr" 2>/dev/null
        openssl x509 -req -in "$folder/tls/$name.csr" -CA "$folder/tls/ca.pem" -days 2 \
            -CAkey "$folder/tls/ca-key.pem" -CAcreateserial -copy_extensions copy \
            -out "$folder/tls/$name.pem" 2>/dev/null
    done
    mv "$folder/tls/client.pem" "$folder/tls/cert.pem"
    mv "$folder/tls/client-key.pem" "$folder/tls/key.pem"
}
if [[ ${3-} == reach && $kind == podman ]]; then
    printf '[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' \
        "$4" >"$folder/registries.conf"
    export CONTAINERS_REGISTRIES_CONF=$folder/registries.conf
elif [[ ${3-} == reach ]]; then
    command+=(--registry-mirror "http://127.0.0.1:$4")
elif [[ ${3-} == tls ]]; then
    make_certificates
    command+=(-H tcp://127.0.0.1:2376 --tlsverify --tlscacert "$folder/tls/ca.pem"
              --tlscert "$folder/tls/server.pem" --tlskey "$folder/tls/server-key.pem")
fi

# Its output is a file: a test waits for ours to end. A shell is the first process of that
# namespace: an engine does not collect the orphans that its containers leave to it.
unshare --net --pid --mount --fork --kill-child --mount-proc -- \
    bash -c 'ip link set lo up && "$@" & wait' engine "${command[@]}" \
    </dev/null >"$folder/log" 2>&1 &
outer=$!
forwarder=

# A killed engine cannot be asked to end, so this never asks; its folder may take a moment.
finish() {
    kill -KILL "$outer" ${forwarder:+"$forwarder"} 2>/dev/null || true
    wait 2>/dev/null || true
    find /sys/fs/cgroup -depth -type d -path "*/cmx-engine-$$*" -exec rmdir {} + 2>/dev/null || true
    for _ in {1..50}; do
        if rm -rf "$folder" 2>/dev/null; then break; fi
        sleep 0.1
    done
}
trap finish EXIT

answers() {
    case $kind in
        buildkit) buildctl --addr "unix://$socket" --timeout 5 debug workers ;;
        *) ask http://engine/_ping ;;
    esac >/dev/null 2>&1
}
ask() { curl -sf --max-time 5 --unix-socket "$socket" "$@"; }

for _ in {1..600}; do
    if answers; then break; fi
    kill -0 "$outer" 2>/dev/null || break
    sleep 0.1
done
if ! answers; then
    echo "failed: $kind does not answer:"
    tail -n 20 "$folder/log"
    exit 1
fi
read -r inner _ <"/proc/$outer/task/$outer/children" || true # the file has no line break
echo "$inner" >"$folder/pid"

# The base. Podman takes the name whole, Docker too.
mkdir -p "$folder/base/bin" "$folder/base/tmp"
chmod 1777 "$folder/base/tmp"
cp /bin/busybox "$folder/base/bin/"
for tool in sh cat echo env false id ls mkdir seq sleep stat touch true; do
    ln -s busybox "$folder/base/bin/$tool"
done
[[ $kind == buildkit ]] || tar -C "$folder/base" -c . |
    ask -X POST -H 'Content-Type: application/x-tar' --data-binary @- \
        'http://engine/images/create?fromSrc=-&repo=localhost/base:1' >"$folder/import"
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/../../ports.sh"

# forward PID PORT PID PORT: what is asked at the first port in the network of the first process
# is asked at the second one in that of the second.
forward() {
    nsenter --net="/proc/$1/ns/net" socat "TCP-LISTEN:$2,bind=127.0.0.1,fork,reuseaddr" \
        "EXEC:nsenter --net=/proc/$3/ns/net socat - TCP\\:127.0.0.1\\:$4" \
        </dev/null >"$folder/socat.log" 2>&1 &
    forwarder=$!
    disown "$forwarder"
}

# In the engine's network, so that the engine reaches it, and forwarded to ours.
start_registry() {
    local port
    port=$(free_port)
    python3 -W ignore -c 'import crypt
print("user:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' \
        >"$folder/htpasswd"
    cat >"$folder/registry.yml" <<END
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $folder/registry}}
http: {addr: "127.0.0.1:$port"}
auth: {htpasswd: {realm: test, path: $folder/htpasswd}}
END
    nsenter --net="/proc/$inner/ns/net" --pid="/proc/$inner/ns/pid" \
        docker-registry serve "$folder/registry.yml" </dev/null >"$folder/registry.log" 2>&1 &
    forward $$ "$port" "$inner" "$port"
    for _ in {1..400}; do
        if curl -s -o "$folder/answer" "http://127.0.0.1:$port/v2/"; then break; fi
        sleep 0.1
    done
    mkdir "$folder/login"
    printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}\n' "$port" \
        "$(printf user:secret | base64)" >"$folder/login/config.json"
    export DOCKER_CONFIG=$folder/login DOCKER_HOST=unix://$socket
    push_base "127.0.0.1:$port/base:1" >"$folder/push" 2>&1
    echo "$port" >"$folder/port"
}

push_base() { # REF
    if [[ $kind == buildkit ]]; then
        tar -C "$folder/base" -c . | crane append --oci-empty-base --platform linux/amd64 -f - -t "$1.empty"
        crane mutate --set-platform linux/amd64 -t "$1" "$1.empty"
    else
        docker tag localhost/base:1 "$1"
        docker push "$1"
        docker rmi "$1"
    fi
}

case ${3-} in
    registry) start_registry ;;
    tls)
        free_port >"$folder/port"
        forward $$ "$(cat "$folder/port")" "$inner" 2376 ;;
    reach) forward "$inner" "$4" $$ "$4" ;;
esac
echo ready
cat >/dev/null
