# Each verb withheld in turn: the error names it, and stands for its own scope only. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
k create serviceaccount limited >/dev/null
cp "$KUBECONFIG" "$work/limited"
kubectl --kubeconfig "$work/limited" config set-credentials limited --token="$(k create token limited)" >/dev/null
kubectl --kubeconfig "$work/limited" config set-context --current --user=limited >/dev/null

# rights CONFIGMAPS SERVICES: the verbs of each, and to see claims.
rights() {
    k apply -f - >/dev/null <<YAML
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: limited }
rules:
  - { apiGroups: [""], resources: [configmaps], verbs: [$1] }
  - { apiGroups: [""], resources: [services], verbs: [$2] }
  - { apiGroups: [""], resources: [persistentvolumeclaims], verbs: [${3:-list}] }
YAML
}
k create rolebinding limited --role=limited --serviceaccount="$ns:limited" >/dev/null
all=get,list,watch,create,patch,delete
without() { echo "$all" | tr , '\n' | grep -vx "$1" | paste -sd ,; }
service() { # NAME PORT
    write "$1.yaml" <<YAML
{ apiVersion: v1, kind: Service, metadata: { name: $1 }, spec: { selector: { a: b }, ports: [ { port: $2 } ] } }
YAML
}
apply() { # CODE
    run "$1" apply -f . --yes --prune-budget 100% --lock-timeout 40s --kubeconfig "$work/limited"
}
uses() { # eventually the API server's authorizer knows of the role
    for _ in $(seq 200); do
        [ "$(kubectl --kubeconfig "$work/limited" -n "$ns" auth can-i "$1" "$2" 2>/dev/null)" = "$3" ] && return
        sleep 0.1
    done
    wrong "the server does not come to know the role: $1 $2 $3"
}

# --- a Role in one namespace is enough to create, change and delete
project rights
configmap one key 1
service far 80
service away 80
commit "One"
rights "$all" "$all"
uses delete services yes
apply 0
has "3 created"

# --- each verb on Services withheld: named, and the ConfigMap is changed all the same
turn=1
for verb in list patch create delete; do
    turn=$((turn + 1))
    configmap one key "$turn"
    service far "$((80 + turn))"
    service "new$turn" 80
    rm -f away.yaml
    commit "Without $verb"
    rights "$all" "$(without "$verb")"
    uses "$verb" services no
    apply 4
    has "$verb" services limited
    same "$turn" "$(k get configmap one -o jsonpath='{.data.key}')"
    rights "$all" "$all"
    uses "$verb" services yes
    apply 0
    same "$((80 + turn))" "$(k get service far -o jsonpath='{.spec.ports[0].port}')"
    same "" "$(k get service away --ignore-not-found -o name)"
    service away 80
    commit "Away is back"
    apply 0
done

# --- no claims can be seen: what may hold them is not deleted
rm away.yaml
commit "Away goes"
rights "$all" "$all" get
uses list persistentvolumeclaims no
apply 4
has "cannot see what would go with it" "list" "persistentvolumeclaims"
same service/away "$(k get service away -o name)"
rights "$all" "$all"
uses list persistentvolumeclaims yes

# --- the record may not be read, or not written: nothing is done
rights create,patch,list "$all"
uses get configmaps no
apply 4
has "read the record of the set" get configmaps
rights get,list "$all"
uses patch configmaps no
apply 4
has "write the record of the set" patch configmaps
same service/away "$(k get service away -o name)"
finish
