# buildkit: images that only BuildKit can build (a secret, an agent, caches, RUN on two platforms),
# by the program that $client names (buildctl, buildx) and a real buildkitd, from a commit into a
# registry that wants a password. Sourced by the test of each; what it leaves is theirs to go on with.
. "$CMX_SOURCE/tests/expect.sh"
. "$CMX_SOURCE/tests/providers/docker/engine_test.sh"
for module in buildkit registries; do
    PATH=$PATH:$("$CMX_SOURCE/scripts/build-programs" --where "$module")
done
tidy() { engine_end; }
engine_start buildkit
registry=127.0.0.1:$(cat "$engine/port")
daemon=$DOCKER_HOST
export DOCKER_CONFIG=$engine/login
unset DOCKER_HOST BUILDKIT_HOST
buildctl=$(type -P buildctl)
case ${client:?} in
    buildctl) export BUILDKIT_HOST=$daemon ;;
    buildx) # as docker's plugin, which finds the daemon by a builder of its own
        mkdir "$DOCKER_CONFIG/cli-plugins"
        ln -s "$(type -P buildx)" "$DOCKER_CONFIG/cli-plugins/docker-buildx"
        PATH=${PATH//":$(dirname "$buildctl")"/}
        docker buildx create --name cmx --driver remote --use "$daemon" >"$work/log" 2>&1 || wrong "$(cat "$work/log")" ;;
esac
export TMPDIR=$work/spool
mkdir "$TMPDIR"

# The base for a second platform, whose programs run here, too.
crane mutate --set-platform linux/386 -t "$registry/base:386" "$registry/base:1" >"$work/log" 2>&1
crane index append -m "$registry/base:1" -m "$registry/base:386" -t "$registry/base:both" >"$work/log" 2>&1

built_says() { # PLATFORM TEXT: what the image of that platform holds in /made
    crane export --platform "$1" "$registry/shop/api:dev" - 2>"$work/log" | tar -xO made >"$work/made"
    same "$2" "$(cat "$work/made")"
}

new_repository
write services/api/Dockerfile <<END
FROM $registry/base:1
ARG WHO=nobody
RUN --mount=type=secret,id=token touch /seen && cat /run/secrets/token >/length && echo "for \$WHO" >/made && echo "printed by RUN: \$(cat /run/secrets/token)"
RUN echo "\$(cat /length | sh -c 'read -r word; echo \${#word}')" >/length
END
image <<END | write deploy/api.yaml
args: {WHO: tests}
secrets: [{id: token, environment: API_TOKEN}]
END
commit "A service that wants a token"
cd "$repo"

# --- a secret: `auto` says who builds and why; its value is in no line, and not in the image
export API_TOKEN=geheim-1234567
run 0 build -f deploy/ --push --verbose
has "printed by RUN: (secret)" "built"
lacks "$API_TOKEN"
same "" "$(grep -rl "$API_TOKEN" "$engine/registry")"
built_says linux/amd64 "for tests"
same "${#API_TOKEN}" "$(crane export "$registry/shop/api:dev" - | tar -xO length)"
same "" "$(ls -A "$TMPDIR")"
run 0 build -f deploy/ --push
has "there"

# --- the same value is wanted each time; without it there is no build
unset API_TOKEN
sed -i 's/WHO: tests/WHO: others/' deploy/api.yaml
commit "For others"
run 2 build -f deploy/ --push
has 'build.secrets: "token" is to come from the environment, which has no API_TOKEN'
built_says linux/amd64 "for tests"

# --- an agent
if command -v ssh-agent >/dev/null; then
    eval "$(ssh-agent -a "$work/agent")" >"$work/log"
    write services/api/Dockerfile <<END
FROM $registry/base:1
RUN --mount=type=ssh echo "agent at \$SSH_AUTH_SOCK" >/made && stat "\$SSH_AUTH_SOCK"
END
    image <<<'ssh: true' | write deploy/api.yaml
    commit "A service that wants an agent"
    run 0 build -f deploy/ --push
    kill "$SSH_AGENT_PID"
    crane export "$registry/shop/api:dev" - 2>"$work/log" | tar -xO made >"$work/made"
    same "agent at" "$(cut -d' ' -f 1,2 "$work/made")"
fi

# --- caches in the registry: built elsewhere before, nothing is run again
write services/api/Dockerfile <<END
FROM $registry/base:1
RUN echo "made once" >/made && echo "RUN was run"
END
image <<END | write deploy/api.yaml
cacheTo: ["type=registry,ref=$registry/cache,mode=max"]
cacheFrom: ["$registry/cache"]
END
commit "A service with a cache"
run 0 build -f deploy/ --push --verbose
has "RUN was run"
"$buildctl" --addr "$daemon" prune --all >"$work/log" 2>&1
write services/api/more <<<'and a file'
printf 'COPY more /more\n' >>services/api/Dockerfile
commit "One file more"
run 0 build -f deploy/ --push --verbose
lacks "api: RUN was run"
built_says linux/amd64 "made once"

# --- RUN on two platforms: an index of both
write services/api/Dockerfile <<END
FROM $registry/base:both
ARG TARGETPLATFORM
RUN echo "for \$TARGETPLATFORM" >/made
END
image <<<'platforms: [linux/amd64, linux/386]' | write deploy/api.yaml
commit "A service for two platforms"
run 0 build -f deploy/ --push
built_says linux/amd64 "for linux/amd64"
built_says linux/386 "for linux/386"
same 2 "$(crane manifest "$registry/shop/api:dev" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["manifests"]))')"

# --- a step that fails: which, how, and its last lines; the tag stays
sed -i 's|>/made|>/made; echo "that was wrong"; exit 7|' services/api/Dockerfile
commit "A mistake"
run 5 build -f deploy/ --push
has "RUN echo" "exit code" "7" "that was wrong"
built_says linux/amd64 "for linux/amd64"

# --- a build that takes too long is ended where it runs
seconds=3000$$ # nobody else sleeps so long
sed -i "s|; echo \"that was wrong\"; exit 7|; sleep $seconds|" services/api/Dockerfile
image <<END | write deploy/api.yaml
platforms: [linux/amd64, linux/386]
timeout: 3s
END
commit "A slow one"
run 5 build -f deploy/ --push
has "within its build.timeout of 3.0 s"
for _ in {1..200}; do pgrep -f "sleep $seconds" >/dev/null || break; sleep 0.1; done # killed a moment later
same "" "$(pgrep -f "sleep $seconds" || true)"

# --- so is one that we stop
sed -i '/timeout: 3s/d' deploy/api.yaml
commit "As slow, and nobody waits"
"$CMX" build -f deploy/ --push >"$work/out" 2>"$work/err" &
building=$!
for _ in {1..600}; do ! pgrep -f "sleep $seconds" >/dev/null || break; sleep 0.1; done
kill -INT "$building"
wait "$building"
same 130 $?
for _ in {1..200}; do pgrep -f "sleep $seconds" >/dev/null || break; sleep 0.1; done
same "" "$(pgrep -f "sleep $seconds" || true)"
same "" "$(ls -A "$TMPDIR")"
built_says linux/amd64 "for linux/amd64"
