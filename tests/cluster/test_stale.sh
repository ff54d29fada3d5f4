# A group whose server is down: an error only for a set that uses it, and nothing is forgotten.
# labels: cluster alone
# timeout: 200
. "$(dirname "$0")/cluster.sh"
group=$(echo "$ns" | tr -d -).example.org
trap 'kubectl delete apiservice "v1.$group" --ignore-not-found >/dev/null 2>&1
      kubectl delete namespace "$ns" --wait=false >/dev/null 2>&1; cleanup' EXIT
project stale
configmap one key 1
commit "One"
kubectl apply -f - >/dev/null <<YAML
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1.$group }
spec:
  group: $group
  version: v1
  groupPriorityMinimum: 100
  versionPriority: 100
  service: { name: nobody, namespace: $ns }
YAML
# until the aggregator has noticed that nobody answers
for _ in $(seq 50); do
    kubectl get apiservice "v1.$group" -o jsonpath='{.status.conditions[0].status}' | grep -q False && break
    sleep 0.2
done

# --- a set that does not use the group is not hindered
run 0 apply -f . --yes
configmap one key 2
configmap two key 2
commit "Change one, add two"
run 0 apply -f . --yes
rm two.yaml
commit "Remove two"
run 0 apply -f . --yes
same "" "$(k get configmap two --ignore-not-found -o name)"

# --- one that does: could not look; the rest goes on, nothing is pruned
write thing.yaml <<YAML
apiVersion: $group/v1
kind: Thing
metadata: { name: thing }
YAML
configmap three key 3
rm one.yaml
commit "A thing of that group"
run 4 diff -f .
has "Thing" "could not be looked at"
run 4 apply -f . --yes
same 3 "$(k get configmap three -o jsonpath='{.data.key}')"
same 2 "$(k get configmap one -o jsonpath='{.data.key}')"
has "Not pruned"
finish
