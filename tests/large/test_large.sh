# 100 000 objects, and 10 000 files: ten times as many cost about ten times as much. With CMX_LARGE=quick a tenth of
# both; so by itself where a sanitizer multiplies the cost.
# timeout: 420
. "$(dirname "$0")/../expect.sh"
. "$(dirname "$0")/../cli/fixture.sh"
. "$(dirname "$0")/cost.sh"
few=10000 many=100000
if [ "${CMX_LARGE:-}" = quick ] || sanitized; then
    few=1000 many=10000
fi
new_repository
cd "$repo" || exit 1
measured() { # SIZE ARGUMENT…: the exit code is right; its cost goes into ${cost[SIZE COMMAND]}
    local size=$1 code seconds memory
    shift
    measure 200 "$@"
    cost["$size $1"]="$seconds $memory"
    printf '%7s %-8s exit %s, %6s s of the processor, %4s MiB\n' "$size" "$1" "$code" "$seconds" "$((memory >> 10))"
    case $1 in diff) same 1 "$code" ;; *) same 0 "$code" ;; esac
}
all() { # NAME
    measured "$1" validate -f "$1"
    measured "$1" render -f "$1"
    measured "$1" diff -f "$1"
}
# Ten times the objects: at most 13 times the cost (and a constant, which small figures need).
linear() { # COMMAND
    checks=$((checks + 1))
    # shellcheck disable=SC2086
    awk 'BEGIN { exit !(ARGV[3] <= 13 * ARGV[1] + 0.3 && ARGV[4] <= 11 * ARGV[2]) }' ${cost[few $1]} ${cost[many $1]} ||
        wrong "$1: not linear: ${cost[few $1]} and ${cost[many $1]} (seconds, KiB)"
}
declare -A cost
python3 "$here/large.py" few $few $((few / 100))
python3 "$here/large.py" many $many $((many / 100))
python3 "$here/large.py" files $few $few
commit "Large"
all few
all many
all files
for command in validate render diff; do linear $command; done
# A file for each object costs about twice as much as a hundred in one, at most.
for command in validate render diff; do
    checks=$((checks + 1))
    # shellcheck disable=SC2086
    awk 'BEGIN { exit !(ARGV[3] <= 2.5 * ARGV[1] + 0.5 && ARGV[4] <= 2 * ARGV[2] + 20000) }' ${cost[few $command]} ${cost[files $command]} ||
        wrong "$command: many files cost too much: ${cost[few $command]} and ${cost[files $command]}"
done
finish
