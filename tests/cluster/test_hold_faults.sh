# Every fault between hold and the API server, at every exchange. labels: cluster
# timeout: 400
. "$(dirname "$0")/cluster.sh"
project held
configmap one key 1
configmap two key 1
commit "Two"
run 0 apply -f . --yes
run 0 hold ConfigMap/two --reason "never touched" -f .
all=kill,kill-after,lost,reset,cut,refuse,busy,error,down,gateway,garbage,strange,interrupt,terminate
if ! PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$CMX_SOURCE/tests/faults" python3 "$CMX_SOURCE/tests/faults/hold.py" \
    "$CMX" "$KUBECONFIG" "$ns" "$work" "${CMX_FAULTS:-$all}"; then
    failures=$((failures + 1))
fi
checks=$((checks + 1))
finish
