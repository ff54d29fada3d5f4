# What others add to our objects is neither drift nor removed: webhooks, injectors,
# autoscalers, Kubernetes itself. A second run plans nothing. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
tidy() {
    [ -z "${webhook:-}" ] || kill "$webhook"
    kubectl delete --ignore-not-found mutatingwebhookconfiguration "$ns" >/dev/null 2>&1
}

# As nobody had done anything: no difference, nothing written, no drift.
quiet() {
    local version
    soon settled
    version=$(written "$1")
    run 0 diff -f .
    run 0 apply -f . --yes --no-wait
    run 0 status --project others -n "$ns"
    lacks "changed by" "changed since"
    same "$version" "$(written "$1")"
}

# All but the status, which its controllers and the node go on writing.
written() {
    k get "$1" -o json --show-managed-fields | jq -cS 'del(.status, .metadata.resourceVersion)
        | del(.metadata.managedFields[]? | select(.subresource == "status"))'
}

settled() { # its controllers have seen the last change
    [ "$(k get deployment web --ignore-not-found -o jsonpath='{.metadata.generation}')" = \
        "$(k get deployment web --ignore-not-found -o jsonpath='{.status.observedGeneration}')" ]
}

# Another commit, so that something is written to the object: what others added stays.
turn=1
touched() { # FILE OBJECT
    turn=$((turn + 1))
    sed -i "s/note: .*\" }/note: \"$turn\" }/" "$1"
    grep -q note "$1" || wrong "nothing to touch in $1"
    commit "Touch $1"
    run 1 diff -f .
    run 0 apply -f . --yes
    quiet "$2"
}

# soon COMMAND…: waits until it succeeds; 20 s are enough for all that is waited for here.
soon() {
    local try
    checks=$((checks + 1))
    for try in {1..200}; do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    wrong "does not come: $*"
}

project others
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { note: "1" } }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [ { name: web, image: "web:1.4", resources: { requests: { cpu: 10m } } } ]
      volumes: [ { name: own, emptyDir: {} } ]
YAML
write pod.yaml <<YAML
apiVersion: v1
kind: Pod
metadata: { name: alone, annotations: { note: "1" } }
spec: { terminationGracePeriodSeconds: 0, containers: [ { name: main, image: "pause:1" } ] }
YAML
commit "A Deployment and a pod of its own"

# --- a webhook that injects a sidecar into pods and into their templates
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=webhook \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key" -out "$work/cert" 2>/dev/null
python3 "$CMX_SOURCE/tests/cluster/webhook.py" "$work/cert" "$work/key" >"$work/port" &
webhook=$!
soon test -s "$work/port"
webhooks() { # PATH RESOURCE GROUP
    kubectl apply -f - >/dev/null <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: $ns }
webhooks:
  - name: inject.example.org
    admissionReviewVersions: [ v1 ]
    sideEffects: None
    clientConfig: { url: "https://127.0.0.1:$(cat "$work/port")$1", caBundle: $(base64 -w 0 "$work/cert") }
    namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: $ns } }
    rules: [ { apiGroups: [ "$3" ], apiVersions: [ v1 ], operations: [ CREATE, UPDATE ], resources: [ $2 ] } ]
YAML
}
shown() { $1 --dry-run=server -o jsonpath="{$2}" | grep -q "$3"; } # COMMAND FIELD TEXT
unseen() { ! shown "$@"; }
containers() { k get "$1" -o jsonpath="{$2.containers[*].name}"; }
template=.spec.template.spec
webhooks /sidecar pods ""
soon shown "k run probe --image=pause:1" .spec.containers[*].name mesh
run 0 apply -f . --yes
same "mesh main" "$(containers pod/alone .spec)"
quiet pod/alone
touched pod.yaml pod/alone
same "mesh main" "$(containers pod/alone .spec)"
webhooks /sidecar deployments apps
soon shown "k create deployment probe --image=pause:1" "$template.containers[*].name" mesh
touched web.yaml deployment/web
same "mesh web" "$(containers deployment/web $template)"
same "mesh own" "$(k get deployment web -o jsonpath="{$template.volumes[*].name}")"
sed -i 's/cpu: 10m/cpu: 11m/' web.yaml
commit "More for web"
run 1 diff -f .
has 'containers[web].resources.requests.cpu 10m → 11m' "1 change"
run 0 apply -f . --yes
quiet deployment/web
same true "$(k get deployment web -o jsonpath='{.spec.template.metadata.annotations.mesh\.example\.org/injected}')"

# --- and one that changes a value of ours, each time: it has the last word
webhooks /image deployments apps
soon shown "k create deployment probe --image=web:1.4" "$template.containers[*].image" web:1.5
touched web.yaml deployment/web
same "web:1.5" "$(k get deployment web -o jsonpath="{$template.containers[1].image}")"
kubectl delete mutatingwebhookconfiguration "$ns" >/dev/null
soon unseen "k create deployment probe --image=web:1.4" "$template.containers[*].image" web:1.5
run 1 diff -f . # it is gone: what the source says holds again
has "image web:1.5 → web:1.4"
run 0 apply -f . --yes

# --- another manager applies to the object: a container, a volume, an annotation, a label
k apply --server-side --field-manager=mesh -f - >/dev/null <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { mesh.example.org/revision: "3" }, labels: { mesh: "on" } }
spec:
  template:
    metadata: { annotations: { mesh.example.org/hash: abc } }
    spec:
      containers: [ { name: proxy, image: "pause:1", volumeMounts: [ { name: proxy, mountPath: /proxy } ] } ]
      volumes: [ { name: proxy, emptyDir: {} } ]
YAML
quiet deployment/web
touched web.yaml deployment/web
same "mesh own proxy" "$(k get deployment web -o jsonpath="{$template.volumes[*].name}" | tr ' ' '\n' | sort | xargs)"
same "abc 3 on" "$(k get deployment web -o jsonpath='{.spec.template.metadata.annotations.mesh\.example\.org/hash} {.metadata.annotations.mesh\.example\.org/revision} {.metadata.labels.mesh}')"

# --- resources that somebody else sets by Update: a controller keeps them, and another where told
k patch deployment web --field-manager=vpa-controller --type=json -p '[{"op": "test", "path": "/spec/template/spec/containers/1/name", "value": "web"},
    {"op": "replace", "path": "/spec/template/spec/containers/1/resources", "value": {"requests": {"cpu": "50m", "memory": "20Mi"}}}]' >/dev/null
cpu() { k get deployment web -o jsonpath="{$template.containers[?(@.name==\"web\")].resources.requests.cpu}"; }
same 50m "$(cpu)"
quiet deployment/web
touched web.yaml deployment/web
same 50m "$(cpu)"

# --- a live autoscaler, and one of the source: Kubernetes' own one moves the replicas
replicas() { k get deployment "$1" -o jsonpath='{.spec.replicas}'; }
moved() { [ "$(replicas "$1")" = "$2" ]; }
autoscaler() { # NAME LEAST
    cat <<YAML
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: $1 }
spec:
  minReplicas: $2
  maxReplicas: 5
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: $1 }
  metrics: [ { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } } ]
YAML
}
for name in scaled scaled-live; do
    sed "s/name: web,/name: $name,/; s/app: web/app: $name/; s/replicas: 0/replicas: 1/; s/web:1.4/pause:1/" web.yaml |
        sed '/resources:/s/, resources.*} } }/ }/' >"$name.yaml"
done
commit "Two that will be scaled"
run 0 apply -f . --yes
autoscaler scaled 2 >scaler.yaml
autoscaler scaled-live 2 | k apply -f - >/dev/null
commit "An autoscaler"
run 0 apply -f . --yes
soon moved scaled 2
soon moved scaled-live 2
k rollout status deployment/scaled --timeout=60s >/dev/null
k rollout status deployment/scaled-live --timeout=60s >/dev/null
quiet deployment/scaled
quiet deployment/scaled-live
sed -i '/  replicas: 1/d' scaled.yaml scaled-live.yaml
commit "Replicas are theirs"
run 0 apply -f . --yes
same "2 2" "$(replicas scaled) $(replicas scaled-live)"
quiet deployment/scaled
finish
