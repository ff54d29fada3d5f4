#!/usr/bin/env bash
# Asks the real kubectl for every case of the YAML reader (cases/yaml, see the README.md there): its
# values are ours, it fails where we call it an error.
# labels: cluster
# timeout: 300
set -u
[ -n "${CMX_NETNS:-}" ] || { echo "no test cluster here: scripts/testbed run -- ..."; exit 1; }
: "${CMX_KUBECTL:?the kubectl of the test cluster}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One folder a file of cases: N.yaml (the input), N.want (the answers), N.name, N.raw where it is.
split_cases() { # FILE FOLDER
    mkdir -p "$2"
    LC_ALL=C awk -v folder="$2" '
        function put(line) { printf "%s%s\n", line, crlf ? "\r" : "" > input }
        function finish() {
            if (!number) return
            if (!raw) {
                put("apiVersion: v1"); put("kind: ConfigMap")
                put("metadata: {name: x, namespace: default}")
            }
            close(input); close(want)
            if (flags ~ /open/) system("truncate -s -1 " input)
        }
        /^== / {
            finish()
            flags = ""
            if (match($0, / \| (raw|crlf)[a-z ]*$/)) flags = substr($0, RSTART)
            raw = flags ~ /raw/; crlf = flags ~ /crlf/
            number++
            input = folder "/" number ".yaml"; want = folder "/" number ".want"
            printf "" > input; printf "" > want
            print substr($0, 4) > (folder "/" number ".name"); close(folder "/" number ".name")
            if (raw) { print "raw" > (folder "/" number ".raw"); close(folder "/" number ".raw") }
            if (flags ~ /bom/) printf "\357\273\277" > input
            next
        }
        /^-> / { print substr($0, 4) > want; next }
        number { put($0) }
        END { finish() }' "$1"
}

# kubectl writes one token a line: joined without blanks, one document a line. The members that
# every case has are left out unless it is raw.
compact() { # RAW
    LC_ALL=C awk -v raw="$1" '
        function finish_member() {
            sub(/,$/, "", member)
            if (member != "" && (raw || member !~ /^"(apiVersion|kind|metadata)":/))
                document = document (document == "" ? "" : ",") member
            member = ""
        }
        /^{$/ { document = member = ""; next }
        /^}$/ { finish_member(); print "{" document "}"; next }
        {
            if (/^    "/) finish_member()
            line = $0
            sub(/^ +/, "", line)
            if (match(line, /^"([^"\\]|\\.)*": /))
                line = substr(line, 1, RLENGTH - 1) substr(line, RLENGTH + 1)
            member = member line
        }'
}

check_case() { # FOLDER/NUMBER
    local name raw="" got code=0
    name=$(cat "$1.name")
    [ -e "$1.raw" ] && raw=1
    "$CMX_KUBECTL" create --dry-run=client --validate=false -o json -f "$1.yaml" \
        >"$work/out" 2>"$work/err" || code=$?
    if grep -qE '^(error|accepted): ' "$1.want"; then
        [ "$code" != 0 ] || echo "$name: kubectl takes it: $(compact "$raw" <"$work/out")"
    elif grep -q '^refused: ' "$1.want"; then
        [ "$code" = 0 ] || echo "$name: kubectl fails too: $(cat "$work/err")"
    elif [ "$code" != 0 ]; then
        echo "$name: kubectl fails: $(cat "$work/err")"
    else
        got=$(compact "$raw" <"$work/out")
        [ "$got" = "$(cat "$1.want")" ] || echo "$name: kubectl says $got, the case $(cat "$1.want")"
    fi
}

for file in "$here"/cases/yaml/*.txt; do
    folder=$work/$(basename "$file" .txt)
    split_cases "$file" "$folder"
    for want in "$folder"/*.want; do
        check_case "${want%.want}"
    done
done >"$work/differences"
total=$(cat "$work"/*/*.want | wc -l)
sed 's/^/DIFFERS /' "$work/differences"
echo "$total answers compared with $("$CMX_KUBECTL" version --client -o yaml | sed -n 's/ *gitVersion: //p')"
[ "$total" -ge 600 ] && [ ! -s "$work/differences" ]
