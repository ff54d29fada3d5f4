# What a run has seen of Secrets is in nothing that others say: the log of a pod that prints them
# and crashes, its last words in `status`, a webhook that quotes them, a condition. labels: cluster
# timeout: 400
. "$(dirname "$0")/cluster.sh"
patience=200
tidy() {
    kubectl delete validatingwebhookconfiguration "$ns-echo" --ignore-not-found >/dev/null 2>&1
    kubectl delete crd "things.$group" --ignore-not-found --wait=false >/dev/null 2>&1
    kill "$HOOK_PID" 2>/dev/null
}
group=$(echo "$ns" | tr -d -).example.org
coproc HOOK { exec python3 "$CMX_SOURCE/tests/faults/webhooks.py" "$CMX_TESTBED_DIR/pki/kube-apiserver.crt" "$CMX_TESTBED_DIR/pki/kube-apiserver.key"; }
read -r port <&"${HOOK[0]}"

# No value may stand by chance in an id, a digest or a time: the pin has a letter beyond f.
password='hunter2-long/password?' pin=q47z first=MIIabcdefghij0123456789 second=secondlineofthekey9876
nothing_of_it() {
    lacks "$password" "$pin" "$first" "$second" 'quo\"ted' "hunter2" \
        "$(printf %s "$password" | base64)" "$(printf %s "$first" | base64 | cut -c 1-20)" \
        aHVudGVyMi1 h1bnRlcjItb odW50ZXIyLW hunter2-long%2Fpassword
}

project secrets
write secret.yaml <<YAML
apiVersion: v1
kind: Secret
metadata: { name: seen }
stringData:
  password: "$password"
  pin: "$pin"
  json: '{"pass":"quo\"ted-secret"}'
  key: |
    -----BEGIN KEY-----
    $first
    $second
    -----END KEY-----
YAML
write web.yaml <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: "web:1.4"
          terminationMessagePolicy: FallbackToLogsOnError
          command:
            - sh
            - -c
            - |
              echo "it says \$password, \$pin, \$json"
              echo "in lines \$key"; echo in one: \$key
              echo http://user:\$password@host/ "user:\$password" | base64
              printf 'user:%s' "\$password" | base64
              echo "\$password" | base64; echo "\$key" | base64
              exit 1
          envFrom: [ { secretRef: { name: seen } } ]
YAML
commit "A pod that tells everything"
run 5 apply -f . --yes
has "container main: CrashLoopBackOff" "(secret)"
nothing_of_it
# --- what it said last stands in `status`
run 5 status --project secrets -n "$ns"
has "pod web-" "container main: "
nothing_of_it
git rm -q web.yaml
commit "Without it"
run 0 apply -f . --yes

# --- a condition that quotes one
define_things "$group"
kubectl wait --for=condition=established "crd/things.$group" >/dev/null
write thing.yaml <<YAML
apiVersion: $group/v1
kind: Thing
metadata: { name: thing }
spec: {}
YAML
commit "A thing whose controller talks"
for _ in {1..50}; do "$CMX" apply -f . --yes >/dev/null 2>&1 && break; sleep 0.2; done
said=$(printf '{"status":{"conditions":[{"type":"Ready","status":"False","reason":"Denied","message":"login as root:%s failed"}]}}' "$password")
k patch "things.$group" thing --subresource=status --type=merge -p "$said" >/dev/null
run 5 status --project secrets -n "$ns"
has "login as root:(secret) failed"
nothing_of_it
run 5 apply -f . --yes --timeout 3s
has "login as root:(secret) failed"
nothing_of_it

k patch "things.$group" thing --subresource=status --type=merge -p '{"status":null}' >/dev/null

# --- a webhook that quotes what it refuses
kubectl create -f - >/dev/null <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: $ns-echo }
webhooks:
  - name: echo.hooks.example.org
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    clientConfig: { url: "https://127.0.0.1:$port/echo", caBundle: "$(base64 -w 0 <"$CMX_TESTBED_DIR/pki/ca.crt")" }
    namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: "$ns" } }
    rules: [ { apiGroups: [""], apiVersions: [v1], resources: [secrets], operations: [CREATE, UPDATE] } ]
YAML
for _ in {1..100}; do k create secret generic probe --from-literal=a=b --dry-run=server >/dev/null 2>&1 || break; sleep 0.1; done
sed -i 's/^  pin:.*/&\n  user: somebody/' secret.yaml
commit "Another key"
run 3 diff -f .
has "no such Secret here: " "(secret)"
nothing_of_it
run 3 apply -f . --yes -o json
has "no such Secret here: "
nothing_of_it
run 3 apply -f . --yes --log-level debug --log-format json
has "no such Secret here: "
nothing_of_it
finish
