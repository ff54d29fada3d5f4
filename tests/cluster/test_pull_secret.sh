# Credentials for registries from a Secret of the cluster, as its nodes use them
# (imagePullSecrets). labels: cluster
# timeout: 180
. "$(dirname "$0")/cluster.sh"
declare -A registry_pid registry_ports
registry_pids=()
registries=$work/registries
mkdir "$registries"
. "$CMX_SOURCE/tests/registry.sh"
. "$CMX_SOURCE/tests/providers/docker/engine_test.sh"
tidy() { engine_end; registry_end; }
registry_start closed basic
engine_start docker reach "${registry_closed#*:}"
export HOME=$work DOCKER_CONFIG=$work/nobody
here=$registry_closed

# docker's form and the old one, and one that would run a program.
k create secret docker-registry pull --docker-server="$here" --docker-username=ann \
    --docker-password=s3cret >/dev/null
printf '{"%s":{"username":"ann","password":"s3cret"}}' "$here" >"$work/old"
k create secret generic old --type=kubernetes.io/dockercfg --from-file=.dockercfg="$work/old" >/dev/null
printf '{"credsStore":"planted"}' >"$work/planted"
k create secret generic planted --type=kubernetes.io/dockerconfigjson \
    --from-file=.dockerconfigjson="$work/planted" >/dev/null
k create secret generic other --from-literal=password=s3cret >/dev/null

# --- nobody is let in; with the Secret of the cluster it is
run 4 registry ls "$here"
run 0 registry ls "$here" --registry-secret "$ns/pull"
run 0 registry ls "$here" --registry-secret "$ns/old"

# --- a build: its base, the image itself
write services/web/Dockerfile <<<'FROM scratch
COPY page /'
write services/web/page <<<'hello'
write deploy/images.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: web }
spec: { repository: $here/web, tags: [latest], build: { context: services/web } }
YAML
commit "An image"
run 4 build -f deploy --push
run 0 build -f deploy --push --registry-secret "$ns/pull"
run 0 images -f deploy -n "$ns" --registry-secret pull
has "web" "there"
run 0 pull "$here/web" --to "oci:$work/out" --registry-secret "$ns/pull"

# --- a build by Docker: its engine, which knows nobody, pulls the base with the Secret
skopeo copy -q --src-tls-verify=false --dest-tls-verify=false --dest-creds ann:s3cret \
    "docker://$CMX_REGISTRY/busybox:1.36" "docker://$here/busybox:1.36"
write services/web/Dockerfile <<END
FROM $here/busybox:1.36
RUN echo made >/made
END
commit "Run"
run 4 build -f deploy --push
run 0 build -f deploy --push --registry-secret "$ns/pull"
has "RUN echo made" "built"
run 0 images -f deploy -n "$ns" --registry-secret pull
has "web" "there"

# --- a Secret chooses no program
mkdir "$work/bin"
printf '#!/bin/sh\ntouch %s/ran\n' "$work" >"$work/bin/docker-credential-planted"
chmod +x "$work/bin/docker-credential-planted"
PATH=$work/bin:$PATH run 4 registry ls "$here" --registry-secret "$ns/planted"
[ ! -e "$work/ran" ] || wrong "a Secret of the cluster ran a program"

# --- what is no such Secret is told, without what it holds
run 2 registry ls "$here" --registry-secret "$ns/other"
has "--registry-secret: Secret/$ns/other holds no credentials for registries: its type is Opaque"
lacks s3cret
run 4 registry ls "$here" --registry-secret "$ns/none"
has "Secret/$ns/none: secrets \"none\" not found"
run 4 registry ls "$here" --registry-secret "$ns/pull" --kubeconfig <(sed 's|https://[^ ]*|https://127.0.0.1:1|' "$KUBECONFIG")
finish
