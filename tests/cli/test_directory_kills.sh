# Killed at any point, the next run converges and leaves nothing behind; two runs at once do not mix.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
patience=20
many() {
    local i
    for i in $(seq 1 30); do config "c$i" "round=$1" | write "deploy/c$i.yaml"; done
    [ "$(($1 % 2))" = 0 ] && rm -f deploy/c1.yaml deploy/c2.yaml
    commit "Round $1"
}
for round in $(seq 1 15); do
    many "$round"
    "$CMX" apply -f deploy --yes >/dev/null 2>&1 &
    process=$!
    sleep "0.0$((RANDOM % 9))$((RANDOM % 10))"
    kill -KILL "$process" 2>/dev/null
    wait "$process" 2>/dev/null
    # Whatever is there is whole: YAML that ends in its last line, and a record that is JSON.
    for file in out/shop/*.yaml; do
        [ -e "$file" ] || continue
        [ "$(grep -c '^  namespace: shop$' "$file")" = 1 ] || wrong "half a file: $file"
    done
    [ ! -e out/.cmx/set ] || python3 -m json.tool out/.cmx/set >/dev/null || wrong "half a record"
done
# What a run leaves that is killed between a file and its name, which hardly ever happens above.
touch out/.cmx/{set,history}.a1B2c3.tmp out/shop/ConfigMap.c3.yaml.a1B2c3.tmp
many 31 # a whole run: one that was killed behind its last write is in no history
run 0 apply -f deploy --yes
run 0 diff -f deploy
has "32 unchanged"
same "32" "$(find out/shop -type f | wc -l)"
same "history lock set" "$(ls -A out/.cmx | xargs)"
same "" "$(find out -type f ! -name '*.yaml' ! -path 'out/.cmx/*')"

# Two at once: both end well, one after the other.
many 17
"$CMX" apply -f deploy --yes >"$work/first" 2>&1 &
first=$!
"$CMX" apply -f deploy --yes >"$work/second" 2>&1 &
second=$!
wait "$first"
same 0 $?
wait "$second"
same 0 $?
run 0 diff -f deploy
has "32 unchanged"

# A held lock is waited for, named, and given up on.
many 19
exec 9>>out/.cmx/lock
flock 9
run 3 apply -f deploy --yes --lock-timeout 1s
exec 9>&-
run 0 apply -f deploy --yes
finish
