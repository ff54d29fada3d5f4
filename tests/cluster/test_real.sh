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
has "! Service/web" "80000"
sed -i 's/port: 80000,/port: 80,/' web.yaml
commit "A port again"
run 0 apply -f . --yes

# --- a file without a line break at its end means what kubectl takes it for
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: cut }\ndata:\n  a: |\n    one\n    two' >cut.yaml
commit "A file without a last line break"
run 0 apply -f . --yes
same "$(k create --dry-run=client -o json -f cut.yaml | sed -n 's/.*"a": //p')" \
    "$(k get configmap cut -o json | sed -n 's/.*"a": //p')"
run 0 delete --project real -n "$ns" --yes
finish
