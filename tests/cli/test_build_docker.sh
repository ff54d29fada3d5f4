# Images with RUN, built through a real Docker engine from a commit: into a layout, into a
# registry that wants a password, back into the engine; what fails, and what that says.
# labels: cluster
# timeout: 240
. "$CMX_SOURCE/tests/expect.sh"

. "$CMX_SOURCE/tests/providers/docker/engine_test.sh"
tidy() { engine_end; }

engine_start docker registry
registry=127.0.0.1:$(cat "$engine/port")
export DOCKER_CONFIG=$engine/login
export TMPDIR=$work/spool
mkdir "$TMPDIR"

new_repository
write services/api/Dockerfile <<END
FROM $registry/base:1 AS built
ARG WHO=nobody
RUN echo "made for \$WHO" >/made; echo "printed by RUN"
FROM $registry/base:1
COPY --from=built /made /made
COPY . /src
USER 1000:1000
CMD ["cat", "/made"]
END
write services/api/main.txt <<<"the service"
write services/api/.dockerignore <<END
Dockerfile
.dockerignore
END
image <<<'args: {WHO: tests}' | write deploy/api.yaml
commit "A service"
cd "$repo"

# --- into a layout: what RUN made is in it, and nothing that the context has not
run 0 build -f deploy/ --to "oci:$work/out" --verbose
has "printed by RUN" "built"
skopeo copy -q --dest-daemon-host "$DOCKER_HOST" "oci:$work/out:$registry/shop/api:dev" docker-daemon:checked:1
same "made for tests" "$(docker run --rm checked:1)"
same "main.txt" "$(docker run --rm checked:1 ls -A /src)"
same "" "$(ls -A "$TMPDIR")"

# --- into the registry, with the base's own layer, and found there the second time
run 0 build -f deploy/ --push
has "built"
skopeo inspect --raw --tls-verify=false --authfile "$DOCKER_CONFIG/config.json" "docker://$registry/base:1" >"$work/base"
skopeo inspect --raw --tls-verify=false --authfile "$DOCKER_CONFIG/config.json" "docker://$registry/shop/api:dev" >"$work/api"
layer() { python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["layers"][int(sys.argv[2])]["digest"])' "$@"; }
same "$(layer "$work/base" 0)" "$(layer "$work/api" 0)"
run 0 build -f deploy/ --push
has "there"

# --- into the engine, and from there to a registry and back
run 0 build -f deploy/ --to docker:shop/api:dev
id=$(docker inspect -f '{{.Id}}' shop/api:dev)
has "in docker:shop/api:dev" "id ${id:0:19}"
run 0 build -f deploy/ --to docker:shop/api:dev -o json
same "$id shop/api:dev" "$(jq -r '.images[] | "\(.id) \(.names[])"' <<<"$out")"
same "made for tests" "$(docker run --rm shop/api:dev)"
run 0 registry copy docker:shop/api:dev "$registry/copied:1"
run 0 registry copy "$registry/copied:1" docker:back:2
same "$(docker inspect -f '{{.Id}}' shop/api:dev)" "$(docker inspect -f '{{.Id}}' back:2)"
run 0 pull "$registry/copied:1" --to docker:pulled
same "$(docker inspect -f '{{.Id}}' shop/api:dev)" "$(docker inspect -f '{{.Id}}' pulled:latest)"
run 1 registry copy docker:none:1 "$registry/copied:2"
has "none:1" "No such image"

# --- a step that fails: which, how, and its last lines
sed -i 's|; echo "printed by RUN"|; echo "that was wrong"; exit 7|' services/api/Dockerfile
run 5 build -f deploy/ --to "oci:$work/failed"
has "RUN echo" "exit code 7; its last lines:" "that was wrong"

# --- instructions that a base brings: only its config says so, and the builder is another one
git checkout -q services/api/Dockerfile
docker build -q -t "$registry/brings:1" - >"$work/brings" <<END
FROM localhost/base:1
ONBUILD RUN echo brought >/brought
END
docker push -q "$registry/brings:1" >"$work/brings"
mkdir services/brought
printf 'FROM %s/brings:1\nCMD ["cat", "/brought"]\n' "$registry" >services/brought/Dockerfile
sed -e 's/name: api/name: brought/; s|shop/api|shop/brought|; s|services/api|services/brought|; /args:/d' \
    deploy/api.yaml >deploy/brought.yaml
git add -A && git commit -qm "A base with ONBUILD"
run 0 build brought -f deploy/ --to docker: --verbose
has "RUN echo brought" # the engine's step; the native builder has none
same brought "$(docker run --rm "$registry/shop/brought:dev")"
has "in docker:$registry/shop/brought:dev"
run 0 build brought -f deploy/ --push
run 0 build brought -f deploy/ --push
has "there"
sed -i 's/context: services\/brought/&\n    builder: native/' deploy/brought.yaml
run 3 build brought -f deploy/ --to "oci:$work/brought-native"
has "builder: native cannot build it: ONBUILD of $registry/brings:1 at Dockerfile:1"
git checkout -q deploy/brought.yaml

# --- no credentials, no engine
mkdir "$work/nobody"
git checkout -q services/api/Dockerfile
docker image prune -af >"$work/pruned"
docker builder prune -af >"$work/pruned" 2>&1
DOCKER_CONFIG=$work/nobody run 4 build -f deploy/ --to "oci:$work/denied"
has "$registry"

# --- nobody's own credentials, but what the pods of the source pull with: for looking the base up,
#     and for the engine that pulls it
write deploy/pull.yaml <<END
apiVersion: v1
kind: Secret
metadata: {name: pull, namespace: shop}
type: kubernetes.io/dockerconfigjson
stringData: {.dockerconfigjson: '$(tr -d '\n' <"$engine/login/config.json")'}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api, namespace: shop}
imagePullSecrets: [{name: pull}]
END
commit "Pull with a secret"
DOCKER_CONFIG=$work/nobody run 0 build -f deploy/ --to "oci:$work/secret" --verbose
has "printed by RUN"
sed -i 's/name: pull}]/name: other}]/' deploy/pull.yaml
commit "Name another secret"
DOCKER_CONFIG=$work/nobody run 4 build -f deploy/ --to "oci:$work/denied"
has "$registry"

DOCKER_HOST=unix://$work/nothing.sock run 4 build -f deploy/ --to "oci:$work/none"
has "no Docker engine at unix://$work/nothing.sock (from DOCKER_HOST): there is no such socket; start it, or change DOCKER_HOST"
finish
