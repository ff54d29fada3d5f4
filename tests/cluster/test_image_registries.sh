# Registries that want a word more, from git to pods: one that speaks plain http at another
# address than this machine's loopback, and one that wants to see a certificate. labels: cluster
# timeout: 200
. "$(dirname "$0")/cluster.sh"
. "$CMX_SOURCE/tests/ports.sh"
nginx=
tidy() { [ -z "$nginx" ] || { kill "$nginx"; wait "$nginx"; } 2>/dev/null; }
export HOME=$work # nobody's credentials
unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR DOCKER_CONFIG
address=${CMX_REGISTRY%:*}

source_at() { # REGISTRY NAME
    mkdir -p "$2/files" && echo "$2" >"$2/files/name"
    write "$2/all.yaml" <<YAML
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: $2 }
spec: { namespace: $ns }
---
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: $2 }
spec:
  repository: $1/$ns/$2
  tags: [latest]
  from: $1/web:1.4
  files: [ { from: $2/files/, to: /srv/ } ]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: $2 }
spec:
  selector: { matchLabels: { app: $2 } }
  template:
    metadata: { labels: { app: $2 } }
    spec:
      containers: [ { name: main, image: "$1/$ns/$2", readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 } } ]
YAML
    commit "$2"
}
digest() { skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$CMX_REGISTRY/$ns/$1:latest"; }
running() { k get pods -l "app=$1" -o jsonpath='{.items[*].spec.containers[0].image}'; }

# --- plain http: not unless it is said, and what is to be said is told ---
source_at "$CMX_REGISTRY" plain
run 4 diff -f plain
has "$CMX_REGISTRY" "--registry-plain-http $CMX_REGISTRY"
run 0 apply -f plain --yes --registry-plain-http "$CMX_REGISTRY"
has "✓ Image/plain" "✓ Deployment/plain"
same "$CMX_REGISTRY/$ns/plain@$(digest plain)" "$(running plain)"
run 0 diff -f plain --registry-plain-http "$CMX_REGISTRY"

# --- a registry that wants a certificate ---
(
    cd "$work" || exit 1
    key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl req -x509 "${key[@]}" -subj /CN=ca -days 2 -keyout ca.key -out ca.crt
    for name in server ann; do
        openssl req "${key[@]}" -subj "/CN=$name" -keyout "$name.key" -out "$name.csr"
        openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
            -extfile <(echo "subjectAltName=IP:$address") -out "$name.crt"
    done
    cat ann.crt ann.key >ann.pem
) >/dev/null 2>&1 || wrong "openssl failed"
port=$(free_port "$address")
cat >"$work/nginx.conf" <<END
user root; daemon off; pid $work/nginx.pid; error_log $work/nginx.err;
events {}
http {
    log_format who '\$ssl_client_s_dn \$request_method \$status';
    access_log $work/nginx.log who;
    client_body_temp_path $work/nginx.body; proxy_temp_path $work/nginx.proxy;
    fastcgi_temp_path $work/nginx.f; uwsgi_temp_path $work/nginx.u; scgi_temp_path $work/nginx.s;
    server {
        listen $address:$port ssl; client_max_body_size 0;
        ssl_certificate $work/server.crt; ssl_certificate_key $work/server.key;
        ssl_client_certificate $work/ca.crt; ssl_verify_client on;
        location / { proxy_pass http://$CMX_REGISTRY; proxy_set_header Host \$http_host; proxy_set_header X-Forwarded-Proto https; }
    }
}
END
nginx -c "$work/nginx.conf" 2>/dev/null &
nginx=$!
for _ in {1..400}; do curl -sk -o "$work/answer" "https://$address:$port/v2/" && break; sleep 0.05; done

source_at "$address:$port" shown
trust="--registry-ca-file $work/ca.crt"
run 4 diff -f shown
has "certificate is not trusted"
# shellcheck disable=SC2086
run 4 diff -f shown $trust
has "400 Bad Request; some answer so who shows no certificate: --registry-cert"
# shellcheck disable=SC2086
run 0 apply -f shown --yes $trust --registry-cert "$work/ann.crt" --registry-key "$work/ann.key"
has "✓ Image/shown" "✓ Deployment/shown"
same "$address:$port/$ns/shown@$(digest shown)" "$(running shown)"
[ "$(grep -c 'CN=ann PUT 201' "$work/nginx.log")" -ge 3 ] || wrong "it was not Ann who pushed: $(cat "$work/nginx.log")"
# one file with both; and the key of another
# shellcheck disable=SC2086
run 0 diff -f shown $trust --registry-cert "$work/ann.pem"
# shellcheck disable=SC2086
run 4 diff -f shown $trust --registry-cert "$work/ann.crt" --registry-key "$work/server.key"
has "certificate or key cannot be used"
finish
