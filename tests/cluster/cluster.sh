# cluster: what the tests against the real Kubernetes share. Source it first.
#
# Each test has a namespace of its own, $ns, that is deleted behind it. $kubectl
# is the oracle.
[ -n "${CMX_NETNS:-}" ] || { echo "no test cluster here: scripts/testbed run -- ..."; exit 1; }
. "$(dirname "${BASH_SOURCE[0]}")/../expect.sh"
ns=e2e-$(basename "$0" .sh | tr -dc 'a-z')-$$
ns=${ns/test/}
kubectl() { "$CMX_KUBECTL" "$@"; }
k() { "$CMX_KUBECTL" -n "$ns" "$@"; }
kubectl create namespace "$ns" >/dev/null
trap 'kubectl delete namespace "$ns" --wait=false >/dev/null 2>&1; cleanup' EXIT
new_repository
cd "$repo" || exit 1

project() {
    write project.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: ${1:-shop} }
spec:
  namespace: $ns
${2:-}
YAML
}

configmap() { # NAME KEY VALUE
    write "$1.yaml" <<YAML
apiVersion: v1
kind: ConfigMap
metadata: { name: $1 }
data: { $2: "$3" }
YAML
}

# A kind Thing whose status anybody may say, in this group; it is served a moment later.
define_things() { # GROUP
    kubectl create -f - >/dev/null <<YAML
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.$1 }
spec:
  group: $1
  scope: Namespaced
  names: { kind: Thing, plural: things }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
YAML
}
