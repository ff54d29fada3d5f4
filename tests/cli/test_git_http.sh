# Manifests from a git server over HTTP and TLS, as the command line reaches it: credentials, refusals, one ls-remote.
servers=$(cd "$(dirname "$0")/../providers/git" && pwd)
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
mkdir "$work/served"
git config --global user.name T && git config --global user.email t@example.org
git config --global init.defaultBranch main
bash "$servers/remotes.sh" "$work/served" >/dev/null 2>&1
git clone -q --mirror "$repo" "$work/served/repos/shop.git"
coproc SERVER { exec python3 "$servers/server.py" "$work/served"; }
trap 'kill "$SERVER_PID" 2>/dev/null; cleanup' EXIT
read -r http https silent <&"${SERVER[0]}"
[ -n "$silent" ] || wrong "no server"

run 0 render -f deploy
wanted=$out
run 0 render --git "http://127.0.0.1:$http/open/shop.git" --path deploy
same "$wanted" "$out"
run 0 render --git "https://localhost:$https/open/shop.git" --path deploy --git-ca-file "$work/served/cert.pem"
same "$wanted" "$out"
run 4 render --git "https://localhost:$https/open/shop.git" --path deploy
has certificate
run 4 render --git "http://127.0.0.1:$http/auth/shop.git" --path deploy
has "asks for credentials"
run 0 render --git "http://ann:s3cret@127.0.0.1:$http/auth/shop.git" --path deploy
lacks s3cret
run 4 render --git "http://ann:wr0ng@127.0.0.1:$http/auth/shop.git" --path deploy --log-level debug
lacks wr0ng
run 4 render --git "http://127.0.0.1:$http/404/shop.git" --path deploy
run 2 render --git "http://127.0.0.1:$http/open/shop.git" --path deploy --ref nowhere

# A comparison of two commits that are here already costs one ls-remote.
: >"$work/served/http.log"
run 0 diff --git "http://127.0.0.1:$http/open/shop.git" --path deploy --from main --to main
same 1 "$(wc -l <"$work/served/http.log")"
finish
