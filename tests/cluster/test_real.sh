# What real manifests brought to light. labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
project real
write web.yaml <<YAML
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [ { name: http, port: 80, targetPort: 8080 } ]
YAML
commit "A Service"
run 0 apply -f . --yes

# --- an edited list key stands beside ours until the drift is gone: both at once are invalid
k patch service web --type=json -p '[{"op":"replace","path":"/spec/ports/0/port","value":81}]' >/dev/null
run 1 diff -f .
has "spec.ports[http].port 81 → 80" "drift (kubectl-patch" "1 change"
run 0 apply -f . --yes
same 80 "$(k get service web -o jsonpath='{.spec.ports[*].port}')"
run 0 diff -f .

# --- and what is really invalid stays refused, with the drift beside it
k patch service web --type=json -p '[{"op":"replace","path":"/spec/ports/0/port","value":81}]' >/dev/null
sed -i 's/port: 80,/port: 80000,/' web.yaml
commit "A port that is none"
run 3 diff -f .
has "! Service/web: the server finds it invalid:" "    web.yaml:6:10: spec.ports[1].port: Invalid value: 80000"
lacks "from web.yaml"
sed -i 's/port: 80000,/port: 80,/' web.yaml
commit "A port again"
run 0 apply -f . --yes

# --- every field that the server finds wrong is told where it stands, in the file's order
write wrong.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: wrong }
spec:
  replicas: three
  selector: { matchLabels: { app: y } }
  template:
    metadata: { labels: { app: "y" } }
    spec: { containers: [ { name: main, image: "web:1.4", prots: [] } ] }
YAML
commit "Three mistakes"
run 3 diff -f .
same "    wrong.yaml:5:13: spec.replicas: expected numeric (int or float), got string
    wrong.yaml:6:35: spec.selector.matchLabels.app: expected string, got true: put it in quotes
    wrong.yaml:9:66: spec.template.spec.containers[name=\"main\"].prots: field not declared in schema" \
    "$(grep '^    wrong.yaml' <<<"$out")"
rm wrong.yaml
commit "No mistakes"

# --- a file without a line break at its end means what kubectl takes it for
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: cut }\ndata:\n  a: |\n    one\n    two' >cut.yaml
commit "A file without a last line break"
run 0 apply -f . --yes
same "$(k create --dry-run=client -o json -f cut.yaml | sed -n 's/.*"a": //p')" \
    "$(k get configmap cut -o json | sed -n 's/.*"a": //p')"
# --- a ClusterRole that gathers the rules of others, with the `rules: []` that projects put beside it
write role.yaml <<YAML
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: $ns-all }
aggregationRule: { clusterRoleSelectors: [ { matchLabels: { gathered-by: $ns } } ] }
rules: [] # filled by the control plane
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: $ns-one, labels: { gathered-by: $ns } }
rules: [ { apiGroups: [ "" ], resources: [ pods ], verbs: [ get ] } ]
YAML
commit "A role of roles"
run 0 apply -f . --yes
kubectl wait clusterrole "$ns-all" --for=jsonpath='{.rules[0].verbs[0]}'=get --timeout=20s >/dev/null
run 0 diff -f .
run 0 status --project real -n "$ns"

# --- a strategy without rollingUpdate, where the server had given one by default
strategies() { # DEPLOYMENT STATEFULSET
    for kind in "Deployment strategy: $1" "StatefulSet serviceName: strategies, updateStrategy: $2"; do
        cat <<YAML
---
apiVersion: apps/v1
kind: ${kind%% *}
metadata: { name: strategies }
spec:
  { replicas: 0, selector: { matchLabels: { app: strategies } },
    template: { metadata: { labels: { app: strategies } }, spec: { containers: [ { name: a, image: "pause:1" } ] } },
    ${kind#* } }
YAML
    done | write strategies.yaml
    commit "Strategies $1 $2"
}
strategies "{}" "{}"
run 0 apply -f . --yes
for none in "" ", rollingUpdate: null"; do
    strategies "{ type: Recreate$none }" "{ type: OnDelete$none }"
    run 1 diff -f .
    has "spec.strategy.type RollingUpdate → Recreate" "spec.updateStrategy.type RollingUpdate → OnDelete" \
        "spec.strategy.rollingUpdate removed" "spec.updateStrategy.rollingUpdate removed"
    run 0 apply -f . --yes
    same '{"type":"Recreate"}' "$(k get deployment strategies -o jsonpath='{.spec.strategy}')"
    same '{"type":"OnDelete"}' "$(k get statefulset strategies -o jsonpath='{.spec.updateStrategy}')"
    run 0 diff -f .
    strategies "{ rollingUpdate: { maxSurge: 3 } }" "{ rollingUpdate: { partition: 0 } }"
    run 0 apply -f . --yes
    run 0 diff -f .
done
rm strategies.yaml
commit "No strategies"
run 0 apply -f . --yes

# --- a volume that said nothing, and got an emptyDir, is from somewhere now
volumes() { # VOLUMES…
    write volumes.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: volumes }
spec:
  replicas: 0
  selector: { matchLabels: { app: volumes } }
  template: { metadata: { labels: { app: volumes } }, spec: { volumes: [ $* ], containers: [ { name: a, image: "pause:1" } ] } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: volumes }
spec:
  { schedule: "@yearly", jobTemplate: { spec: { template:
    { spec: { volumes: [ $* ], restartPolicy: Never, containers: [ { name: a, image: "pause:1" } ] } } } } }
YAML
    commit "Volumes $*"
}
volumes "{ name: one }, { name: two }, { name: three, emptyDir: {} }"
run 0 apply -f . --yes
run 0 diff -f .
volumes "{ name: one, hostPath: { path: /one } }, { name: two }, { name: three, configMap: { name: three } }"
run 1 diff -f .
has "2 change" "emptyDir"
run 0 apply -f . --yes
sources() { k get "$1" volumes -o json | jq -c "[.spec$2.template.spec.volumes[] | keys - [\"name\"]] | add"; }
same '["hostPath","emptyDir","configMap"]' "$(sources deployment "")"
same '["hostPath","emptyDir","configMap"]' "$(sources cronjob .jobTemplate.spec)"
run 0 diff -f .
volumes "{ name: one }, { name: two, emptyDir: { medium: Memory } }, { name: three, secret: { secretName: three } }"
run 0 apply -f . --yes
same '["emptyDir","emptyDir","secret"]' "$(sources deployment "")"
same '["emptyDir","emptyDir","secret"]' "$(sources cronjob .jobTemplate.spec)"
run 0 diff -f .
rm volumes.yaml
commit "No volumes"
run 0 apply -f . --yes

# --- taken over from kubectl's server-side apply in the commit that changes what it is made of:
# the defaults beside what kubectl held go, too, and what others hold stays
k apply --server-side -f - >/dev/null <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: switch, annotations: { a: b } }
spec:
  replicas: 0
  selector: { matchLabels: { app: switch } }
  template:
    metadata: { labels: { app: switch }, annotations: { a: b } }
    spec:
      volumes: [ { name: v, configMap: { name: v } } ]
      containers: [ { name: a, image: "pause:1", livenessProbe: { httpGet: { port: 80 } }, resources: { limits: { cpu: 1, memory: 1Gi } } } ]
YAML
k rollout restart deployment/switch >/dev/null
k annotate deployment/switch --field-manager=somebody theirs=1 >/dev/null
write switch.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: switch, annotations: { cmx.dev/ignore: /spec/template/spec/containers/0/resources/limits/cpu } }
spec:
  replicas: 0
  selector: { matchLabels: { app: switch } }
  template:
    metadata: { labels: { app: switch } }
    spec:
      volumes: [ { name: v, secret: { secretName: v } } ]
      containers: [ { name: a, image: "pause:1", livenessProbe: { exec: { command: [ a ] } } } ]
YAML
commit "Another probe, another volume"
run 1 diff -f . --full
has "1 taken over" "-           httpGet:" "-             scheme: HTTP" "- configMap:" '-             memory: "1Gi"' \
    '          kubectl.kubernetes.io/restartedAt' '      theirs: "1"'
lacks "-     theirs" "-           kubectl.kubernetes.io/restartedAt" "-             cpu"
run 0 apply -f . --yes
run 0 diff -f .
k get deployment switch -o json >"$work/switch"
same '[{"name":"v","secret":{"defaultMode":420,"secretName":"v"}}]' "$(jq -cS .spec.template.spec.volumes "$work/switch")"
same '{"cpu":"1"} ["exec"] 1 ["kubectl.kubernetes.io/restartedAt"]' "$(jq -jc '.spec.template as $t | $t.spec.containers[0].resources.limits, " ", [$t.spec.containers[0].livenessProbe | keys[] | select(. == "exec" or . == "httpGet")], " ", .metadata.annotations.theirs, " ", ($t.metadata.annotations | keys)' "$work/switch")"
rm switch.yaml
commit "No switch"
run 0 apply -f . --yes

# --- the types of a policy follow its rules, as they would if it were made now
policy() { # RULES
    write policy.yaml <<YAML
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: policy }
spec: { podSelector: {}, $1 }
YAML
    commit "Policy $1"
}
types() { k get networkpolicy policy -o jsonpath='{.spec.policyTypes}'; }
egress='egress: [ { to: [ { podSelector: {} } ] } ]'
policy "ingress: []"
run 0 apply -f . --yes
same '["Ingress"]' "$(types)"
policy "ingress: [], $egress"
run 1 diff -f .
has 'spec.policyTypes ["Ingress"] → ["Ingress","Egress"]'
run 0 apply -f . --yes
same '["Ingress","Egress"]' "$(types)"
run 0 diff -f .
policy "ingress: []"
run 0 apply -f . --yes
same '["Ingress"]' "$(types)"
run 0 diff -f .
policy "policyTypes: [ Egress ]"
run 0 apply -f . --yes
same '["Egress"]' "$(types)"
run 0 diff -f .
policy "$egress"
run 0 apply -f . --yes
same '["Ingress","Egress"]' "$(types)"
k patch networkpolicy policy --field-manager=guard --type=merge -p '{"spec": {"policyTypes": ["Egress"]}}' >/dev/null
policy "ingress: []" # somebody says it: it is theirs
run 0 apply -f . --yes
same '["Egress"]' "$(types)"
run 0 diff -f .
run 0 apply -f . --yes
rm policy.yaml
commit "No policy"
run 0 apply -f . --yes
kubectl -n "$ns" create -f - >/dev/null <<YAML
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: policy }
spec: { podSelector: {}, ingress: [] }
YAML
policy "ingress: [], $egress" # made by kubectl, which holds the default
run 0 apply -f . --yes
same '["Ingress","Egress"]' "$(types)"
run 0 diff -f .
rm policy.yaml
commit "No policy"
run 0 apply -f . --yes

# --- an account that git takes away again: the server makes the new field anew from the old one
account() { # LINE
    write account.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: account }
spec:
  replicas: 0
  selector: { matchLabels: { app: account } }
  template: { metadata: { labels: { app: account } }, spec: { $1 containers: [ { name: a, image: "pause:1" } ] } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: account }
spec:
  { schedule: "@yearly", jobTemplate: { spec: { template:
    { spec: { $1 restartPolicy: Never, containers: [ { name: a, image: "pause:1" } ] } } } } }
YAML
    commit "Account $1"
}
for name in serviceAccountName serviceAccount; do
    account "$name: default,"
    run 0 apply -f . --yes
    account ""
    run 1 diff -f .
    has "spec.template.spec.serviceAccountName removed, was default" "2 change"
    run 0 apply -f . --yes
    same "" "$(k get deployment account -o jsonpath='{.spec.template.spec.serviceAccountName}{.spec.template.spec.serviceAccount}')"
    run 0 diff -f .
done

# --- a new version of a kind and objects of it in one commit: what is there is not taken for absent
kind_versions() { # VERSION…: the last is stored, and wanted
    local version
    {
        cat <<YAML
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.$group }
spec:
  group: $group
  scope: Namespaced
  names: { kind: Thing, plural: things }
  versions:
YAML
        for version in "$@"; do
            echo "    - { name: $version, served: true, storage: $([ "$version" = "${!#}" ] && echo true || echo false),"
            echo "        schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }"
        done
        printf -- '---\napiVersion: %s\nkind: Thing\nmetadata: { name: %s }\nspec: { a: %s }\n' \
            "$group/${!#}" same 1 "$group/${!#}" changes $#
    } | write things.yaml
    commit "Versions $*"
}
group=$(echo "$ns" | tr -d -).example.org
kind_versions v1
run 0 apply -f . --yes
uid=$(k get "things.$group" same -o jsonpath='{.metadata.uid}')
kind_versions v1 v2
run 1 diff -f .
has "~ Thing.$group/same" "~ Thing.$group/changes" "known once CustomResourceDefinition/things.$group is there" "3 change"
lacks "drift" "create"
run 0 apply -f . --yes
has "2 changed" "unchanged"
same "$uid 2" "$(k get "things.$group" same -o jsonpath='{.metadata.uid}') $(k get "things.$group" changes -o jsonpath='{.spec.a}')"
run 0 diff -f .
rm things.yaml
commit "No such kind"
run 0 apply -f . --yes

# --- a value that no schema refuses, only the type behind it: invalid, not "could not be looked at"
write lease.yaml <<YAML
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: lease }
spec: { renewTime: "2026-01-01T00:00:00Z" }
YAML
commit "A time without its fractions"
run 3 apply -f . --yes
has "! Lease/lease" "lease.yaml:1:1: parsing time" "1 refused"
git rm -q lease.yaml
commit "No lease"

# --- what a controller writes between the LIST and the dry run is no drift
write quantity.yaml <<YAML
apiVersion: v1
kind: LimitRange
metadata: { name: quantity }
spec: { limits: [ { type: Container, max: { cpu: 1000m } } ] }
YAML
commit "A quantity that the server writes another way: each diff asks about it"
run 0 apply -f . --yes
for i in 1 2 3 4 5 6 7 8 9 10; do
    k annotate limitrange quantity "controller-$i=1" --field-manager=some-controller >/dev/null
done &
for i in 1 2 3 4 5 6; do run 0 diff -f .; done
wait
run 0 delete --project real -n "$ns" --yes

# --- into a namespace that nobody makes: the way out, and no talk of a server out of reach
git rm -q ./*.yaml
project real
write lost.yaml <<YAML
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: lost, namespace: $ns-none }
rules: []
YAML
commit "A Role for elsewhere"
for asked in "5 apply --yes" "3 diff"; do # the first apply asks for no dry run
    # shellcheck disable=SC2086
    run $asked -f .
    has "there is no Namespace $ns-none: write it into the source, or make it" "from lost.yaml:1"
done

# --- of a kind or version that the cluster does not serve: where it is served, or what is missing
while IFS='|' read -r version kind text; do
    write lost.yaml <<YAML
apiVersion: $version
kind: $kind
metadata: { name: lost }
YAML
    run 4 diff -f .
    has "$text"
done <<'CASES'
policy/v1beta1|PodDisruptionBudget|the cluster serves PodDisruptionBudget in policy/v1, not in policy/v1beta1: change its apiVersion
extensions/v1beta1|Ingress|the cluster serves Ingress in networking.k8s.io/v1, not in extensions/v1beta1: change its apiVersion
extensions/v1beta1|Deployment|the cluster serves Deployment in apps/v1, not in extensions/v1beta1: change its apiVersion
batch/v2|CronJob|the cluster serves CronJob in batch/v1, not in batch/v2: change its apiVersion
v2|ConfigMap|the cluster serves ConfigMap in v1, not in v2: change its apiVersion
policy/v1beta1|PodSecurityPolicy|the cluster serves no kind PodSecurityPolicy in policy/v1beta1: this Kubernetes no longer has it, or never had
apps/v1|Service|the cluster serves Service in v1, not in apps/v1: change its apiVersion
monitoring.example.org/v1|ServiceMonitor|the cluster serves no kind ServiceMonitor in monitoring.example.org/v1: install what defines it, or write its CustomResourceDefinition into the source
CASES
finish
