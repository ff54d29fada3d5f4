# cmx.dev/replace: what cannot be changed in place is deleted and made anew, where that is allowed.
# labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project replace
uid() { k get "$@" --ignore-not-found -o jsonpath='{.metadata.uid}'; }
changed() { [ -n "$2" ] && [ "$1" != "$2" ] || wrong "expected another uid than \"$1\", got \"$2\""; }

objects() { # VALUE REPLACE: each with a field that cannot be changed in place
    write all.yaml <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: fixed, annotations: { $2 } }
immutable: true
data: { a: "$1" }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { $2 } }
spec:
  replicas: 0
  selector: { matchLabels: { app: "$1" } }
  template:
    metadata: { labels: { app: "$1" } }
    spec: { containers: [ { name: main, image: "web:1.4" } ] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: binding, annotations: { $2 } }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: "$1" }
subjects: [ { kind: ServiceAccount, name: runner, namespace: $ns } ]
---
apiVersion: batch/v1
kind: Job
metadata: { name: once, annotations: { $2 } }
spec:
  suspend: true
  template:
    spec: { restartPolicy: Never, containers: [ { name: job, image: "job:1", env: [ { name: A, value: "$1" } ] } ] }
YAML
}
objects one ""
commit "As they are"
run 0 apply -f . --yes --no-wait

# --- without the annotation: refused, each with its field and the way out
objects two ""
commit "Other values"
run 3 diff -f .
has "! ConfigMap/fixed" "! Deployment/web: spec.selector cannot be changed in place" "! RoleBinding/binding: roleRef" \
    "! Job/once: spec.template" 'cmx.dev/replace: "true"'

# --- with it: shown as what it is, and counted as deletions
objects two 'cmx.dev/replace: "true"'
commit "They may be replaced"
run 3 diff -f .
has "± Deployment/web" "is made anew: spec.selector is immutable" "4 replace" \
    "4 of 4 objects would be deleted, 4 of them to be made anew; the budget is 3"
run 3 apply -f . --yes --no-wait
before="$(uid configmap fixed) $(uid deployment web) $(uid rolebinding binding) $(uid job once)"
run 0 apply -f . --yes --no-wait --prune-budget 4
has "4 replaced"
read -r fixed web binding once <<<"$before"
changed "$fixed" "$(uid configmap fixed)"
changed "$web" "$(uid deployment web)"
changed "$binding" "$(uid rolebinding binding)"
changed "$once" "$(uid job once)"
same "two two two two" "$(k get configmap fixed -o jsonpath='{.data.a}') $(k get deployment web -o jsonpath='{.spec.selector.matchLabels.app}') $(k get rolebinding binding -o jsonpath='{.roleRef.name}') $(k get job once -o jsonpath='{.spec.template.spec.containers[0].env[0].value}')"
run 0 diff -f .

# --- a change that can be made in place is made in place
web=$(uid deployment web)
sed -i 's/web:1.4/web:1.5/' all.yaml
commit "Another image"
run 0 apply -f . --yes --no-wait
same "$web" "$(uid deployment web)"

# --- somebody said on the live object that it is never deleted
k annotate deployment web cmx.dev/prune=disabled >/dev/null
sed -i '/kind: Deployment/,/^---/s/"two"/"three"/' all.yaml
commit "Another selector"
run 3 diff -f .
has "! Deployment/web" "cmx.dev/prune: disabled"
run 3 apply -f . --yes --no-wait
same "$web" "$(uid deployment web)"
k annotate deployment web cmx.dev/prune- >/dev/null

# --- a StatefulSet that takes its claims with it is not deleted for a field
write claims.yaml <<YAML
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: data, annotations: { cmx.dev/replace: "true" } }
spec:
  replicas: 0
  serviceName: data
  persistentVolumeClaimRetentionPolicy: { whenDeleted: Delete, whenScaled: Retain }
  selector: { matchLabels: { app: data } }
  template:
    metadata: { labels: { app: data } }
    spec: { containers: [ { name: main, image: "web:1.4" } ] }
  volumeClaimTemplates:
    - metadata: { name: disk }
      spec: { accessModes: [ ReadWriteOnce ], resources: { requests: { storage: 1Gi } } }
YAML
commit "A StatefulSet"
run 0 apply -f . --yes --no-wait
sed -i 's/serviceName: data/serviceName: other/' claims.yaml
commit "Another service"
run 3 diff -f .
has "! StatefulSet/data" "deletes its claims" "--allow-delete StatefulSet/data"
run 0 apply -f . --yes --no-wait --allow-delete StatefulSet/data
has "1 replaced"

# --- a finalizer holds the old one: nothing is made before it is gone, and the next run ends it
k patch configmap fixed --type merge -p '{"metadata":{"finalizers":["example.org/hold"]}}' >/dev/null
sed -i '/kind: ConfigMap/,/^---/s/a: "two"/a: "three"/' all.yaml
commit "Held"
run 5 apply -f . --yes --timeout 2s
has "! ConfigMap/fixed" "it is to be replaced" "example.org/hold"
run 4 diff -f .
has "it is being deleted since" "waits for finalizer example.org/hold: run again once it is gone"
k patch configmap fixed --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null
run 0 apply -f . --yes --no-wait
same three "$(k get configmap fixed -o jsonpath='{.data.a}')"
run 0 diff -f .

# --- the new one has what is left alone of the old one: by a rule, and an autoscaler's replicas
scaled() { # VALUE
    write scaled.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: scaled, annotations: { cmx.dev/replace: "true", cmx.dev/ignore: /spec/template/spec/containers/0/image } }
spec:
  selector: { matchLabels: { app: "$1" } }
  template:
    metadata: { labels: { app: "$1" } }
    spec: { terminationGracePeriodSeconds: 0, containers: [ { name: main, image: "web:1.4" } ] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: scaled }
spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: scaled } }
YAML
    commit "Scaled $1"
}
scaled one
run 0 apply -f . --yes --no-wait
k scale deployment scaled --replicas=3 >/dev/null
k set image deployment/scaled main=web:1.5 >/dev/null
scaled=$(uid deployment scaled)
scaled two
run 0 apply -f . --yes --no-wait
has "1 replaced"
changed "$scaled" "$(uid deployment scaled)"
same "3 web:1.5" "$(k get deployment scaled -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[0].image}')"
run 0 diff -f .
finish
