# What only docker buildx can build, by docker's own engine as it is installed: that writes no
# archive, so the image is left there and taken out of it.
# labels: cluster
# timeout: 240
. "$CMX_SOURCE/tests/expect.sh"
. "$CMX_SOURCE/tests/providers/docker/engine_test.sh"
registries=$("$CMX_SOURCE/scripts/build-programs" --where registries)
buildkit=$("$CMX_SOURCE/scripts/build-programs" --where buildkit)
tidy() { engine_end; }
engine_start docker registry
registry=127.0.0.1:$(cat "$engine/port")
export DOCKER_CONFIG=$engine/login TMPDIR=$work/spool
mkdir "$TMPDIR" "$DOCKER_CONFIG/cli-plugins"
ln -s "$buildkit/buildx" "$DOCKER_CONFIG/cli-plugins/docker-buildx"

made() { "$registries/crane" export "$registry/shop/api:dev" - | tar -xO made; }
left() { docker images -aq --filter dangling=true; }

# --- a secret: its value is in no line, not in the image, and nothing is left in the engine
new_repository
write services/api/Dockerfile <<END
FROM $registry/base:1
RUN --mount=type=secret,id=token echo "printed: \$(cat /run/secrets/token)" && echo "for tests" >/made
END
image <<<'secrets: [{id: token, environment: API_TOKEN}]' | write deploy/api.yaml
commit "A service that wants a token"
cd "$repo"
export API_TOKEN=geheim-1234567
run 0 build -f deploy/ --push --verbose
has "printed: (secret)" "built"
lacks "$API_TOKEN" "driver"
same "for tests" "$(made)"
same "" "$(grep -rl "$API_TOKEN" "$engine/registry")"
same "" "$(left)"
same "" "$(ls -A "$TMPDIR")"
run 0 build -f deploy/ --push
has "there"
run 0 build -f deploy/ --to oci:out
same 1 "$(jq '.manifests | length' out/index.json)"

# --- an agent, and a cache that is read
eval "$(ssh-agent -a "$work/agent")" >"$work/log"
write services/api/Dockerfile <<END
FROM $registry/base:1
RUN --mount=type=ssh echo "agent at \${SSH_AUTH_SOCK%/*}" >/made && stat "\$SSH_AUTH_SOCK"
END
printf '%s\n' 'ssh: true' "cacheFrom: [\"$registry/shop/api:dev\"]" | image | write deploy/api.yaml
commit "A service that wants an agent"
run 0 build -f deploy/ --push
kill "$SSH_AGENT_PID"
same "agent at /run/buildkit" "$(made)"

# --- what that engine cannot do is said in buildx's words
for lines in "cacheTo: [\"type=registry,ref=$registry/cache\"]" 'platforms: [linux/amd64, linux/386]'; do
    printf '%s\n' "$lines" | image | write deploy/api.yaml
    echo "# $lines" >>services/api/Dockerfile
    commit "More than it can"
    run 5 build -f deploy/ --push
    has "docker buildx: " "is not supported for the docker driver" "Switch to a different driver"
done

# --- a step that fails, and one that takes too long, which is ended there
image <<<'secrets: [{id: token, environment: API_TOKEN}]' | write deploy/api.yaml
write services/api/Dockerfile <<END
FROM $registry/base:1
RUN --mount=type=secret,id=token echo "that was wrong"; exit 7
END
commit "A mistake"
run 5 build -f deploy/ --push
has "exit code" "7" "that was wrong"
seconds=3000$$ # nobody else sleeps so long
sed -i "s|; exit 7|; sleep $seconds|" services/api/Dockerfile
printf '%s\n' 'secrets: [{id: token, environment: API_TOKEN}]' 'timeout: 3s' | image | write deploy/api.yaml
commit "A slow one"
run 5 build -f deploy/ --push
has "within its build.timeout of 3.0 s"
for _ in {1..200}; do pgrep -f "sleep $seconds" >/dev/null || break; sleep 0.1; done
same "" "$(pgrep -f "sleep $seconds" || true)"
same "agent at /run/buildkit" "$(made)"
same "" "$(left)$(ls -A "$TMPDIR")"
finish
