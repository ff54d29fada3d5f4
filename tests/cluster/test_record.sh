# One run a set, and a record that others lay hands on. labels: cluster
# timeout: 400
. "$(dirname "$0")/cluster.sh"
patience=120
project record
for i in 1 2 3; do configmap "c$i" key "$i"; done
commit "Three"
run 0 apply -f . --yes
parent=cmx-set-record
mark() { # RENEWED: another run holds the set
    k annotate --overwrite configmap "$parent" \
        "cmx.dev/run={\"id\":\"e\",\"holder\":\"eve@far\",\"started\":\"2026-11-24T07:00:00Z\",\"renewed\":\"$1\"}" >/dev/null
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# --- held: who by, at once with --lock-timeout 0; a reader does not care
configmap c1 key changed
commit "Change one"
mark "$(now)"
run 3 apply -f . --yes --lock-timeout 0
has "waits for the run of eve@far" "held by the run of eve@far, begun 2026-11-24T07:00:00Z" "--lock-timeout"
run 3 apply -f . --yes --lock-timeout 1s
run 1 diff -f .
same 1 "$(k get configmap c1 -o jsonpath='{.data.key}')"

# --- the first Ctrl-C ends the wait for another run
"$CMX" apply -f . --yes >"$work/one" 2>&1 &
first=$!
for _ in $(seq 100); do grep -q "waits for" "$work/one" && break; sleep 0.1; done
kill -TERM "$first"
code=0; wait "$first" || code=$?
last="apply, ended while it waits" out=$(cat "$work/one") errors=""
same 143 "$code"

# --- a mark of long ago is dead; so is, after a lease, one of a clock that goes wrong
mark 2026-01-01T00:00:00Z
run 0 apply -f . --yes --lock-timeout 0
same changed "$(k get configmap c1 -o jsonpath='{.data.key}')"
configmap c1 key again
commit "Change it again"
mark 2099-01-01T00:00:00Z
run 3 apply -f . --yes --lock-timeout 5s
run 0 apply -f . --yes --lock-timeout 60s
same again "$(k get configmap c1 -o jsonpath='{.data.key}')"

# --- taken over in the middle: nothing more is written, and it says by whom
write job.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: first }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [ { name: job, image: "web:1.4" } ]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: behind, annotations: { cmx.dev/depends-on: Job/first } }
data: { a: b }
YAML
commit "A job that does not end, and what is behind it"
begin() { # starts an apply that waits for the job
    "$CMX" apply -f . --yes --timeout "$1" >"$work/one" 2>&1 &
    first=$!
    for _ in $(seq 100); do k get job first >/dev/null 2>&1 && break; sleep 0.1; done
}
begin 15s
sed -i 's/cmx.dev\/depends-on: Job\/first/a: b/' job.yaml
end() { # CODE TEXT…
    local wanted=$1 code=0
    shift
    wait "$first" || code=$?
    last="apply, disturbed" out=$(cat "$work/one") errors=""
    same "$wanted" "$code"
    has "$@"
}
mark "$(now)"
end 3 "taken over by eve@far"
same "" "$(k get configmap behind --ignore-not-found -o name)"
k annotate configmap "$parent" cmx.dev/run- >/dev/null

# --- deleted in the middle: what was made is recorded all the same
k delete job first --cascade=foreground >/dev/null
git checkout -q -- job.yaml
begin 9s
k delete configmap "$parent" >/dev/null
end 5 "Job/first"
k get configmap "$parent" -o jsonpath='{.binaryData.members}' | base64 -d | gzip -dc >"$work/members"
last="the record" out=$(cat "$work/members") errors=""
has '"name":"first"' '"name":"c1"'
rm job.yaml
commit "No job"
run 0 apply -f . --yes
same "" "$(k get job first --ignore-not-found -o name)"

# --- garbage, or no members at all: nothing is done, nothing is taken for absent
k get configmap "$parent" -o json >"$work/good.json"
damaged() { # PATCH TEXT
    k patch configmap "$parent" --type merge -p "$1" >/dev/null
    run 4 diff -f .
    has "ConfigMap $ns/$parent, is damaged" "$2"
    run 4 apply -f . --yes
    run 4 status --project record -n "$ns"
    run 4 delete --project record -n "$ns" --yes
    k replace --force -f "$work/good.json" >/dev/null 2>&1
}
damaged '{"binaryData":{"members":"aGVsbG8="}}' "is no gzip"
damaged '{"binaryData":{"members":null}}' "its list of members is missing"
damaged "{\"binaryData\":{\"members\":\"$(echo '{"format":9}' | gzip -c | base64 -w 0)\"}}" "does not know its format"
damaged "{\"binaryData\":{\"members\":\"$(echo '{"format":1' | gzip -c | base64 -w 0)\"}}" "not valid JSON"
run 0 diff -f .

# --- kubectl leaves our set alone, and we leave kubectl's
out=$(cd "$work" && echo "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}" |
    KUBECTL_APPLYSET=true kubectl -n "$ns" apply --server-side --prune --applyset="configmaps/$parent" -f - 2>&1)
last="kubectl apply --applyset" errors=""
has "tooling"
k label configmap c2 touched=yes >/dev/null
echo "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}" |
    KUBECTL_APPLYSET=true kubectl -n "$ns" apply --server-side --prune --applyset=configmaps/cmx-set-theirs -f - >/dev/null
project theirs
commit "The name of another tool's set"
run 3 apply -f . --yes
has "belongs to another tool (kubectl/"
project record
commit "Ours again"

# --- one object of it, by a name that is nearly right
run 1 delete -f . ConfigMap/c11 --yes
has "no such object (did you mean ConfigMap/c1?)"
run 0 delete -f . ConfigMap/c1 --yes
same "" "$(k get configmap c1 --ignore-not-found -o name)"
same configmap/c2 "$(k get configmap c2 -o name)"
finish
