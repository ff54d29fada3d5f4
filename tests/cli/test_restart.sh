# cmx.dev/restart-on: config: the same hash wherever it is made, one that others can compute, and
# none that is made of half a source.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop "secrets: write"
workload() { # NAME READS
    cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1, annotations: { cmx.dev/restart-on: config } }
spec:
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec: { containers: [ { name: main, image: "web:1.4", envFrom: [ $2 ] } ] }
END
}
hashes() { sed -n 's/.*cmx.dev\/config-hash: //p' "${@:-$work/.out}"; }
workload reader "{ configMapRef: { name: web } }, { secretRef: { name: db } }" | write deploy/reader.yaml
secret db s3cret-one | write deploy/db.yaml
commit "A workload that reads both"

# --- one value: render, whatever is left out of it, and the directory
run 0 render -f deploy --show-secrets
first=$(hashes)
rendered=$out
same 32 "${#first}"
run 0 render -f deploy --show-secrets -l app=none
same "" "$out"
sed -i 's/metadata: { name: reader,/metadata: { name: reader, labels: { only: "1" },/' deploy/reader.yaml
run 0 render -f deploy -l only=1
same "$first" "$(hashes)"
run 0 apply -f deploy --yes
same "$first" "$(hashes out/shop/Deployment.apps_reader.yaml)"
run 0 render -f - --show-secrets <<<"$rendered"
same "$rendered" "$out"

# --- that another program computes: of a Secret it holds a slow digest only
same "$first" "$(python3 - <<'END'
import hashlib
secret = hashlib.scrypt(b'data {"password":"czNjcmV0LW9uZQ=="}\n', salt=b"Secret/shop/db", n=1 << 14, r=8, p=1, maxmem=1 << 25, dklen=32)
text = 'ConfigMap/web\ndata {"a":"1"}\nSecret/db\n' + secret.hex() + "\n"
print(hashlib.sha256(text.encode()).hexdigest()[:32])
END
)"

# --- it follows the content of each, and comes back with it; labels are no content
config web a=2 | write deploy/web.yaml
run 1 diff -f deploy
has "ConfigMap/web" "Deployment/reader" "rolls 1 workload"
run 0 render -f deploy -l only=1
[ "$first" != "$(hashes)" ] || wrong "the hash does not follow the ConfigMap"
config web a=1 | write deploy/web.yaml
secret db s3cret-two | write deploy/db.yaml
run 1 diff -f deploy
has "Deployment/reader" "data.password changed"
lacks s3cret
secret db s3cret-one | write deploy/db.yaml
sed -i 's/{ name: web }/{ name: web, labels: { team: a } }/' deploy/web.yaml
run 1 diff -f deploy
lacks "Deployment/reader"
has "nothing restarts"

# --- half a source does not change it: refused by name, and nothing else is
config api a=2 | write deploy/api.yaml
run 3 diff -f deploy/reader.yaml
has "! Deployment/reader: it restarts with ConfigMap/web, which is not in this part of the source" "apply the whole source"
run 3 apply -f deploy/reader.yaml -f deploy/api.yaml --yes
has "ConfigMap/api" "! Deployment/reader"
same "$first" "$(hashes out/shop/Deployment.apps_reader.yaml)"
same 1 "$(grep -c '"2"' out/shop/ConfigMap_api.yaml)"
run 3 diff -f - --directory-root . < <(cat deploy/project.yaml; echo ---; cat deploy/reader.yaml)
has "not in this part of the source"
run 0 apply -f deploy/reader.yaml -f deploy/web.yaml -f deploy/db.yaml --yes
mkdir deploy/apps
mv deploy/reader.yaml deploy/apps/
commit "A folder of its own"
run 3 diff -f deploy/apps
has "ConfigMap/web, which is not in this part of the source"
run 0 diff -f deploy

# --- a folder that does not load says nothing of what its objects hold
mkdir deploy/config
mv deploy/web.yaml deploy/config/
commit "Another one"
run 0 apply -f deploy --yes
echo "a: [" >>deploy/config/web.yaml
commit "A typing error"
run 2 apply -f deploy --keep-going --yes
has "! Deployment/reader: it restarts with ConfigMap/web, which did not load: mend that first"

# --- removed for good: then it is known that the pods do not read it any more
rm deploy/config/web.yaml
commit "No configuration"
run 1 diff -f deploy
has "~ Deployment/reader" "- ConfigMap/web"
run 1 diff -f deploy --from HEAD~3 --to HEAD
has "~ Deployment/reader"

# --- a folder without Secrets has the hash of the whole source all the same
project "secrets: leave-out"
rm -r out
run 0 render -f deploy --show-secrets
first=$(hashes)
same 32 "${#first}"
run 0 apply -f deploy --yes
same "$first" "$(hashes out/shop/Deployment.apps_reader.yaml)"
same "" "$(ls out/shop | grep Secret)"
finish
