# registry: real registries for tests. Source it, or run it for a program to read:
#
#   registry_start NAME KIND…   starts one; its address is then in $registry_NAME
#   registry_stop NAME          ends it
#   registry_end                ends all, by the process ids that were recorded
#   registry.sh FOLDER NAME:KIND[:KIND…]…
#                               prints "NAME PORT" for each and "ready 1", and serves until
#                               its standard input is closed
#
# Debian's docker-registry on a loopback port of its own. KINDs: tls (its authority is
# $registries/ca.crt), basic (user "ann", password "s3cret"), token (the same, by token_server.py),
# delete (else 405). Alone: referrers (another one, with the referrers API,
# built by scripts/build-programs). Data and logs stand in $registries/NAME.
registry_scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/registries" && pwd)
# What scripts/build-programs has built: crane, referrers. Asked now: tests change HOME.
registry_programs=$("$registry_scripts/../../scripts/build-programs" --where registries)
. "$registry_scripts/../ports.sh"

registry_fail() {
    echo "registry: $*" >&2
    exit 1
}

# Authority and server certificate, made once.
registry_certificates() {
    [ -e "$registries/good.crt" ] && return
    (
        cd "$registries" || exit 1
        key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
        openssl req -x509 "${key[@]}" -subj /CN=ca -days 2 -keyout ca.key -out ca.crt
        openssl req "${key[@]}" -subj /CN=registry -keyout good.key -out good.csr
        openssl x509 -req -in good.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
            -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out good.crt
        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=tokens -days 2 -keyout tokens.key \
            -out tokens.crt
        touch good.crt
    ) >/dev/null 2>&1 || registry_fail "openssl failed"
}

# The token server for all registries of this test, made on first use.
registry_tokens() {
    [ -n "${registry_token_port:-}" ] && return
    exec {registry_token_pipe}< <(
        exec python3 "$registry_scripts/token_server.py" "$registries" "$1" 2>"$registries/tokens.err")
    registry_pids+=($!)
    read -r registry_token_port <&"$registry_token_pipe"
    [ -n "$registry_token_port" ] || registry_fail "no token server: $(cat "$registries/tokens.err")"
}

registry_config() { # NAME PORT KIND…
    local name=$1 port=$2 kind
    shift 2
    cat <<YAML
version: 0.1
log: { level: info, accesslog: { disabled: false } }
storage:
  filesystem: { rootdirectory: $registries/$name/data }
  delete: { enabled: $([[ " $* " == *" delete "* ]] && echo true || echo false) }
  maintenance: { uploadpurging: { enabled: false } }
http:
  addr: 127.0.0.1:$port
  secret: secret
  relativeurls: true
YAML
    for kind; do
        case $kind in
        tls) echo "  tls: { certificate: $registries/good.crt, key: $registries/good.key }" ;;
        basic) echo "auth: { htpasswd: { realm: registry, path: $registries/htpasswd } }" ;;
        token) cat <<YAML ;;
auth:
  token: { realm: "http://127.0.0.1:$registry_token_port/token", service: $name, issuer: tests, rootcertbundle: $registries/tokens.crt }
YAML
        delete) ;;
        *) registry_fail "unknown kind $kind" ;;
        esac
    done
}

registry_await() { # NAME PORT SCHEME
    local i
    for ((i = 0; i < 600; i++)); do
        kill -0 "${registry_pid[$1]}" 2>/dev/null || break
        curl -ks -o /dev/null "$3://127.0.0.1:$2/v2/" && return
        sleep 0.05
    done
    registry_fail "$1 does not start: $(tail -n 5 "$registries/$1/log")"
}

declare -A registry_pid registry_ports
registry_pids=()

registry_start() { # NAME KIND…
    local name=$1 port scheme=http
    shift
    mkdir -p "$registries/$name"
    registry_certificates
    [ -e "$registries/htpasswd" ] || htpasswd -Bbn ann s3cret >"$registries/htpasswd"
    [[ " $* " == *" tls "* ]] && scheme=https
    [[ " $* " == *" token "* ]] && registry_tokens "$scheme"
    port=${registry_ports[$name]:-$(free_port)}
    if [ "$*" = referrers ]; then
        [ -x "$registry_programs/referrers" ] || registry_fail "run scripts/build-programs"
        "$registry_programs/referrers" "$port" >>"$registries/$name/log" 2>&1 &
    else
        registry_config "$name" "$port" "$@" >"$registries/$name/config.yml"
        OTEL_TRACES_EXPORTER=none docker-registry serve "$registries/$name/config.yml" \
            >>"$registries/$name/log" 2>&1 &
    fi
    registry_pid[$name]=$!
    registry_pids+=($!)
    registry_ports[$name]=$port
    printf -v "registry_$name" '127.0.0.1:%s' "$port"
    registry_await "$name" "$port" "$scheme"
}

registry_stop() { # NAME
    kill "${registry_pid[$1]}" 2>/dev/null
    wait "${registry_pid[$1]}" 2>/dev/null
}

registry_end() {
    local pid
    for pid in "${registry_pids[@]}"; do
        kill "$pid" 2>/dev/null
    done
    wait "${registry_pids[@]}" 2>/dev/null
    return 0
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    registries=$1
    shift
    trap registry_end EXIT
    for wanted; do
        IFS=: read -ra words <<<"$wanted"
        registry_start "${words[@]}"
        echo "${words[0]} ${registry_ports[${words[0]}]}"
    done
    [ -z "${registry_token_port:-}" ] || echo "tokens $registry_token_port"
    echo "ready 1"
    read -r _
fi
