# Every fault between apply and a git server, over http, git and ssh: see tests/faults/git.py.
# timeout: 900
#
# CMX_FAULTS=refuse,lost,… chooses faults; "stall" is left out, each takes the minute of silence
# after which a server is given up.
servers=$(cd "$(dirname "$0")/../providers/git" && pwd)
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
source "$(dirname "$0")/../ports.sh"
all=refuse,reset,lost,cut,flip,busy,error,down,gateway,garbage,strange,kill,kill-after,interrupt,terminate,interrupt-twice
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$CMX_SOURCE/tests/faults
tidy() { kill "${http_server:-}" "${daemon:-}" 2>/dev/null; }

faults() { # FOLDER URL CACHE
    checks=$((checks + 1))
    python3 "$CMX_SOURCE/tests/faults/git.py" "$CMX" "$2" "$work/$1" "$3" "${CMX_FAULTS:-$all}" 2>"$work/$1/log" && return
    failures=$((failures + 1))
    tail -n 30 "$work/$1/log"
}

mkdir "$work/http" "$work/daemon"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout "$work/http/key.pem" -out "$work/http/cert.pem" 2>/dev/null
coproc SERVER { exec python3 "$servers/server.py" "$work/http"; }
http_server=$SERVER_PID
read -r http _ <&"${SERVER[0]}"
git_port=$(free_port)
git daemon --reuseaddr --export-all --listen=127.0.0.1 --port="$git_port" --base-path="$work" 2>/dev/null &
daemon=$!
for _ in $(seq 200); do (: <"/dev/tcp/127.0.0.1/$git_port") 2>/dev/null && break; sleep 0.05; done

faults http "http://127.0.0.1:$http/open/kept.git" kept
faults http "http://127.0.0.1:$http/open/empty.git" empty
faults daemon "git://127.0.0.1:$git_port/daemon/repos/empty.git" empty
faults daemon "ssh://127.0.0.1:$git_port/daemon/repos/kept.git" kept
finish
