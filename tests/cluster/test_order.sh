# CRD and objects, Namespace and objects in one commit; depends-on; failures. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
patience=200
group=$(echo "$ns" | tr -d -)
trap 'kubectl delete crd widgets.$group.example.org --ignore-not-found --wait=false >/dev/null 2>&1
      kubectl delete namespace "$ns" "$ns-two" --ignore-not-found --wait=false >/dev/null 2>&1; cleanup' EXIT
project order
write all.yaml <<YAML
apiVersion: $group.example.org/v1
kind: Widget
metadata: { name: first }
spec: { size: 3 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: inside, namespace: $ns-two }
data: { a: b }
---
apiVersion: v1
kind: Namespace
metadata: { name: $ns-two }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.$group.example.org }
spec:
  group: $group.example.org
  scope: Namespaced
  names: { kind: Widget, plural: widgets, singular: widget, listKind: WidgetList }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { spec: { type: object, properties: { size: { type: integer } } } }
YAML
commit "Everything at once"
run 1 diff -f .
has "4 create" "known once Namespace/$ns-two is there" "known once CustomResourceDefinition/widgets.$group.example.org is"
run 0 apply -f . --yes
has "4 created"
# kubectl's own discovery may be a moment behind
for _ in $(seq 20); do k get "widgets.$group.example.org" first >/dev/null 2>&1 && break; sleep 0.2; done
same 3 "$(k get "widgets.$group.example.org" first -o jsonpath='{.spec.size}')"
run 0 diff -f .

# --- a Job, and what depends on it
write job.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: migrate }
spec:
  backoffLimit: 0
  template:
    spec: { restartPolicy: Never, containers: [ { name: job, image: "job:1" } ] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: after, annotations: { cmx.dev/depends-on: Job/migrate } }
data: { a: b }
YAML
commit "A job and what waits for it"
run 1 plan -f .
has "after Job/migrate"
run 0 apply -f . --yes
same True "$(k get job migrate -o jsonpath='{.status.conditions[?(@.type=="Complete")].status}')"
same after "$(k get configmap after -o jsonpath='{.metadata.name}')"

# --- a Job that its ttl takes away after its end has been done; made anew only where it changes
job_with_ttl() {
    write seed.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: seed }
spec:
  ttlSecondsAfterFinished: 1
  backoffLimit: $1
  template:
    spec: { restartPolicy: Never, containers: [ { name: job, image: "job:1" } ] }
YAML
    commit "A job that goes away, $1"
}
job_with_ttl 0
run 0 apply -f . --yes
for _ in $(seq 100); do k get job seed >/dev/null 2>&1 || break; sleep 0.2; done
same "" "$(k get job seed --ignore-not-found -o name)"
run 0 diff -f .
run 0 apply -f . --yes
same "" "$(k get job seed --ignore-not-found -o name)"
run 0 status -f .
has "ended"
job_with_ttl 1
run 1 diff -f .
has "+ Job/seed"
rm seed.yaml
commit "No such job any more"
run 1 diff -f .
has "Job/seed" "gone already: forgotten"
run 0 apply -f . --yes

# --- a crash: its own words, what was not started, and nothing is pruned
write crash.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: crash }
spec:
  selector: { matchLabels: { app: crash } }
  template:
    metadata: { labels: { app: crash } }
    spec: { containers: [ { name: main, image: "crash:1" } ] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: behind, annotations: { cmx.dev/depends-on: Deployment/crash } }
data: { a: b }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: beside }
data: { a: b }
YAML
cat >job.yaml <<YAML
apiVersion: batch/v1
kind: Job
metadata: { name: migrate }
spec:
  backoffLimit: 0
  template:
    spec: { restartPolicy: Never, containers: [ { name: job, image: "job:1" } ] }
YAML
commit "A crash, and one object less"
run 5 apply -f . --yes --timeout 180s
has "! Deployment/crash" CrashLoopBackOff "panic: missing DATABASE_URL" "Not started: ConfigMap/behind" "Not pruned"
same after "$(k get configmap after -o jsonpath='{.metadata.name}')"
same beside "$(k get configmap beside -o jsonpath='{.metadata.name}')"
same "" "$(k get configmap behind --ignore-not-found -o name)"
rm crash.yaml
commit "No crash"
run 0 apply -f . --yes
same "" "$(k get configmap after --ignore-not-found -o name)"

# --- an immutable field is named, with the way out
write service.yaml <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: fixed }
immutable: true
data: { a: "1" }
YAML
commit "Immutable"
run 0 apply -f . --yes
sed -i 's/a: "1"/a: "2"/' service.yaml
commit "Changed all the same"
run 3 diff -f .
has "! ConfigMap/fixed" "cannot be changed in place"
same "" "$(kubectl get namespace "$ns-two" -o jsonpath='{.metadata.deletionTimestamp}')"
finish
