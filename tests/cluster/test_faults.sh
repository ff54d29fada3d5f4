# Every fault between apply and the API server: a share of tests/faults. labels: cluster
# timeout: 500
#
# CMX_FAULTS=refuse,lost,… chooses faults, CMX_FAULTS_STEP=1 spoils every exchange with
# each of them (an hour or so); without, every fault meets one exchange in STEP.
. "$(dirname "$0")/cluster.sh"
all=kill,kill-after,lost,reset,cut,refuse,busy,error,down,gateway,garbage,strange,interrupt,terminate,interrupt-twice
if ! PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$CMX_SOURCE/tests/faults" python3 "$CMX_SOURCE/tests/faults/kubernetes.py" \
    "$CMX" "$KUBECONFIG" "$ns" "$work" "${CMX_FAULTS:-$all}" "${CMX_FAULTS_STEP:-31}"; then
    failures=$((failures + 1))
fi
checks=$((checks + 1))
finish
