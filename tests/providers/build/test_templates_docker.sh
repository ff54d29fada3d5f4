#!/usr/bin/env bash
# What templates write is built by a real Docker engine, from a commit, and run: as a user who is not
# root, without any right and with a read-only disk; it answers at its port, its health check says
# so, and what a second commit changes is what runs then, whatever the caches hold.
#
# Base images are made of what is installed here (bases.py) and served as docker.io's by a
# registry beside the engine: no network is needed. go, c, python and static; with
# CMX_TEMPLATES="rust node java" those, which want a toolchain that `make check` does not
# install (for java also CMX_REPOSITORY, a repository of Maven's with what template/java needs).
# CMX_ENGINE=podman builds and runs them with Podman, by its socket.
# labels: cluster
# timeout: 900
. "$CMX_SOURCE/tests/expect.sh"
patience=400
here=$CMX_SOURCE/tests/providers/build
languages=${CMX_TEMPLATES-go c python static}

. "$CMX_SOURCE/tests/registry.sh"
. "$CMX_SOURCE/tests/providers/docker/engine_test.sh"
tidy() { engine_end; registry_end; }
registries=$work/registries
mkdir "$registries"
registry_start plain
registry=$registry_plain
kind=${CMX_ENGINE-docker}
engine_start "$kind" reach "${registry#*:}"
export TMPDIR=$work/spool
mkdir "$TMPDIR"
docker=/usr/bin/docker

# ------------------------------------------------------------------------ the bases
phase() { [ -z "${CMX_TIMES-}" ] || echo "$SECONDS s: $1"; }
declare -A bases=([busybox:1.37-musl]=busybox [debian:bookworm-slim]=bash)
declare -A all=(
    [go]="golang:1.21-bookworm=@go,ca-certificates"
    [c]="debian:bookworm=apt,build-essential,ccache,cmake,pkg-config"
    [python]="python:3.11-bookworm=python3-venv,@python python:3.11-slim-bookworm=python3,@python"
    [rust]="rust:1-bookworm=@rust,build-essential,ca-certificates"
    [node]="node:20-bookworm=@node,libstdc++6 node:20-bookworm-slim=@node,libstdc++6"
    [java]="maven:3-eclipse-temurin-17=@repository,maven,openjdk-17-jdk-headless
            eclipse-temurin:17-jre=openjdk-17-jre-headless"
    [static]=
)
for language in $languages; do
    for base in ${all[$language]}; do bases[${base%%=*}]=${base#*=}; done
done
made=()
for name in "${!bases[@]}"; do made+=("${name//:/_}=${bases[$name]}"); done
python3 "$here/bases.py" "$work/bases" "${made[@]}" || exit 1
for name in "${!bases[@]}"; do
    run 0 registry copy "oci:$work/bases:${name//:/_}" "$registry/library/$name"
done
rm -r "$work/bases"
phase "bases"

# ---------------------------------------------------------------------- the services
# Each says "LANGUAGE first" at / of its port, later "LANGUAGE second".
new_repository
cp -r "$here/template/." "$repo/"
for language in $languages; do
    write "deploy/$language.yaml" <<END
apiVersion: cmx.dev/v1
kind: Image
metadata: {name: $language}
spec:
  repository: shop/$language
  build:
    context: $language
    template: auto
    templateSettings: {port: $((8000 + ${#language}))}
END
done
python3 "$here/template/wheel.py" "$repo/python/wheels"
commit "Services"
cd "$repo" || exit 1

# build WHAT: all of them, into the engine, and a container of each.
declare -A port=()
build() {
    run 0 build -f deploy/ --to docker: --registry-mirror "docker.io=http://$registry" --verbose
    phase "built"
    for language in $languages; do
        port[$language]=$((8000 + ${#language}))
        $docker rm -f "run-$language" >/dev/null 2>&1
        last="docker run $language"
        out=$($docker run -d --name "run-$language" --read-only --cap-drop ALL \
            --security-opt no-new-privileges "shop/$language:latest" 2>&1) || wrong "does not start"
    done
}
state() { $docker inspect -f "$1" "run-$language"; }
user() { # as whom it runs; Podman's top speaks another dialect
    if [ "$kind" = podman ]; then
        $docker exec "run-$language" id -u
    else
        $docker top "run-$language" -eo pid,uid | sed -n '2s/.* //p'
    fi
}
# answer: what it says at its port, once it does; from inside the engine's network.
answer() {
    local address
    address=$(state '{{.NetworkSettings.IPAddress}}')
    nsenter --net="/proc/$(cat "$engine/pid")/ns/net" curl -s --max-time 20 --retry 20 \
        --retry-connrefused --retry-delay 1 "http://$address:${port[$language]}/"
}

build
for language in $languages; do
    last="run $language"
    errors=$($docker logs "run-$language" 2>&1)
    same "$language first" "$(answer)"
    same "${port[$language]}/tcp" "$(state '{{range $port, $none := .Config.ExposedPorts}}{{$port}}{{end}}')"
    [[ $(state '{{.Config.User}}') =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || wrong "runs as a name, or as root"
    same "$(state '{{.Config.User}}' | cut -d: -f1)" "$(user)"
    [ -z "$($docker export "run-$language" | tar -t | grep cmx-reconcile)" ] || wrong "holds our Dockerfile"
done
# Docker looks for the first time once an interval of ten seconds is over; Podman leaves that to
# systemd, which is not here: there the checks are called by hand alone, below.
for language in $([ "$kind" = podman ] || echo "$languages"); do
    last="health of $language"
    for _ in {1..150}; do
        [ "$(state '{{.State.Health.Status}}')" != starting ] && break
        sleep 0.2
    done
    same healthy "$(state '{{.State.Health.Status}}')"
done

phase "healthy"
# What is not served is not healthy: the check by hand, and at a port that nobody has.
for language in $languages; do
    mapfile -t check < <($docker inspect -f '{{range .Config.Healthcheck.Test}}{{println .}}{{end}}' "run-$language")
    unset "check[-1]" # an empty line
    [ "${check[0]}" = CMD-SHELL ] && check=(CMD sh -c "${check[1]}")
    last="check of $language: ${check[*]}"
    checks=$((checks + 1))
    $docker exec "run-$language" "${check[@]:1}" >/dev/null 2>&1 || wrong "fails by hand"
    check=("${check[@]//${port[$language]}/9}")
    ! $docker exec "run-$language" "${check[@]:1}" >/dev/null 2>&1 || wrong "says that port 9 is served"
done

# --- a second commit
for language in $languages; do
    grep -rl "$language first" "$language" | xargs sed -i "s/$language first/$language second/"
done
commit "Change all"
build
for language in $languages; do
    last="run $language again"
    same "$language second" "$(answer)"
done
for language in "${!all[@]}"; do
    [[ " $languages " == *" $language "* ]] || echo "not built here: $language (see CMX_TEMPLATES above)"
done
finish
