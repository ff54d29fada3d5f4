# Images of a source, end to end without a server: a directory for the objects, OCI layouts for
# the images. What is built and what is not, what is told, and what is refused. timeout: 240
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"

# image NAME LINE…: an Image of services/NAME, with more lines of its spec.
image() {
    local name=$1
    shift
    printf 'apiVersion: cmx.dev/v1\nkind: Image\nmetadata: { name: %s }\nspec:\n' "$name"
    printf '  repository: registry.example/shop/%s\n' "$name"
    printf '  %s\n' "$@"
}

# deployment NAME IMAGE: a Deployment that runs it.
deployment() {
    cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1 }
spec:
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec: { containers: [{ name: main, image: "$2" }] }
END
}

# digest_of IMAGE TAG: what a tag of a layout points at, as skopeo sees it.
digest_of() {
    skopeo inspect --raw "oci:images/$1:$2" 2>/dev/null | sha256sum | cut -d' ' -f1
}

# valid SCHEMA: the output holds to it.
valid() {
    same "" "$(python3 "$CMX_SOURCE/tests/cli/schema.py" "$CMX_SOURCE/schemas/output-$1.schema.json" <<<"$out" 2>&1)"
}

services() {
    new_repository
    project "images: images"
    printf 'out/\nimages/\n' | write .gitignore
    echo "<h1>shop</h1>" | write services/web/index.html
    printf 'FROM scratch\nCOPY index.html /srv/\nCMD ["/srv/serve"]\n' | write services/web/Dockerfile
    echo '{"limit": 10}' | write services/limits/limits.json
    {
        image web 'tags: ["${shortCommit}", latest]' 'build: { context: services/web }'
        echo ---
        image limits 'tags: [latest]' 'from: scratch' \
            'files: [{ from: services/limits/, to: /etc/shop/ }]'
    } | write deploy/images.yaml
    deployment web registry.example/shop/web:1.0 | write deploy/web.yaml
    deployment limits registry.example/shop/limits | write deploy/limits.yaml
    deployment other nginx:1.27 | write deploy/other.yaml
    commit "Add the shop"
    cd "$repo" || exit 1
}
services

# --- a first run that was refused has built nothing: the next one is the first ---
run 3 apply -f deploy --yes --no-build
run 1 diff -f deploy
has '+ Image/web' '+ Image/limits'
lacks '~ Image/'
rm -rf out

# --- the first time: built, written, and named by digest ---
image_of() { jq -r '.targets[].changes[]|select(.kind=="Image" and .name=="web")|"\(.action) \(.digests)"' <<<"$out"; }
run 1 diff -f deploy -o json && valid plan
same 'build null' "$(image_of)"
run 0 validate -f deploy && has "3 objects and 2 images in "
run 1 diff -f deploy
has '+ Image/web' 'build (services/web)' '+ Image/limits' '+ Deployment/web'
same no "$([ -e images ] && echo yes || echo no)" # a diff writes nothing
run 0 apply -f deploy --yes
web=$(digest_of web latest)
same "$web" "$(digest_of web "$(git rev-parse --short=7 HEAD)")"
has "Image/web" "Deployment/web"
same "registry.example/shop/web@sha256:$web" "$(sed -n 's/.*image: //p' out/shop/Deployment.apps_web.yaml)"
same "nginx:1.27" "$(sed -n 's/.*image: //p' out/shop/Deployment.apps_other.yaml)"
# What is told of the build stands beside it: the image hangs on its source alone.
note=$(for blob in images/web/blobs/sha256/*; do jq -c 'select(.artifactType?)' "$blob" 2>/dev/null; done)
same "application/vnd.cmx.build.v1 sha256:$web $(git rev-parse HEAD)" \
    "$(jq -r '[.artifactType, .subject.digest, .annotations."org.opencontainers.image.revision"]|join(" ")' <<<"$note")"
log=$(jq -r '.layers[0].digest' <<<"$note")
[[ $(cat "images/web/blobs/sha256/${log#*:}") == *"COPY index.html"* ]] || wrong "no log of the build"
same 0 "$(grep -c "$(git rev-parse HEAD)" images/web/blobs/sha256/"$web")"
run 0 diff -f deploy
has "5 unchanged"
run 0 apply -f deploy --yes
run 0 history -f deploy
has "apply done: 2 built, 3 created"
run 0 history -f deploy -o json
valid history
has '"built": 2'

# --- images and what runs them ---
run 0 images -f deploy
has 'web  there' "sha256:$web" 'Deployment/web' 'nginx:1.27 (Deployment/other)'
run 0 images -f deploy -o json && valid images
same "$web" "$(jq -r '.images[]|select(.name=="web").digest' <<<"$out" | cut -d: -f2)"
same '["Deployment/limits"]' "$(jq -c '.images[]|select(.name=="limits").usedBy' <<<"$out")"
same 'nginx:1.27' "$(jq -r '.others[].name' <<<"$out")"

# --- a commit that changes one service builds that one alone ---
echo "<h1>shop, open late</h1>" | write services/web/index.html
commit "Open late"
run 1 diff -f deploy
has "~ Image/web" "build (services/web changed in $(git rev-parse --short=7 HEAD): 1 file)" 'image of main' \
    'to be built' 'rolls 1 workload'
lacks 'Image/limits'
run 1 diff -f deploy --full
has "-   latest: sha256:$web" "+   latest: (to be built)"
lacks "kind: Image"
run 1 plan -f deploy
has 'rebuild   Image/web' 'Deployment/web  after Image/web'
run 1 diff -f deploy -o json && valid plan
same 'Image.cmx.dev/web' "$(jq -r '.targets[].changes[]|select(.kind=="Deployment").unknownUntil' <<<"$out")"
same "rebuild {\"before\":\"sha256:$web\"}" "$(image_of)"
same '1 0' "$(jq -r '.targets[].counts|"\(.build) \(.create)"' <<<"$out")"
lacks 0000000000

# --- what a pull request does to images is told of two commits, with no registry at hand ---
KUBECONFIG=$work/none run 1 diff -f deploy --from HEAD~1
has '~ Image/web' 'build (services/web changed in' '~ Deployment/web' 'image of main registry.example/shop/web:1.0 → to be built' \
    'rolls 1 workload' '1 build, 1 change, 2 unchanged'
lacks Image/limits
run 1 diff -f deploy --from HEAD~1 -o json && valid plan

# --- nobody is to build: refused, with the command to run; what does not need it goes on ---
config extra a=1 | write deploy/extra.yaml
commit "More"
run 3 apply -f deploy --yes --no-build
has '! Image/web' '--no-build' 'cmx-reconcile build -f deploy web --push' '✓ ConfigMap/extra' \
    'not started: Image/web was refused'
same "registry.example/shop/web@sha256:$web" "$(sed -n 's/.*image: //p' out/shop/Deployment.apps_web.yaml)"

# --- diff --build tells the digest that the build then has, and stores nothing ---
run 1 diff -f deploy --build -o json && valid plan
after=$(jq -r '.targets[].changes[]|select(.kind=="Image" and .name=="web")|.digests.after' <<<"$out")
same "rebuild {\"after\":\"$after\",\"before\":\"sha256:$web\"}" "$(image_of)"
wanted=$(jq -r '.targets[].changes[]|select(.kind=="Deployment" and .name=="web").fields[0].new' <<<"$out")
same "$web" "$(digest_of web latest)"
run 0 build web -f deploy --push
has 'built' 'in oci:images/web'
same "registry.example/shop/web@sha256:$(digest_of web latest)" "$wanted"
same "${after#*:}" "$(digest_of web latest)"
run 0 apply -f deploy --yes --no-build
same "$wanted" "$(sed -n 's/.*image: //p' out/shop/Deployment.apps_web.yaml)"
run 0 diff -f deploy --no-build

# --- a tag that somebody else moved is drift, and moved back ---
umoci tag --image "images/web:$(git rev-parse --short=7 HEAD)" keep >/dev/null
skopeo copy -q "oci:images/limits:latest" "oci:images/web:latest"
run 1 diff -f deploy
has 'tags.latest' 'drift'
run 0 apply -f deploy --yes
same "${wanted#*sha256:}" "$(digest_of web latest)"

# --- but not one that is immutable, unless it points there already ---
sed -i 's/tags: \["${shortCommit}", latest\]/tags: ["1.0"]\n  immutable: true/' deploy/images.yaml
commit "Release 1.0"
run 0 apply -f deploy --yes
run 0 diff -f deploy
echo "<h1>never</h1>" | write services/web/index.html
commit "Change what was released"
run 3 apply -f deploy --yes
has 'the tag 1.0 is immutable' 'not started: Image/web was refused'
same "${wanted#*sha256:}" "$(digest_of web 1.0)"
git revert --no-edit -n HEAD >/dev/null && commit "Take it back"
run 0 apply -f deploy --yes

# --- what differs from the commit is built as it is, and told ---
sed -i 's/tags: \["1.0"\]/tags: ["${shortCommit}"]/' deploy/images.yaml
commit "Tag by commit"
echo "<h1>not committed</h1>" >services/web/index.html
run 1 diff -f deploy && has '~ Image/web' # no tag of this commit, but older ones are there
run 0 build web -f deploy --to oci:tried
has 'built -dirty'
run 0 build -f deploy -o json && valid images
same 'true false' "$(jq -r '[.images[]|.dirty]|sort|reverse|map(tostring)|join(" ")' <<<"$out")"
same "registry.example/shop/web:$(git rev-parse --short=7 HEAD)-dirty" \
    "$(jq -r '.manifests[].annotations."org.opencontainers.image.ref.name"' tried/index.json)"
rm -rf tried
# committed, it is the same image again: nothing that runs it changes
run 0 apply -f deploy --yes && has '1 changed'
commit "Commit it"
run 1 diff -f deploy && lacks 'build ('
run 0 apply -f deploy --yes && has '1 changed, 5 unchanged'
# but what the ignore rules leave out is no part of it, only the rules themselves are
printf 'notes/*\n!notes/kept\n' | write services/web/.dockerignore
echo one | write services/web/notes/kept
commit "Ignore notes"
dirty() { run 0 build web -f deploy -o json && jq -r '.images[]|select(.name=="web").dirty' <<<"$out"; }
echo note | write services/web/notes/today
same false "$(dirty)"
echo two | write services/web/notes/kept
same true "$(dirty)"
git checkout -q services
same false "$(dirty)"
echo '*.md' >>services/web/.dockerignore
same true "$(dirty)"
git checkout -q services && rm -r services/web/notes/today

# --- a failed build holds up only what needs it ---
printf 'FROM scratch AS one\nCOPY index.html /\nFROM scratch\nCOPY --from=one /gone /srv/\n' | write services/web/Dockerfile
echo '{"limit": 20}' | write services/limits/limits.json
commit "Break one, change the other"
old=$(sed -n 's/.*image: //p' out/shop/Deployment.apps_limits.yaml)
run 5 apply -f deploy --yes
has '! Image/web' 'services/web/Dockerfile:4' '✓ Image/limits' '✓ Deployment/limits' \
    'not started: Image/web failed'
same no "$([ "$old" = "$(sed -n 's/.*image: //p' out/shop/Deployment.apps_limits.yaml)" ] && echo yes || echo no)"
printf 'FROM oci:nowhere:1\nCOPY index.html /srv/\n' | write services/web/Dockerfile
commit "A base that is nowhere"
run 4 apply -f deploy --yes
has '! Image/web' 'oci:nowhere:1 is not there' 'not started: Image/web could not be looked at'
printf 'FROM scratch\nCOPY index.html\nRUNN x\n' | write services/web/Dockerfile
run 2 diff -f deploy
has 'services/web/Dockerfile:2:' 'services/web/Dockerfile:3:' '2 errors'
run 2 validate -f deploy
has 'services/web/Dockerfile:3:'

# --- what a COPY wants and the commit has not: said before anything is built, with the reason ---
echo '*.html' | write services/web/.gitignore
touch services/web/ignored.html
echo 'hidden.txt' | write services/web/.dockerignore
echo hidden | write services/web/hidden.txt
printf 'FROM scratch\nCOPY index.html ignored.html gone.txt hidden.txt /srv/\n' | write services/web/Dockerfile
commit "Copy what is not there"
for command in validate diff plan; do
    run 2 $command -f deploy
    has 'services/web/Dockerfile:2:1: error: COPY: services/web/ignored.html is on the disk, but left out of git by' \
        '.gitignore:1:*.html' 'COPY: gone.txt: not found in the context services/web' \
        'COPY: hidden.txt is left out by .dockerignore' '3 errors'
done
git rm -q services/web/.gitignore services/web/.dockerignore

# --- a word or a value that is wrong: each at its column, before anything is built ---
cat >"$work/wrong" <<'END'
# wrong in each line but the first ones
FROM scratch
ARG PORT=http
LABEL a=${b:?missing}
ENV GREETING="hello
EXPOSE 80 \
       $PORT
COPY --chmod=x9 index.html /srv/
COPY --chown=1:2:3 index.html /srv/
COPY https://example.org/x /srv/
STOPSIGNAL SIGNONE
VOLUME ["/srv/${x"]
END
write services/web/Dockerfile <"$work/wrong"
commit "Write nothing right"
for command in validate diff plan "build web"; do
    run 2 $command -f deploy
    for place in 4:9 5:14 7:8 8:6 9:6 10:6 11:12 12:10; do has "services/web/Dockerfile:$place: error: "; done
    has 'EXPOSE: http is no port' 'b: missing' '8 errors'
done
# An argument may mend it, and so may what a base sets: that is known once there is something to build.
printf 'FROM scratch\nARG PORT=http\nEXPOSE $PORT\nCOPY index.html /srv/\n' | write services/web/Dockerfile
sed -i 's|build: { context: services/web }|build: { context: services/web, args: { PORT: "80" } }|' deploy/images.yaml
commit "Name a port"
run 0 validate -f deploy
sed -i 's|, args: { PORT: "80" }||' deploy/images.yaml
printf 'FROM oci:images/limits:latest\nENV SET=$PATH NOT=$HOME_PORT\nEXPOSE ${HOME_PORT:?missing}\nEXPOSE $NOT\n' |
    write services/web/Dockerfile
commit "Leave it to the base"
run 0 validate -f deploy
run 4 diff -f deploy
has 'services/web/Dockerfile:3:8: EXPOSE: HOME_PORT: missing'
printf 'FROM Shop/Web:1 AS one\nFROM scratch\nCOPY --from=one / /\n' | write services/web/Dockerfile
run 2 validate -f deploy
has 'services/web/Dockerfile:1:6: error: FROM: ' 'upper-case'
printf 'FROM scratch AS runtime\nCOPY index.html /srv/\n' | write services/web/Dockerfile
sed -i 's|build: { context: services/web }|build: { context: services/web, target: runtine }|' deploy/images.yaml
run 2 validate -f deploy
has 'deploy/images.yaml:8:43: error: spec.build.target: services/web/Dockerfile has no stage "runtine" (did you mean "runtime"?)'
git checkout -q deploy
printf 'FROM scratch\nCOPY index.html /srv/\n' | write services/web/Dockerfile
sed -i 's|^  files: |  stopSignal: SIGNONE\n  files: |' deploy/images.yaml
run 2 validate -f deploy
has 'deploy/images.yaml:17:15: error: spec.stopSignal: SIGNONE is no signal'
git checkout -q deploy services && printf 'FROM scratch\nCOPY index.html /srv/\n' | write services/web/Dockerfile
commit "Write it right"

# --- which builder, where the native one cannot ---
echo packed | write services/web/pages.tar.xz
printf 'FROM scratch\nADD pages.tar.xz /srv/\n' | write services/web/Dockerfile
commit "Unpack what only an engine can"
run 1 diff -f deploy
has 'by docker: ADD of' 'pages.tar.xz, an xz archive, at Dockerfile:2'
printf 'FROM scratch\nADD ./pages.t* /srv/\n' | write services/web/Dockerfile
commit "The same by wildcards"
run 1 diff -f deploy
has 'by docker: ADD of' 'pages.tar.xz, an xz archive, at Dockerfile:2'
printf 'FROM scratch\nARG PAGES=pages.tar.xz\nADD ${PAGES} /srv/\n' | write services/web/Dockerfile
commit "And by a variable"
run 1 diff -f deploy
has 'by docker: ADD of' 'pages.tar.xz, an xz archive, at Dockerfile:3'
printf 'FROM scratch\nARG FROM=https://example.org\nADD $FROM/x /srv/\n' | write services/web/Dockerfile
commit "An address by a variable"
run 1 diff -f deploy
has 'by docker: ADD of' 'https://example.org/x, which is not in git, at Dockerfile:3'
printf 'FROM scratch\nADD index* /srv/\n' | write services/web/Dockerfile
commit "Wildcards that mean none"
run 1 diff -f deploy
lacks 'by docker'
printf 'FROM scratch AS one\nONBUILD ENV A=b\nFROM one\nCOPY index.html /srv/\n' | write services/web/Dockerfile
commit "A stage that brings instructions"
run 1 diff -f deploy
has 'by docker: ONBUILD at' 'Dockerfile:2'

# --- an image that stands on another of the source ---
printf 'FROM registry.example/shop/limits:any\nCOPY index.html /srv/\n' | write services/web/Dockerfile
echo '{"limit": 30}' | write services/limits/limits.json
commit "Stand on limits"
run 1 diff -f deploy
has 'it stands on Image/limits'
run 0 apply -f deploy --yes
skopeo inspect --config "oci:images/web:$(git rev-parse --short=7 HEAD)" >"$work/config"
same 2 "$(jq '.rootfs.diff_ids|length' "$work/config")"
run 0 diff -f deploy

# --- an image of others is only pinned ---
printf 'apiVersion: cmx.dev/v1\nkind: Image\nmetadata: { name: base }\nspec: { from: "oci:images/limits:latest" }\n' |
    write deploy/pinned.yaml
commit "Pin one"
run 0 images -f deploy
has 'base  there'

# --- what an Image says of its Dockerfile, its files and its arguments is held against them ---
{
    image web 'build: { context: services/web, args: { VERSON: "1", NAME: one, http_proxy: p } }' 'from: busybox:1'
    echo ---
    image limits 'from: scratch' 'files: [{ from: services/limits, to: / }, { from: gone/, to: / }]'
} | write deploy/images.yaml
printf 'ARG VERSION=0\nFROM scratch\nARG NAME\nCOPY index.html /srv/\n' | write services/web/Dockerfile
commit "Say what is not so"
run 2 validate -f deploy
has 'deploy/images.yaml:7:9: error: spec.from: services/web/Dockerfile names its base itself; use build.base in its place' \
    'deploy/images.yaml:15:53: error: spec.files[1].from: gone: not found in the context'
sed -i -e '/from: busybox:1/d' -e 's|, { from: gone/, to: / }||' deploy/images.yaml
commit "Say it right, but for a name"
run 0 build -f deploy
has 'warning: spec.build.args: the Dockerfile has no ARG VERSON (did you mean VERSION?)'
lacks 'ARG NAME (' 'no ARG http_proxy'

cp deploy/images.yaml "$work/images.yaml"
image web 'build: { context: services/web }' 'healthcheck: { test: [CMD-SHELL, "check \\ "] }' | write deploy/images.yaml
run 2 validate -f deploy && has 'healthcheck: a line that ends with \ would go on into the next one'
image web 'build: { context: services/web }' 'healthcheck: { test: [CMD, "check \\"] }' | write deploy/images.yaml
run 0 render -f deploy --dockerfile web && has 'HEALTHCHECK CMD ["check \\"]'
cp "$work/images.yaml" deploy/images.yaml

# --- a circle can be begun nowhere ---
printf 'FROM registry.example/shop/limits\nCOPY index.html /srv/\n' | write services/web/Dockerfile
printf 'FROM registry.example/shop/web:1\nCOPY limits.json /\n' | write services/limits/Dockerfile
cp deploy/images.yaml "$work/images.yaml"
{
    image web 'build: { context: services/web }'
    echo ---
    image limits 'build: { context: services/limits }'
} | write deploy/images.yaml
commit "Stand on one another"
for command in validate diff "build --push" "apply --yes"; do
    run 2 $command -f deploy
    has 'images.yaml:6:10: error: Image/web: it stands on Image/limits, which stands on Image/web' '1 error'
done
cp "$work/images.yaml" deploy/images.yaml
git checkout -q HEAD~1 services && commit "Stand on nothing"

# --- names that nothing has, and places that are none ---
run 2 build wep -f deploy && has 'did you mean web?'
run 2 build -f deploy --to tape:x && has 'expected oci:DIR'
run 2 build -f deploy --push --to oci:x
run 2 render -f deploy --dockerfile wep
run 0 render -f deploy --dockerfile limits && has 'COPY' 'services/limits'
# --- the whole context without a Dockerfile: written as an engine would read it, too ---
echo '{"limit": 10}' | write services/whole/limits.json
image whole 'build: { context: services/whole }' 'files: [{ from: ., to: /srv/ }]' 'from: scratch' |
    write deploy/images.yaml
rm -f deploy/web.yaml deploy/limits.yaml
commit "All of a folder"
run 0 render --dockerfile whole -f deploy
has 'FROM scratch' 'COPY [".", "/srv/"]'
run 0 build whole -f deploy --to "oci:$work/whole"
last="the layer of $work/whole"
layer=$(jq -r '.layers[0].digest[7:]' "$work/whole/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$work/whole/index.json")")
same "srv/ srv/limits.json " "$(tar tzf "$work/whole/blobs/sha256/$layer" | tr '\n' ' ')"
finish
