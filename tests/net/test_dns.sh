# Name servers that do not answer for a moment are waited for; a name that does not exist is not.
# It needs root, for a network and a resolv.conf of its own. labels: cluster
[ -n "${CMX_NETNS:-}" ] || { echo "no test cluster here: scripts/testbed run -- ..."; exit 1; }
[ -n "${inside:-}" ] || inside=1 exec unshare --mount --net bash "$0"
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/../cli/fixture.sh"
shop
mkdir -p "$work/served/repos"
printf 'nameserver 127.0.0.1\noptions timeout:5 attempts:1\n' >"$work/resolv.conf"
ip link set lo up && mount --bind "$work/resolv.conf" /etc/resolv.conf || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout "$work/served/key.pem" -out "$work/served/cert.pem" 2>/dev/null
git clone -q --mirror "$repo" "$work/served/repos/shop.git"
coproc SERVER { exec python3 "$CMX_SOURCE/tests/providers/git/server.py" "$work/served"; }
read -r http _ <&"${SERVER[0]}"
exec 8< <(exec python3 "$CMX_SOURCE/tests/net/dns_server.py" "$work/asked")
names=$!
read -r _ <&8
tidy() { kill "$SERVER_PID" "$names" 2>/dev/null; }

url() { echo "http://$1:$http/open/shop.git"; }
run 0 render --git "$(url later.test)" --path deploy
has "name: web"
run 4 render --git "$(url nobody.test)" --path deploy
has "nobody.test:$http: the host's name is not known (DNS): Name or service not known"
# Once by libcurl, once by us, who tell why: each time for both sorts of address.
[ "$(grep -c nobody.test "$work/asked")" -le 4 ] || wrong "a name that does not exist was asked for again: $(cat "$work/asked")"
run 4 render --git "$(url never.test)" --path deploy
has "never.test:$http: the host's name could not be looked up (DNS): Temporary failure in name resolution"

# --- an API server
cat >"$work/kubeconfig" <<END
apiVersion: v1
kind: Config
current-context: x
clusters: [ { name: x, cluster: { server: "https://never.test" } } ]
contexts: [ { name: x, context: { cluster: x } } ]
END
sed -i '/^---/,$d; s/, cluster: rendered//' deploy/project.yaml
run 4 diff -f deploy --kubeconfig "$work/kubeconfig" --log-level debug
has "could not be looked up (DNS)" "try 5"
lacks "try 6"
finish
