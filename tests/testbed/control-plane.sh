# etcd, kube-apiserver, kube-controller-manager and kube-scheduler. Sourced by
# scripts/testbed.

etcd_start() {
    start etcd etcd --data-dir "$dir/etcd" --unsafe-no-fsync --log-level warn \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380
}

etcd_wait() {
    wait_for etcd 20 in_network curl -fsS --max-time 2 http://127.0.0.1:2379/health
}

# What people and tests ask of the API, one JSON line a request, so that a test can
# count requests. The servers' own traffic is left out.
audit_policy() {
    cat <<END
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  userGroups: ["system:nodes"]
- level: None
  users: ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler", "system:kube-proxy"]
- level: None
  userGroups: ["system:serviceaccounts:kube-system"]
- level: None
  nonResourceURLs: ["/readyz*", "/livez*", "/healthz*"]
- level: Metadata
END
}

api_server_start() {
    local pki=$dir/pki
    audit_policy >"$dir/audit-policy.yaml"
    start kube-apiserver "$programs/kube-apiserver" \
        --etcd-servers http://127.0.0.1:2379 \
        --bind-address "$node_address" --advertise-address "$node_address" --secure-port 6443 \
        --authorization-mode Node,RBAC --allow-privileged=true --profiling=false \
        --client-ca-file "$pki/ca.crt" \
        --tls-cert-file "$pki/kube-apiserver.crt" --tls-private-key-file "$pki/kube-apiserver.key" \
        --kubelet-client-certificate "$pki/kubelet-client.crt" --kubelet-client-key "$pki/kubelet-client.key" \
        --kubelet-certificate-authority "$pki/ca.crt" --kubelet-preferred-address-types InternalIP \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-key-file "$pki/service-account.pub" \
        --service-account-signing-key-file "$pki/service-account.key" \
        --service-cluster-ip-range 10.96.0.0/16 \
        --audit-policy-file "$dir/audit-policy.yaml" --audit-log-path "$dir/log/audit" \
        --audit-log-mode blocking --audit-log-maxsize 500
}

api_server_wait() {
    wait_for kube-apiserver 60 kubectl_admin get --raw /readyz
}

controllers_start() {
    start kube-controller-manager "$programs/kube-controller-manager" \
        --kubeconfig "$dir/kubeconfig/controller-manager" --leader-elect=false --profiling=false \
        --kube-api-qps 1000 --kube-api-burst 1000 --bind-address 127.0.0.1 --use-service-account-credentials \
        --root-ca-file "$dir/pki/ca.crt" --service-account-private-key-file "$dir/pki/service-account.key" \
        --cluster-signing-cert-file "$dir/pki/ca.crt" --cluster-signing-key-file "$dir/pki/ca.key"
    start kube-scheduler "$programs/kube-scheduler" \
        --kubeconfig "$dir/kubeconfig/scheduler" --leader-elect=false --profiling=false \
        --kube-api-qps 1000 --kube-api-burst 1000 --bind-address 127.0.0.1
}

# The namespace default gets its account from the controller manager; before that,
# no pod can be made.
controllers_wait() {
    wait_for kube-controller-manager 30 kubectl_admin get serviceaccount default
}

kubectl_admin() {
    in_network "$programs/kubectl" --kubeconfig "$dir/kubeconfig/admin" --cache-dir "$dir/kubectl-cache" \
        --request-timeout 3s "$@"
}
