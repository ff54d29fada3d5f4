# What the API server is asked, as its audit log counts it. labels: cluster
. "$(dirname "$0")/cluster.sh"

mark() { from=$(wc -c <"$CMX_AUDIT_LOG"); }

# Requests of the program for the set's objects since mark(): those whose line has all the TEXTs.
asked() {
    local lines text
    lines=$(tail -c "+$((from + 1))" "$CMX_AUDIT_LOG" | grep -F '"userAgent":"cmx-reconcile/' | grep -F "/namespaces/$ns/")
    for text in "$@"; do lines=$(grep -F -- "$text" <<<"$lines" || true); done
    grep -c . <<<"$lines" || true
}
patches() { asked '"verb":"patch"' '"requestURI"' "/$1?"; }
# The record of the set: how often it was read and written.
record() { echo "$(asked '"verb":"get"' "/configmaps/cmx-set-requests") $(asked '"verb":"patch"' "/configmaps/cmx-set-requests")"; }
dry() { asked '"verb":"patch"' "/$1?" 'dryRun=All'; }

project requests
configmap one key value
configmap two key value
write service.yaml <<YAML
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [ { port: 80 } ]
YAML
commit "Three objects"

# --- a plan asks about each, and writes nothing
mark
run 1 plan -f .
has "3 create"
same "1 1 1" "$(dry one) $(dry two) $(dry web)"
same "$(patches one) $(patches two) $(patches web)" "$(dry one) $(dry two) $(dry web)"

# --- the first apply sends each once, unasked; what the server refuses is told then, the rest is made
sed -i 's/port: 80 /port: 80000 /' service.yaml
commit "A port that is none"
mark
run 5 apply -f . --yes
has "! Service/web" "80000" "2 created"
same "1 1 1" "$(patches one) $(patches two) $(patches web)"
same "0 0 0" "$(dry one) $(dry two) $(dry web)"

# --- from then on what may differ is asked about before anything is written
mark
run 3 apply -f . --yes
has "! Service/web" "80000"
same "0 0 1" "$(patches one) $(patches two) $(patches web)"
same "1" "$(dry web)"
sed -i 's/port: 80000 /port: 80 /' service.yaml
commit "A port again"
run 0 apply -f . --yes

# --- what is unchanged costs one LIST a kind, and no question about an object
mark
run 0 diff -f .
same "0" "$(asked '"verb":"patch"')"
same "1 1" "$(asked '"verb":"list"' "/configmaps?") $(asked '"verb":"list"' "/services?")"
same "1 0" "$(record)"
mark
run 0 apply -f . --yes
same "0" "$(asked '"verb":"patch"')"
same "1 0" "$(record)"
same "1 1" "$(asked '"verb":"list"' "/configmaps?") $(asked '"verb":"list"' "/services?")"

# --- one change: one dry run, one apply
configmap one key other
commit "One change"
mark
run 0 apply -f . --yes
same "2 1 0 0" "$(patches one) $(dry one) $(patches two) $(patches web)"
same "1 2" "$(record)" # read; taken and widened in one; settled

run 0 delete --project requests -n "$ns" --yes
finish
