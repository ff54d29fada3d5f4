# Somebody who sets a field again right after each apply; and people who only drift. labels: cluster
# timeout: 240
. "$(dirname "$0")/cluster.sh"
project contest
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [ { name: main, image: "web:1.4", env: [ { name: A, value: "1" } ] } ]
YAML
configmap config key 1
commit "The first"
run 0 apply -f . --yes
scale() { # REPLICAS: what some controller of somebody's does
    k patch deployment web --field-manager=scaler --type=merge -p "{\"spec\":{\"replicas\":$1}}" >/dev/null
}
contest() { # the count in the record
    k get configmap cmx-set-contest -o jsonpath='{.binaryData.members}' | base64 -d | gzip -dc | python3 -c '
import json, sys
for member in json.load(sys.stdin)["members"]:
    if member["name"] == "web":
        found = member.get("contest")
        print(found and "{manager} {field} {count}".format(**found))'
}

# --- undone by three applies; after the third it is told by name, and left alone
for i in 1 2; do
    scale 2
    run 1 diff -f .
    has "spec.replicas 2 → 1" "drift (scaler, "
    run 0 apply -f . --yes --no-wait
    same "1 scaler spec.replicas $i" "$(k get deployment web -o jsonpath='{.spec.replicas}') $(contest)"
done
scale 2
configmap config key 2
commit "Something else"
run 3 diff -f .
told="! Deployment/web: spec.replicas was set again by \`scaler\` right after each of the last 3 applies: not fought any further"
has "$told" "If this is meant: annotate it with cmx.dev/ignore: /spec/replicas; or stop \`scaler\`, and use --force-conflicts"
run 3 apply -f . --yes --no-wait # the rest goes on
has "$told" "✓ ConfigMap/config"
same "2 scaler spec.replicas 3" "$(k get deployment web -o jsonpath='{.spec.replicas}') $(contest)"
scale 3 # it stays so, whatever it does then, and nothing is written any more
version=$(k get configmap cmx-set-contest -o jsonpath='{.metadata.resourceVersion}')
run 3 apply -f . --yes --no-wait
has "$told"
same "$version" "$(k get configmap cmx-set-contest -o jsonpath='{.metadata.resourceVersion}')"
run 3 diff -f . -o json
same "" "$(python3 "$CMX_SOURCE/tests/cli/schema.py" "$CMX_SOURCE/schemas/output-plan.schema.json" <<<"$out" 2>&1)"
has '"manager": "scaler"'

# --- status says it without the source
k rollout status deployment/web --timeout=60s >/dev/null
run 1 status --project contest -n "$ns"
has "spec.replicas was set again by \`scaler\` right after each of the last 3 applies" "1 drifted"
run 1 status --project contest -n "$ns" -o json
same "" "$(python3 "$CMX_SOURCE/tests/cli/schema.py" "$CMX_SOURCE/schemas/output-status.schema.json" <<<"$out" 2>&1)"
has '"pointer":"/spec/replicas"'

# --- the ways out: by force, once; the field ignored; a commit that wants something else of the object
run 0 apply -f . --yes --force-conflicts
same "1 None" "$(k get deployment web -o jsonpath='{.spec.replicas}') $(contest)"
run 0 status --project contest -n "$ns"
for i in 1 2; do scale 2; run 0 apply -f . --yes --no-wait; done
scale 2
run 3 apply -f . --yes --no-wait
sed -i 's/name: web }$/name: web, annotations: { cmx.dev\/ignore: \/spec\/replicas } }/' web.yaml
commit "Leave the replicas to the scaler"
run 0 apply -f . --yes
same 2 "$(k get deployment web -o jsonpath='{.spec.replicas}')"
run 0 diff -f .
sed -i 's/, annotations: .*$/ }/; s/value: "1"/value: "2"/' web.yaml
commit "Look after them again"
run 0 apply -f . --yes --no-wait
same "1 None" "$(k get deployment web -o jsonpath='{.spec.replicas}') $(contest)"

# --- who gives up is forgotten at the next apply
for i in 1 2; do scale 2; run 0 apply -f . --yes --no-wait; done
scale 2
run 3 apply -f . --yes --no-wait
same "scaler spec.replicas 3" "$(contest)"
scale 1
run 0 apply -f . --yes --no-wait
same None "$(contest)"

# --- `kubectl scale` again and again leaves no time, and is told all the same
for i in 1 2; do
    k scale deployment web --replicas=2 >/dev/null
    run 0 apply -f . --yes --no-wait
done
k scale deployment web --replicas=2 >/dev/null
run 3 apply -f . --yes --no-wait
has "set again by \`kubectl scale\`"
run 0 apply -f . --yes --no-wait --force-conflicts

# --- several drifts in a row by people are undone, each of them, as often as they come
k scale deployment web --replicas=2 >/dev/null
run 0 apply -f . --yes --no-wait
k set env deployment/web A=x >/dev/null
run 0 apply -f . --yes --no-wait
k set env deployment/web B=x >/dev/null
run 0 apply -f . --yes --no-wait
k set image deployment/web main=web:1.5 >/dev/null
run 0 apply -f . --yes --no-wait
k scale deployment web --replicas=2 >/dev/null
run 0 apply -f . --yes --no-wait
k set env deployment/web A=y >/dev/null
run 0 apply -f . --yes --no-wait
run 0 diff -f .
finish
