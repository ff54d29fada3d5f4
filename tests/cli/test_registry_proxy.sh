# Registries behind a real nginx: one that takes no large body (413), and what does not pass even
# in the smallest pieces. timeout: 180
source "$(dirname "$0")/../expect.sh"
registries=$work/registries
source "$(dirname "$0")/../registry.sh"
nginx=
tidy() { registry_end; [ -z "$nginx" ] || { kill "$nginx"; wait "$nginx"; } 2>/dev/null; }
here=${CMX_SOURCE:?}
export HOME=$work/home DOCKER_CONFIG=$work/docker
unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR KUBECONFIG
registry_start plain
# shellcheck disable=SC2154
read -r _ multi _ < <(python3 "$here/tests/registries/image.py" "$work/images" 6000000)

wide=127.0.0.1:$(free_port) narrow=127.0.0.1:$(free_port) tls=127.0.0.1:$(free_port)
server() { # ADDRESS LIMIT
    echo "server { listen $1; client_max_body_size $2; location / { proxy_pass http://$registry_plain; proxy_set_header Host \$http_host; } }"
}
cat >"$work/nginx.conf" <<END
user root; daemon off; pid $work/nginx.pid; error_log $work/nginx.err;
events {}
http {
    log_format short '\$server_port \$request_method \$status \$request_length';
    access_log $work/nginx.log short;
    client_body_temp_path $work/nginx.body; proxy_temp_path $work/nginx.proxy;
    fastcgi_temp_path $work/nginx.f; uwsgi_temp_path $work/nginx.u; scgi_temp_path $work/nginx.s;
    $(server "$wide" 1m)
    $(server "$narrow" 100k)
    server { # it does not tell the registry of TLS, which names itself by http
        listen $tls ssl; client_max_body_size 0;
        ssl_certificate $registries/good.crt; ssl_certificate_key $registries/good.key;
        location / {
            proxy_pass http://$registry_plain; proxy_set_header Host \$http_host;
            proxy_redirect / http://\$http_host/;
        }
    }
}
END
nginx -c "$work/nginx.conf" 2>/dev/null &
nginx=$!
for _ in {1..100}; do curl -s -o /dev/null "http://$narrow/v2/" && break; sleep 0.05; done
count() { grep -cE "$1" "$work/nginx.log"; }
digest() { skopeo inspect --raw --tls-verify=false "docker://$registry_plain/$1" | sha256sum | cut -d ' ' -f 1; }

# --- copied: refused once as a whole, then in pieces of 1 MiB at most; later blobs begin with pieces
run 0 registry copy "oci:$work/images:multi" "$wide/copied:1"
same "$multi" "sha256:$(digest copied:1)"
skopeo copy -q --all --src-tls-verify=false "docker://$registry_plain/copied:1" "oci:$work/back:1"
same 0 $?
refused=$(count ' 413 ')
[ "$refused" -ge 1 ] && [ "$refused" -le 12 ] || wrong "$refused requests were refused for their size"
[ "$(count 'PATCH 202')" -ge 12 ] || wrong "$(count 'PATCH 202') pieces"
same "" "$(awk '$3 == 202 && $4 > 1050000' "$work/nginx.log")"

# --- where an upload is sent to by http, it stays with TLS
run 0 push "oci:$work/images:multi" "$tls/kept:1" --registry-ca-file "$registries/ca.crt"
same "$multi" "sha256:$(digest kept:1)"

# --- built: a layer whose size nobody knows before its end
new_repository
head -c 5000000 /dev/urandom >"$repo/data"
write image.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: built }
spec: { repository: $wide/built, tags: ["1"], from: scratch, files: [ { from: data, to: / } ] }
YAML
commit "Data"
: >"$work/nginx.log"
run 0 build -f "$repo" --push
skopeo copy -q --src-tls-verify=false "docker://$registry_plain/built:1" "dir:$work/dir"
layer=$(jq -r '.layers[0].digest' "$work/dir/manifest.json")
same "$(sha256sum <"$repo/data")" "$(tar -xzOf "$work/dir/${layer#sha256:}" data | sha256sum)"
[ "$(count ' 413 ')" -le 3 ] || wrong "$(count ' 413 ') requests were refused for their size"

# --- where not even 256 KiB pass, it is said, and no tag is there
run 5 registry copy "oci:$work/images:multi" "$narrow/none:1"
has "413 Content Too Large"
run 1 registry exists "$registry_plain/none:1"
finish
