# What weighs little costs little: each hostile input of each reader has a ceiling of memory and of time.
# timeout: 400
. "$(dirname "$0")/../expect.sh"
. "$(dirname "$0")/../cli/fixture.sh"
. "$(dirname "$0")/cost.sh"
share=1
sanitized && share=6
costs() { # NAME MIB: no more than that above an empty run, no more than 10 seconds, and it ended by itself
    checks=$((checks + 1))
    local most=$((base + ($2 << 10) * share))
    [ "$memory" -le "$most" ] || wrong "$1: $((memory >> 10)) MiB, at most $((most >> 10)) are right"
    awk -v s="$seconds" -v most="$((10 * share))" 'BEGIN { exit s > most }' || wrong "$1: $seconds s of the processor"
    [ "$code" -lt 124 ] && [ "$code" -ge 0 ] || wrong "$1: ended with $code"
    printf '%-14s exit %s, %5s s, %4s MiB above an empty run\n' "$1" "$code" "$seconds" "$(((memory - base) >> 10))"
}

measure 60 version
base=$memory
mkdir "$work/hostile"
while read -r name most; do
    measure 60 validate -f "$work/hostile/$name"
    costs "$name" "$most"
    [ "$code" = 0 ] || grep -q "error" "$work/.out" || wrong "$name: not a word"
done < <(python3 "$here/hostile.py" "$work/hostile")

# --- a kubeconfig
shop
sed -i 's/, cluster: rendered//; /^---/,$d' deploy/project.yaml
for name in laughs values nested-maps; do
    measure 60 diff -f deploy --kubeconfig "$work/hostile/$name/a.yaml"
    costs "kubeconfig" 176
    same 2 "$code"
done

# --- the record of the directory target
project
commit "The shop again"
mkdir -p out/.cmx
record() { # TEXT COUNT END: the text so often
    python3 -c 'import sys; print(sys.argv[1] + sys.argv[2] * int(sys.argv[3]) + sys.argv[4])' "$@" >out/.cmx/set
    measure 60 diff -f deploy
    costs "record" 320
    same 6 "$code"
    has "out/.cmx/set"
}
record '{"format":1,"name":"shop","namespace":"shop","members":[' '{},' 5000000 '{}]}'
record '{"format":1,"name":"shop","namespace":"shop","members":[],"x":[' '[],' 10000000 '1]}'
record '' '[' 10000000 ''
finish
