# Ignore rules of a Project: by kind, name pattern, namespace, pointer, and field manager. What they
# name is left alone in the diff, in the apply and in status, and handed over without a reset.
# labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
rules() { # LINES OF YAML
    project ignoring "${1:+  ignore:
$1}"
}
workload() { # NAME REPLICAS
    write "$1.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1, annotations: { note: "1" } }
spec:
  ${2:+replicas: $2}
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [ { name: main, image: "pause:1", resources: { requests: { cpu: 10m } } } ]
YAML
}
turn=1
touched() { # NAME: something else of it is written
    turn=$((turn + 1))
    sed -i "s/note: \"[0-9]*\"/note: \"$turn\"/" "$1.yaml"
    commit "Touch $1"
    run 1 diff -f .
    run 0 apply -f . --yes
}
quiet() {
    run 0 diff -f .
    run 0 apply -f . --yes
    run 0 status --project ignoring -n "$ns"
    lacks "changed by" "changed since"
}
replicas() { k get deployment "$1" -o jsonpath='{.spec.replicas}'; }
cpu() { k get deployment "$1" -o jsonpath='{.spec.template.spec.containers[0].resources.requests.cpu}'; }
data() { k get configmap "$1" -o jsonpath="{.data.$2}"; }

rules ""
workload web-a 1
workload other 1
configmap shared ours 1
sed -i 's/^data: {/data: { theirs: "1",/' shared.yaml
commit "No rules yet"
run 0 apply -f . --yes

# --- a rule that comes later changes nothing by itself
rules '    - { kind: Deployment.apps, name: "web-*", pointers: [ /spec/replicas ] }
    - { kind: ConfigMap, namespace: '"$ns"', pointers: [ /data/theirs ] }
    - { kind: ConfigMap, namespace: elsewhere, pointers: [ /data/ours ] }
    - { manager: vpa-updater }'
commit "Rules"
quiet

# --- people change what the rules name, and what they do not
k scale deployment web-a --replicas=2 >/dev/null
k patch configmap shared --type=merge -p '{"data":{"theirs":"2"}}' >/dev/null
k rollout status deployment/web-a --timeout=60s >/dev/null
quiet
same "2 2" "$(replicas web-a) $(data shared theirs)"
k scale deployment other --replicas=2 >/dev/null
k patch configmap shared --type=merge -p '{"data":{"ours":"2"}}' >/dev/null
run 1 diff -f .
has "Deployment/other" "spec.replicas 2 → 1" "data.ours 2 → 1"
lacks "Deployment/web-a" "theirs"
run 0 apply -f . --yes
same "2 2 1 1" "$(replicas web-a) $(data shared theirs) $(replicas other) $(data shared ours)"
quiet

# --- other fields of the same objects are written: those of the rules stay as they are
touched web-a
sed -i 's/ours: "1"/ours: "3"/' shared.yaml
commit "Ours"
run 1 diff -f .
has "data.ours 1 → 3"
lacks theirs
run 0 apply -f . --yes
same "2 2 3" "$(replicas web-a) $(data shared theirs) $(data shared ours)"
quiet

# --- left out of the manifest, and before anybody else set them: no reset either
rules '    - { kind: Deployment, name: "[!a]*", pointers: [ /spec/replicas, /spec/template/spec/containers/0/resources ] }
    - { kind: ConfigMap, pointers: [ /data/theirs ] }
    - { manager: vpa-updater }'
k scale deployment other --replicas=3 >/dev/null
workload other ""
workload web-a ""
sed -i 's/, resources: .*} } }/ }/' other.yaml
commit "Replicas and resources are not ours"
run 0 apply -f . --yes
same "2 3 10m" "$(replicas web-a) $(replicas other) $(cpu other)"
quiet

# --- by the manager that holds them
rules '    - { manager: vpa-updater }'
workload web-a 2
workload other 3
commit "Only the manager"
run 0 apply -f . --yes
for name in web-a other; do
    k patch deployment $name --field-manager=vpa-updater --type=json -p '[{"op": "replace",
        "path": "/spec/template/spec/containers/0/resources/requests", "value": {"cpu": "20m", "memory": "5Mi"}}]' >/dev/null
    k rollout status deployment/$name --timeout=60s >/dev/null
done
quiet
same "20m 20m" "$(cpu web-a) $(cpu other)"
touched other
same 20m "$(cpu other)"
quiet
# one that applies has to name the container: that is not all of it
workload applied 1
commit "One that another applies to"
run 0 apply -f . --yes
k apply --server-side --force-conflicts --field-manager=vpa-updater -f - >/dev/null <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: applied }
spec: { template: { spec: { containers: [ { name: main, resources: { requests: { cpu: 20m } } } ] } } }
YAML
quiet
touched applied
same "20m pause:1" "$(cpu applied) $(k get deployment applied -o jsonpath='{.spec.template.spec.containers[0].image}')"
quiet
rm applied.yaml
rules ""
commit "No rules, and without it"
run 1 diff -f .
has "requests.cpu 20m → 10m" "vpa-updater"
run 0 apply -f . --yes
same "10m 10m" "$(cpu web-a) $(cpu other)"

# --- by the annotation on the object, in the diff and in status
sed -i 's/annotations: {/annotations: { cmx.dev\/ignore: \/spec\/replicas,/' web-a.yaml
commit "By annotation"
run 0 apply -f . --yes
k scale deployment web-a --replicas=1 >/dev/null
k rollout status deployment/web-a --timeout=60s >/dev/null
quiet
same 1 "$(replicas web-a)"

# --- a key of a map, and items of lists, that are set as a whole: they are sent as they are live
rules '    - { kind: Service, pointers: [ /spec/selector/track ] }
    - { kind: Deployment, name: "parts-*", pointers: [ /spec/template/spec/containers/0/args/1, /spec/template/spec/tolerations/1 ] }'
parts() { # MANAGER NOTE APP
    write "parts-$1.yaml" <<YAML
apiVersion: v1
kind: Service
metadata: { name: parts-$1, annotations: { note: "$2" } }
spec: { selector: { app: $3 }, ports: [ { port: 80 } ] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: parts-$1, annotations: { note: "$2" } }
spec:
  replicas: 0
  selector: { matchLabels: { app: parts } }
  template:
    metadata: { labels: { app: parts } }
    spec:
      tolerations: [ { key: a, operator: Exists } ]
      containers: [ { name: main, image: "pause:1", args: [ $3, two ] } ]
YAML
}
live_parts() { k get service,deployment "parts-$1" -o jsonpath='{.items[*].spec.selector}{.items[*].spec.template.spec.containers[0].args}{.items[*].spec.template.spec.tolerations[*].key}'; }
for manager in somebody kubectl-patch; do
    parts $manager 1 one
    commit "Parts of $manager"
    run 0 apply -f . --yes --no-wait
    quiet
    k patch service parts-$manager --field-manager=$manager --type=merge -p '{"spec":{"selector":{"track":"blue"}}}' >/dev/null
    k patch deployment parts-$manager --field-manager=$manager --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/args/1", "value": "deux"},
        {"op": "add", "path": "/spec/template/spec/tolerations/-", "value": {"key": "b", "operator": "Exists"}}]' >/dev/null
    quiet
    parts $manager 2 one
    commit "Touched"
    run 0 apply -f . --yes --no-wait
    same '{"app":"one","track":"blue"} {"matchLabels":{"app":"parts"}}["one","deux"]a b' "$(live_parts $manager)"
    parts $manager 2 first
    commit "What is beside them"
    run 1 diff -f .
    has "spec.selector.app one → first" "args" "2 change"
    lacks track tolerations
    run 0 apply -f . --yes --no-wait
    same '{"app":"first","track":"blue"} {"matchLabels":{"app":"parts"}}["first","deux"]a b' "$(live_parts $manager)"
    quiet
done

# --- a star: every element that git has
rules '    - { kind: Deployment, name: many, pointers: [ "/spec/template/spec/containers/*/image", "/metadata/labels/*" ] }'
many() { # NOTE
    write many.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: many, labels: { a: "1", b: "1" }, annotations: { note: "$1" } }
spec:
  replicas: 0
  selector: { matchLabels: { app: many } }
  template:
    metadata: { labels: { app: many } }
    spec: { containers: [ { name: one, image: "web:1.4" }, { name: two, image: "web:1.4", tty: true } ] }
YAML
    commit "Note $1"
}
many 1
run 0 apply -f . --yes --no-wait
k set image deployment/many one=web:1.5 two=web:1.5 >/dev/null
k label deployment many a=2 b=2 --overwrite >/dev/null
quiet
many 2
run 0 apply -f . --yes --no-wait
same "web:1.5 web:1.5 2 2" "$(k get deployment many -o jsonpath='{.spec.template.spec.containers[*].image} {.metadata.labels.a} {.metadata.labels.b}')"
quiet
k patch deployment many --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/1/tty", "value": false}]' >/dev/null
run 1 diff -f .
has "containers[two].tty" "1 change"
lacks image labels
run 0 apply -f . --yes --no-wait

# --- keys of a Secret, as git writes them or as the cluster has them
rules '    - { kind: Secret, pointers: [ /stringData/token, /data/key ] }'
secret() { # NOTE
    write secret.yaml <<YAML
apiVersion: v1
kind: Secret
metadata: { name: rotated, annotations: { note: "$1" } }
stringData: { token: "of git", key: "of git", ours: "of git" }
YAML
    commit "Note $1"
}
secret 1
run 0 apply -f . --yes
k patch secret rotated --type=merge -p '{"stringData":{"token":"new","key":"new"}}' >/dev/null
quiet
secret 2
run 1 diff -f .
lacks data.token data.key
run 0 apply -f . --yes
same "bmV3 bmV3" "$(k get secret rotated -o jsonpath='{.data.token} {.data.key}')"
quiet

# --- a label that kubectl adds, alone in a map that it made for it
configmap plain a b
rules '    - { kind: ConfigMap, pointers: [ /metadata/annotations/example.org~1seen ] }'
commit "A plain one"
run 0 apply -f . --yes
k annotate configmap plain example.org/seen=yes >/dev/null
quiet
finish
