#!/usr/bin/env bash
# A real engine for a test, alone in namespaces of its own: its network cannot collide with
# anything, and whatever it started or mounted is gone with it. It has one image,
# localhost/base:1, made of Debian's static busybox.
#
# usage: engine.sh docker|podman FOLDER
# Says "ready" once it answers at FOLDER/engine.sock, or "skip REASON". Ends it, and empties
# FOLDER, when its own input ends. FOLDER/pid has the engine's process id (killing that one
# kills all of it), FOLDER/log what it says.
set -euo pipefail
kind=$1 folder=$2
socket=$folder/engine.sock

skip() { echo "skip $*"; exit 0; }
[[ $(id -u) == 0 ]] || skip "$kind needs root"
case $kind in
    docker) program=dockerd ;;
    podman) program=podman ;;
esac
command -v "$program" >/dev/null || skip "$program is not installed"
[[ -x /bin/busybox ]] || skip "busybox-static is not installed"

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
esac
# Its output is a file: a test waits for ours to end. A shell is the first process of that
# namespace: an engine does not collect the orphans that its containers leave to it.
unshare --net --pid --mount --fork --kill-child --mount-proc -- \
    bash -c 'ip link set lo up && "$@" & wait' engine "${command[@]}" \
    </dev/null >"$folder/log" 2>&1 &
outer=$!

# A killed engine cannot be asked to end, so this never asks; its folder may take a moment.
finish() {
    kill -KILL "$outer" 2>/dev/null || true
    wait "$outer" 2>/dev/null || true
    find /sys/fs/cgroup -depth -type d -path "*/cmx-engine-$$*" -exec rmdir {} + 2>/dev/null || true
    for _ in {1..50}; do
        if rm -rf "$folder" 2>/dev/null; then break; fi
        sleep 0.1
    done
}
trap finish EXIT

ask() { curl -sf --max-time 5 --unix-socket "$socket" "$@"; }

for _ in {1..150}; do
    if ask http://engine/_ping >/dev/null; then break; fi
    kill -0 "$outer" 2>/dev/null || break
    sleep 0.1
done
if ! ask http://engine/_ping >/dev/null; then
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
tar -C "$folder/base" -c . |
    ask -X POST -H 'Content-Type: application/x-tar' --data-binary @- \
        'http://engine/images/create?fromSrc=-&repo=localhost/base:1' >"$folder/import"
echo ready
cat >/dev/null
