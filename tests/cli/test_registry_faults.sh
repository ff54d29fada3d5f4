# Every fault at every exchange of a push, a pull, a copy and a build: see tests/faults/registry.py.
# timeout: 1200
#
# CMX_FAULTS=refuse,lost,… chooses faults; "stall" is left out: each takes a minute of silence.
# Each fault meets every fourth exchange, of a build every ninth, each another one;
# CMX_FAULTS_STEP=1 is all of them.
source "$(dirname "$0")/../expect.sh"
registries=$work/registries
source "$(dirname "$0")/../registry.sh"
tidy() { registry_end; }
all=refuse,reset,lost,cut,flip,busy,error,down,gateway,garbage,strange,kill,kill-after,interrupt,terminate,interrupt-twice
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$CMX_SOURCE/tests/faults
registry_start plain delete
for what in ${CMX_FAULTS_OF:-push pull copy build}; do
    checks=$((checks + 1))
    step=4
    [ "$what" = build ] && step=9
    # shellcheck disable=SC2154
    python3 "$CMX_SOURCE/tests/faults/registry.py" "$CMX" "http://$registry_plain" \
        "$CMX_SOURCE/tests/registries/image.py" "$work/$what" "$what" "${CMX_FAULTS:-$all}" "${CMX_FAULTS_STEP:-$step}" \
        2>"$work/log" && continue
    failures=$((failures + 1))
    tail -n 30 "$work/log"
done
finish
