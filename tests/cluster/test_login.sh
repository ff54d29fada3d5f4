# Kubeconfigs good and bad: who gets in is who kubectl lets in. labels: cluster
# timeout: 400
. "$(dirname "$0")/cluster.sh"
python3 - "$CMX_TESTBED_DIR/kubeconfig/admin" "$work" <<'PY'
import base64, json, os, subprocess, sys
admin, work = sys.argv[1:3]
base = json.loads(subprocess.run([os.environ["CMX_KUBECTL"], "--kubeconfig", admin, "config", "view", "--raw", "-o", "json"], check=True, stdout=subprocess.PIPE).stdout)
def write(name, change):
    config = json.loads(json.dumps(base))
    change(config, config["clusters"][0]["cluster"], config["users"][0]["user"])
    with open(f"{work}/{name}.config", "w") as file:
        json.dump(config, file)
def script(name, text):
    with open(f"{work}/{name}.sh", "w") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(f"{work}/{name}.sh", 0o755)
    return f"{work}/{name}.sh"
def plugin(path, version="v1", **more):
    def change(config, cluster, user):
        user.clear()
        user["exec"] = dict({"apiVersion": f"client.authentication.k8s.io/{version}", "command": path, "interactiveMode": "Never"}, **more)
    return change
user = base["users"][0]["user"]
token = open(f"{work}/token").read() if os.path.exists(f"{work}/token") else subprocess.run([os.environ["CMX_KUBECTL"], "-n", "kube-system", "create", "token", "namespace-controller"], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
def credential(version, status):
    return json.dumps({"apiVersion": f"client.authentication.k8s.io/{version}", "kind": "ExecCredential", "status": status})
def say(text): return "cat <<'END'\n" + text + "\nEND\n"
def put(**fields):
    return lambda config, cluster, user: cluster.update(fields)
certificate = {"clientCertificateData": base64.b64decode(user["client-certificate-data"]).decode(), "clientKeyData": base64.b64decode(user["client-key-data"]).decode()}
write("good", lambda *a: None)
write("wrong-authority", lambda config, cluster, user: cluster.update({"certificate-authority-data": user["client-certificate-data"]}))
write("no-authority", lambda config, cluster, user: cluster.pop("certificate-authority-data"))
write("insecure", lambda config, cluster, user: (cluster.pop("certificate-authority-data"), cluster.update({"insecure-skip-tls-verify": True})))
write("server-name", put(**{"tls-server-name": "kubernetes.default.svc"}))
write("wrong-server-name", put(**{"tls-server-name": "example.org"}))
write("token", lambda config, cluster, user: (user.clear(), user.update({"token": token})))
write("wrong-token", lambda config, cluster, user: (user.clear(), user.update({"token": "nonsense"})))
write("half-certificate", lambda config, cluster, user: user.pop("client-key-data"))
write("broken-certificate", lambda config, cluster, user: user.update({"client-certificate-data": "bm90IG9uZQ=="}))
write("missing-file", lambda config, cluster, user: (user.clear(), user.update({"client-certificate": f"{work}/none.crt", "client-key": f"{work}/none.key"})))
write("missing-token-file", lambda config, cluster, user: (user.clear(), user.update({"tokenFile": f"{work}/none"})))
write("impersonation", lambda config, cluster, user: user.update({"as": "eve", "as-groups": ["system:masters"], "as-uid": "7", "as-user-extra": {"Scopes/a": ["x", "y"]}}))
write("impersonation-without-rights", lambda config, cluster, user: user.update({"as": "eve"}))
write("missing-user", lambda config, cluster, user: config.update(users=[]))
write("missing-cluster", lambda config, cluster, user: config.update(clusters=[]))
write("missing-context", lambda config, cluster, user: config.update({"current-context": "nowhere"}))
write("nobody-there", put(server="https://127.0.0.1:1"))
write("no-such-host", put(server="https://nowhere.invalid:6443"))
write("no-url", put(server="://"))
write("path-prefix", put(server=base["clusters"][0]["cluster"]["server"] + "/"))
write("wrong-path", put(server=base["clusters"][0]["cluster"]["server"] + "/nowhere"))
write("strange-extras", lambda config, cluster, user: (config.update({"extensions": [{"name": "x", "extension": {"a": [1, None]}}], "preferences": {"colors": True}, "more": {}}), user.update({"extensions": None})))
write("two-clusters-of-one-name", lambda config, cluster, user: config["clusters"].append(config["clusters"][0]))
write("two-users-of-one-name", lambda config, cluster, user: config["users"].append(config["users"][0]))
write("two-contexts-of-one-name", lambda config, cluster, user: config["contexts"].append(config["contexts"][0]))
write("another-version", lambda config, cluster, user: config.update(apiVersion="v-1"))
write("no-version-no-kind", lambda config, cluster, user: (config.pop("apiVersion"), config.pop("kind")))
write("strange-proxy", put(**{"proxy-url": "socks6://127.0.0.1:1"}))
write("no-tls", put(server=base["clusters"][0]["cluster"]["server"].replace("https", "http")))
write("no-tls-token", lambda config, cluster, user: (cluster.update(server=cluster["server"].replace("https", "http")), user.clear(), user.update({"token": token})))
write("dead-proxy", put(**{"proxy-url": "http://127.0.0.1:1"}))
write("plugin-token", plugin(script("token", say(credential("v1", {"token": token})))))
write("plugin-v1beta1", plugin(script("beta", say(credential("v1beta1", {"token": token}))), "v1beta1"))
write("plugin-certificate", plugin(script("certificate", say(credential("v1", certificate)))))
write("plugin-expired-time", plugin(script("old", say(credential("v1", {"token": token, "expirationTimestamp": "2020-01-01T00:00:00Z"})))))
write("plugin-other-version", plugin(script("other", say(credential("v1beta1", {"token": token})))))
write("plugin-fails", plugin(script("fails", "echo hidden-secret-value; exit 3")))
write("plugin-garbage", plugin(script("garbage", "echo hidden-secret-value")))
write("plugin-huge", plugin(script("huge", "yes hidden-secret-value | head -c 40000000")))
write("plugin-empty", plugin(script("empty", "exit 0")))
write("plugin-missing", plugin(f"{work}/none", installHint="install it from example.org"))
write("plugin-arguments", plugin("/bin/sh", args=["-c", f'[ "$ANSWER" = 42 ] && exec {work}/token.sh'], env=[{"name": "ANSWER", "value": "42"}]))
write("plugin-without-kind", plugin(script("kindless", say(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "status": {"token": token}})))))
write("plugin-yaml", plugin(script("yaml", say(f"apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: {token}"))))
write("plugin-empty-variable", plugin(f"{work}/token.sh", env=[{"name": "NOTHING"}]))
write("token-file-with-lines", lambda config, cluster, user: (user.clear(), user.update({"tokenFile": f"{work}/lines"}), open(f"{work}/lines", "w").write(f"\n {token} \n\n")))
write("plugin-without-version", plugin(script("versionless", say(json.dumps({"kind": "ExecCredential", "status": {"token": token}})))))
write("plugin-wants-authority", lambda config, cluster, user: (plugin("/bin/sh", args=["-c", f'case $KUBERNETES_EXEC_INFO in *certificate-authority-data*) exec {work}/token.sh; esac'], provideClusterInfo=True)(config, cluster, user), cluster.pop("certificate-authority-data"), cluster.update({"certificate-authority": os.path.dirname(os.path.dirname(admin)) + "/pki/ca.crt"})))
def beside(**fields): # what stands beside a plugin that would fail
    return lambda config, cluster, user: (user.clear(), user.update(fields), user.update({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": f"{work}/none", "interactiveMode": "Never"}}))
write("certificate-beside-plugin", beside(**user))
write("token-beside-plugin", beside(token=token))
write("password-beside-plugin", beside(username="me", password="nonsense"))
write("plugin-always", plugin(f"{work}/token.sh", interactiveMode="Always"))
PY

# A kubectl that gets in is told that there is no such ConfigMap, or that it may not read it.
lets_in() {
    [[ $(timeout 60 "$CMX_KUBECTL" --kubeconfig "$1" --request-timeout=20s -n "$ns" get configmap cmx-set-none 2>&1 </dev/null) == *'configmaps "cmx-set-none" not found'* ]]
}

for file in "$work"/*.config; do
    name=$(basename "$file" .config)
    case $name in # what is wrong with the file itself is usage; else it could not be looked
    half-certificate | missing-cluster | missing-context | missing-user | no-url) wanted=2 ;;
    two-*-of-one-name | another-version | strange-proxy | no-tls-token) wanted=2 ;;
    *) wanted=4 ;;
    esac
    lets_in "$file" && wanted=1
    run "$wanted" status --project none -n "$ns" --kubeconfig "$file" </dev/null
    [ "$wanted" = 1 ] && has "there is no set none"
    [ -n "$out$errors" ] || wrong "$name: not a word"
    [ "$name" != no-tls ] || has "the server speaks TLS: write https://"
    lacks hidden-secret-value Sanitizer
done

# --- files, and several of them
run 2 status --project none -n "$ns" --kubeconfig "$work/none"
has "$work/none"
echo "a: [" >"$work/broken"
run 2 status --project none -n "$ns" --kubeconfig "$work/broken"
has "broken:"
mkdir "$work/a" "$work/b"
cp "$CMX_TESTBED_DIR/pki/admin.crt" "$CMX_TESTBED_DIR/pki/admin.key" "$CMX_TESTBED_DIR/pki/ca.crt" "$work/b"
echo "{contexts: [{name: one, context: {cluster: far, user: me}}], current-context: one, users: [{name: me, user: {client-certificate: ../b/admin.crt, client-key: ../b/admin.key}}]}" >"$work/a/config"
server=$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}')
echo "{current-context: two, clusters: [{name: far, cluster: {server: \"$server\", certificate-authority: ca.crt}}], users: [{name: me, user: {token: wrong}}]}" >"$work/b/config"
(
    export KUBECONFIG=$work/a/config:$work/none:$work/b/config:$work/a/config
    same "Error from server (NotFound): configmaps \"cmx-set-none\" not found" "$(k get configmap cmx-set-none 2>&1)"
    run 1 status --project none -n "$ns"
    [ "$failures" = 0 ]
) || failures=$((failures + 1))
finish
