# Every fault between an apply with Images and the registry that they are pushed to: see
# tests/faults/images.py. timeout: 900
#
# CMX_FAULTS=refuse,lost,… chooses faults; "stall" is left out: each takes a minute of silence.
# Each fault meets every 40th exchange, each another one; CMX_FAULTS_STEP=1 is all of them.
source "$(dirname "$0")/../expect.sh"
registries=$work/registries
source "$(dirname "$0")/../registry.sh"
tidy() { registry_end; }
all=refuse,reset,lost,cut,flip,busy,error,down,gateway,garbage,strange,kill,kill-after,interrupt,terminate,interrupt-twice
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$CMX_SOURCE/tests/faults
registry_start plain delete
last="tests/faults/images.py"
# shellcheck disable=SC2154
out=$(python3 "$CMX_SOURCE/tests/faults/images.py" "$CMX" "http://$registry_plain" \
    "$CMX_SOURCE/tests/registries/image.py" "$work/world" "${CMX_FAULTS:-$all}" "${CMX_FAULTS_STEP:-40}" 2>"$work/log")
code=$? errors=$(tail -n 30 "$work/log")
same 0 "$code"
echo "$out"
finish
