# What stands between us and the store: webhooks that refuse, hang or change; quota and LimitRange; a conversion that
# fails. Each is told in its own words, and the rest of the set is done. labels: cluster
# timeout: 200
. "$(dirname "$0")/cluster.sh"
group=$(echo "$ns" | tr -d -).example.org
coproc HOOK { exec python3 "$CMX_SOURCE/tests/faults/webhooks.py" "$CMX_TESTBED_DIR/pki/kube-apiserver.crt" "$CMX_TESTBED_DIR/pki/kube-apiserver.key"; }
tidy() {
    kubectl delete validatingwebhookconfiguration "$ns-refuse" "$ns-hang" --ignore-not-found >/dev/null 2>&1
    kubectl delete mutatingwebhookconfiguration "$ns-change" --ignore-not-found >/dev/null 2>&1
    kubectl delete crd "things.$group" --ignore-not-found --wait=false >/dev/null 2>&1
    kill "$HOOK_PID" 2>/dev/null
}
read -r port <&"${HOOK[0]}"
bundle=$(base64 -w 0 <"$CMX_TESTBED_DIR/pki/ca.crt")

webhook() { # Validating|Mutating NAME: for objects of this namespace labelled hook: NAME
    kubectl create -f - >/dev/null <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: $1WebhookConfiguration
metadata: { name: $ns-$2 }
webhooks:
  - name: $2.hooks.example.org
    admissionReviewVersions: [v1]
    sideEffects: None
    timeoutSeconds: 2
    failurePolicy: Fail
    clientConfig: { url: "https://127.0.0.1:$port/$2", caBundle: "$bundle" }
    namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: "$ns" } }
    objectSelector: { matchLabels: { hook: $2 } }
    rules: [ { apiGroups: ["*"], apiVersions: ["*"], resources: ["configmaps", "deployments"], operations: [CREATE, UPDATE] } ]
YAML
}
labelled() { # NAME HOOK
    configmap "$1" key 1
    sed -i "s/name: $1 /name: $1, labels: { hook: $2 } /" "$1.yaml"
}
in_force() { # COMMAND…: a configuration is in force a moment after it was stored
    local end=$((SECONDS + 30))
    until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || { wrong "not in force: $*" && return; }; sleep 0.1; done
}
refused() { ! k create configmap probe --from-literal=key=1 --dry-run=client -o json | k label --local -f - "hook=$1" -o json | k create --dry-run=server -f -; }
changed() { k create configmap probe --from-literal=key=1 --dry-run=client -o json | k label --local -f - "hook=change" -o json | k create --dry-run=server -f - -o yaml | grep "changed by"; }

project admission
webhook Validating refuse
webhook Mutating change
in_force refused refuse
in_force changed

# --- one that refuses: its words, in the diff too; the rest is done, nothing is pruned
configmap plain key 1
configmap old key 1
commit "Two"
run 0 apply -f . --yes
labelled refused refuse
configmap more key 1
rm old.yaml
commit "One that is refused"
run 3 apply -f . --yes
has "ConfigMap/refused" "refuse.hooks.example.org" "nothing is deployed on a Friday" "Not pruned"
same 1 "$(k get configmap more -o jsonpath='{.data.key}')"
same 1 "$(k get configmap old -o jsonpath='{.data.key}')"
rm refused.yaml
commit "Without it"
run 0 apply -f . --yes
same "" "$(k get configmap old --ignore-not-found -o name)"

# --- one that changes what was sent: not drift, and nothing is planned for ever
labelled mutated change
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { hook: change } }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: main, image: "web:1.4" } ] }
YAML
commit "Two that are changed"
run 0 apply -f . --yes
same "changed by the webhook" "$(k get configmap mutated -o jsonpath='{.data.key}')"
same "mirror.example.org/web:1.4 proxy:1" "$(k get deployment web -o jsonpath='{.spec.template.spec.containers[*].image}')"
version=$(k get deployment web -o jsonpath='{.metadata.resourceVersion}')
run 0 diff -f .
run 0 apply -f . --yes
run 0 status --project admission -n "$ns"
same "$version" "$(k get deployment web -o jsonpath='{.metadata.resourceVersion}')"
sed -i 's/replicas: 0/replicas: 0, revisionHistoryLimit: 3/; s/replicas: 0, /replicas: 0\n  /' web.yaml
commit "A change of ours"
run 1 diff -f .
has "revisionHistoryLimit" "1 change"
lacks "sidecar" "mirror.example.org"
run 0 apply -f . --yes
run 0 diff -f .

# --- one that hangs: after its own two seconds, by name
webhook Validating hang
in_force refused hang
labelled hung hang
commit "One that hangs"
begun=$SECONDS
run 4 apply -f . --yes
has "hang.hooks.example.org" "1 could not be looked at"
[ $((SECONDS - begun)) -lt 60 ] || wrong "it took $((SECONDS - begun)) s"
rm hung.yaml
commit "Without it"
run 0 apply -f . --yes

# --- a LimitRange that sets what was left out, and one that refuses; a quota
k create -f - >/dev/null <<YAML
apiVersion: v1
kind: LimitRange
metadata: { name: limits }
spec: { limits: [ { type: Container, default: { memory: 20Mi }, defaultRequest: { memory: 10Mi }, max: { memory: 1Gi } } ] }
YAML
k create quota few --hard=count/secrets=1 >/dev/null
in_force k wait resourcequota few --for=jsonpath='{.status.hard.count/secrets}'=1 --timeout=1s
pod() { # NAME MEMORY
    write "$1.yaml" <<YAML
apiVersion: v1
kind: Pod
metadata: { name: $1 }
spec:
  terminationGracePeriodSeconds: 0
  containers: [ { name: main, image: "web:1.4", resources: { limits: { memory: $2 } } } ]
YAML
}
secret() { printf 'apiVersion: v1\nkind: Secret\nmetadata: { name: %s }\nstringData: { a: b }\n' "$1" | write "$1.yaml"; }
pod small 30Mi
secret first
commit "A pod and a Secret"
run 0 apply -f . --yes
run 0 diff -f .
pod huge 2Gi
secret second
commit "Too much of both"
run 3 apply -f . --yes
has "Pod/huge" "maximum memory usage per Container is 1Gi" "Secret/second" "exceeded quota: few"
rm huge.yaml second.yaml
commit "Less"
run 0 apply -f . --yes

# --- a kind whose conversion fails: could not look; nothing is pruned, the rest is done
kubectl create -f - >/dev/null <<YAML
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.$group }
spec:
  group: $group
  scope: Namespaced
  names: { kind: Thing, plural: things }
  versions:
    - { name: v1, served: true, storage: true, schema: &any { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
    - { name: v2, served: true, storage: false, schema: *any }
  conversion:
    strategy: Webhook
    webhook: { conversionReviewVersions: [v1], clientConfig: { url: "https://127.0.0.1:$port/convert", caBundle: "$bundle" } }
YAML
thing() { # VERSION VALUE
    printf 'apiVersion: %s/%s\nkind: Thing\nmetadata: { name: thing }\nspec: { value: "%s" }\n' "$group" "$1" "$2" | write thing.yaml
}
in_force kubectl get --raw "/apis/$group/v1/namespaces/$ns/things"
thing v1 1
commit "A thing"
run 0 apply -f . --yes
thing v2 2
rm plain.yaml
configmap more key 2
commit "Of the other version"
run 4 diff -f .
has "Thing.$group/thing" "could not be looked at" "no conversion today"
run 4 apply -f . --yes
has "cannot see what would go with it" # the ConfigMap may own a Thing
same 2 "$(k get configmap more -o jsonpath='{.data.key}')"
same 1 "$(k get configmap plain -o jsonpath='{.data.key}')"
kubectl patch crd "things.$group" --type=merge -p '{"spec":{"conversion":{"strategy":"None","webhook":null}}}' >/dev/null
in_force kubectl get --raw "/apis/$group/v2/namespaces/$ns/things"
run 0 apply -f . --yes
same "" "$(k get configmap plain --ignore-not-found -o name)"
run 0 diff -f .
finish
