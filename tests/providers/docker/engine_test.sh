# engine_test: an engine for a script test. Source it behind tests/expect.sh.
#
#   engine_start docker|podman|buildkit [WHAT…]
#                                        starts one as engine.sh says, with its files in $engine
#                                        and DOCKER_HOST set; or ends the test and says why
#   engine_end                           ends it and waits until it is gone
#   image                                the manifest of an Image of services/api, with the lines of
#                                        its `build` from standard input, for the registry $registry
engine=$work/engine

engine_start() {
    local said
    mkdir "$engine"
    mkfifo "$work/hold" "$work/said"
    bash "$CMX_SOURCE/tests/providers/docker/engine.sh" "$1" "$engine" "${@:2}" \
        <"$work/hold" >"$work/said" &
    engine_pid=$!
    exec 8>"$work/hold" 9<"$work/said"
    read -r said <&9
    export DOCKER_HOST=unix://$engine/engine.sock
    case $said in
        ready) ;;
        *) echo "$said"; cat <&9; exit 1 ;;
    esac
}

engine_end() {
    [ -n "${engine_pid:-}" ] || return 0
    exec 8>&-
    wait "$engine_pid"
    engine_pid=
}

image() { # the lines of `build`
    cat <<END
apiVersion: cmx.dev/v1
kind: Image
metadata: {name: api}
spec:
  repository: $registry/shop/api
  tags: [dev]
  build:
    context: services/api
$(sed 's/^/    /')
END
}
