#!/usr/bin/env bash
# The same tables of cases through a real Docker engine: what the native builder makes is
# what Docker makes, file by file, with the same config.
# An engine of its own is started in a network of its own, which needs root; with
# CMX_DOCKER_HOST another one is asked (a current one knows all of the cases).
# labels: cluster
# timeout: 600
set -u
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
engine=

tidy() {
    if [ -n "$engine" ]; then
        kill "$engine" 2>/dev/null
        wait "$engine" 2>/dev/null
        [ ! -f "$work/pid" ] || kill "$(cat "$work/pid")" 2>/dev/null
    fi
    rm -rf "$work"
}
trap tidy EXIT

start_engine() {
    DOCKER=/usr/bin/docker
    DOCKER_HOST=unix://$work/socket
    [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null && [ -x $DOCKER ] ||
        { echo "no engine can be started here: root and Debian's docker.io are needed"; exit 1; }
    PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --net dockerd --storage-driver overlay2 \
        --bridge none --iptables=false -H "$DOCKER_HOST" --data-root "$work/data" \
        --exec-root "$work/exec" --pidfile "$work/pid" >"$work/log" 2>&1 &
    engine=$!
    for _ in $(seq 300); do
        DOCKER_HOST=$DOCKER_HOST $DOCKER version >/dev/null 2>&1 && return 0
        kill -0 "$engine" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$work/log"
    exit 1
}

if [ -n "${CMX_DOCKER_HOST-}" ]; then
    DOCKER_HOST=$CMX_DOCKER_HOST DOCKER=${CMX_DOCKER:-docker}
else
    start_engine
fi
export DOCKER_HOST DOCKER
failed=0
for file in copy config ignore; do
    python3 cases.py docker cases/$file || failed=1
done
exit $failed
