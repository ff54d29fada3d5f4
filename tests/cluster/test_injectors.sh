# Certificates that others inject, and what Kubernetes itself fills in: tokens, addresses,
# ports. A second run plans nothing. labels: cluster alone
# timeout: 300
. "$(dirname "$0")/cluster.sh"
tidy() {
    kubectl delete --ignore-not-found validatingwebhookconfiguration "$ns" >/dev/null 2>&1
    kubectl delete --ignore-not-found crd "things.$ns.example.org" >/dev/null 2>&1
    kubectl delete --ignore-not-found apiservice "v1.$ns.example.com" >/dev/null 2>&1
}
certificate() { # NAME: a certificate in base64
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$1" -keyout /dev/null 2>/dev/null | base64 -w 0
}
first=$(certificate first) second=$(certificate second)

# No difference, nothing that an apply writes, no drift; only the API service has no server.
quiet() {
    run 0 diff -f .
    run 0 apply -f . --yes --no-wait
    run "${1:-0}" status --project injectors -n "$ns"
    lacks "changed by" "changed since"
}

hooks() { # BUNDLE NOTE
    write hooks.yaml <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: $ns, annotations: { note: "$2" } }
webhooks:
  - name: a.example.org
    admissionReviewVersions: [ v1 ]
    sideEffects: None
    failurePolicy: Ignore
    clientConfig: { caBundle: $1, service: { name: hooks, namespace: $ns } }
    objectSelector: { matchLabels: { nobody: has-it } }
    rules: [ { apiGroups: [ "" ], apiVersions: [ v1 ], operations: [ CREATE ], resources: [ configmaps ] } ]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.$ns.example.org, annotations: { note: "$2" } }
spec:
  group: $ns.example.org
  scope: Namespaced
  names: { plural: things, singular: thing, kind: Thing }
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [ v1 ]
      clientConfig: { caBundle: $1, service: { name: hooks, namespace: $ns } }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
YAML
    write api.yaml <<YAML
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1.$ns.example.com, annotations: { note: "$2" } }
spec:
  group: $ns.example.com
  version: v1
  groupPriorityMinimum: 100
  versionPriority: 10
  caBundle: $1
  service: { name: hooks, namespace: $ns }
YAML
}
objects="validatingwebhookconfiguration/$ns crd/things.$ns.example.org apiservice/v1.$ns.example.com"
pointer() { # OBJECT: where its caBundle is
    case $1 in
    valid*) echo /webhooks/0/clientConfig/caBundle ;;
    crd*) echo /spec/conversion/webhook/clientConfig/caBundle ;;
    *) echo /spec/caBundle ;;
    esac
}
bundle() { kubectl get "$1" -o json | python3 -c '
import json, sys
at = json.load(sys.stdin)
for part in sys.argv[1].split("/")[1:]:
    at = at[int(part) if part.isdigit() else part] if isinstance(at, list) or part in at else None
print(at or "")' "$(pointer "$1")"; }
inject() { # MANAGER BUNDLE
    for object in $objects; do
        kubectl patch "$object" --field-manager="$1" --type=json -p "[{\"op\": \"add\", \"path\": \"$(pointer "$object")\", \"value\": \"$2\"}]" >/dev/null
    done
}
injected() { # BUNDLE
    for object in $objects; do same "$1" "$(bundle "$object")"; done
}

project injectors
# --- bundles are filled by whoever it is, by Update
number=0
for manager in cert-manager-cainjector kube-webhook-certgen; do
    for bundle in '""' Cg==; do
        number=$((number + 1))
        hooks "$bundle" $number
        commit "Hooks, number $number"
        run 0 apply -f . --yes --no-wait
        inject $manager "$first"
        quiet 5
        hooks "$bundle" "$number, touched"
        commit "Touched"
        run 1 diff -f .
        lacks caBundle
        run 0 apply -f . --yes --no-wait
        injected "$first"
        inject $manager "$second" # a new certificate
        quiet 5
        injected "$second"
    done
done

# --- and by server-side apply
kubectl delete $objects >/dev/null
hooks Cg== 5
commit "Anew"
run 0 apply -f . --yes --no-wait
kubectl apply --server-side --field-manager=cert-manager-cainjector -f - >/dev/null <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: $ns }
webhooks: [ { name: a.example.org, clientConfig: { caBundle: $first } } ]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.$ns.example.org }
spec: { conversion: { webhook: { clientConfig: { caBundle: $first } } } }
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1.$ns.example.com }
spec: { caBundle: $first }
YAML
injected "$first"
quiet 5
hooks Cg== "5, touched"
commit "Touched"
run 0 apply -f . --yes --no-wait
injected "$first"

# --- a certificate of the source is ours: somebody else's is drift, a controller's is left alone
kubectl delete $objects >/dev/null
hooks "$first" 6
commit "A certificate of our own"
run 0 apply -f . --yes --no-wait
inject cert-manager-cainjector "$second"
quiet 5
injected "$second"
inject somebody "$(certificate third)"
run 1 diff -f .
has "caBundle" "drift (somebody"
run 0 apply -f . --yes --no-wait
injected "$first"
quiet 5
rm api.yaml hooks.yaml
configmap settings key 1
commit "No hooks"
run 0 apply -f . --yes --no-wait

# --- tokens of service accounts, addresses and ports of Services, endpoints
write service.yaml <<YAML
apiVersion: v1
kind: ServiceAccount
metadata: { name: robot, annotations: { note: "1" } }
---
apiVersion: v1
kind: Secret
metadata: { name: token, annotations: { kubernetes.io/service-account.name: robot, note: "1" } }
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Service
metadata: { name: open, annotations: { note: "1" } }
spec: { type: NodePort, clusterIP: "", selector: { app: web }, ports: [ { port: 80, targetPort: 8080, nodePort: 0 } ] }
---
apiVersion: v1
kind: Service
metadata: { name: balanced, annotations: { note: "1" } }
spec: { type: LoadBalancer, selector: { app: web }, ports: [ { name: a, port: 80 }, { name: b, port: 81, protocol: UDP } ] }
---
apiVersion: v1
kind: Service
metadata: { name: outside, annotations: { note: "1" } }
spec: { ports: [ { port: 80 } ] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: outside, labels: { kubernetes.io/service-name: outside }, annotations: { note: "1" } }
addressType: IPv4
ports: [ { port: 80 } ]
endpoints: [ { addresses: [ 192.0.2.1 ] } ]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { note: "1" } }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { terminationGracePeriodSeconds: 0, serviceAccountName: robot, containers: [ { name: web, image: "web:1.4" } ] }
YAML
commit "What Kubernetes fills in"
run 0 apply -f . --yes
filled() {
    k get service open balanced -o jsonpath='{.items[*].spec.clusterIP} {.items[*].spec.ports[*].nodePort}'
    k get endpointslices -l kubernetes.io/service-name=open -o jsonpath='{.items[*].endpoints[*].addresses}'
    k get secret token -o jsonpath='{.data.token}'
    k get deployment web -o jsonpath='{.metadata.annotations.deployment\.kubernetes\.io/revision}'
}
k wait --for=jsonpath='{.data.token}' secret/token --timeout=20s >/dev/null
k wait --for=jsonpath='{.endpoints[0].conditions.ready}'=true endpointslice -l kubernetes.io/service-name=open --timeout=20s >/dev/null
before=$(filled)
[[ $before =~ ^10\.96\.[0-9.]+\ 10\.96\.[0-9.]+\ 3[0-9]{4} ]] || wrong "no addresses and ports: $before"
quiet
run 0 diff -f .
lacks "the set's label" EndpointSlice/open # copied by a controller, with its Service's label
run 0 diff -f . -v
has "2 objects carry the set's label" "made by Service/open"
sed -i 's/note: "1"/note: "2"/' service.yaml
commit "Touch all of them"
run 1 diff -f .
has "7 change"
lacks " spec." " data."
run 0 apply -f . --yes
quiet
same "$before" "$(filled)"
finish
