# The kubeconfig files of the test cluster: one for each server, and those that
# tests use. Sourced by scripts/testbed.

api_url=https://$node_address:6443

kubeconfigs_make() {
    local user
    mkdir -p "$dir/kubeconfig"
    for user in admin controller-manager scheduler kube-proxy node; do
        kubeconfig_with_data "$user" >"$dir/kubeconfig/$user"
    done
    kubeconfig_two_contexts >"$dir/kubeconfig/two-contexts"
    chmod 600 "$dir"/kubeconfig/*
}

# kubeconfig_with_data USER: one context, everything inside the file.
kubeconfig_with_data() {
    cat <<END
apiVersion: v1
kind: Config
current-context: testbed
contexts:
- name: testbed
  context: {cluster: testbed, user: $1}
clusters:
- name: testbed
  cluster:
    server: $api_url
    certificate-authority-data: $(base64 -w 0 "$dir/pki/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w 0 "$dir/pki/$1.crt")
    client-key-data: $(base64 -w 0 "$dir/pki/$1.key")
END
}

# Two contexts of one cluster, with paths instead of data: `testbed` may do all,
# `reader` is a user without any right until a test binds it to a role.
kubeconfig_two_contexts() {
    cat <<END
apiVersion: v1
kind: Config
current-context: testbed
contexts:
- name: testbed
  context: {cluster: testbed, user: admin}
- name: reader
  context: {cluster: testbed, user: reader, namespace: reading}
clusters:
- name: testbed
  cluster: {server: "$api_url", certificate-authority: "$dir/pki/ca.crt"}
users:
- name: admin
  user: {client-certificate: "$dir/pki/admin.crt", client-key: "$dir/pki/admin.key"}
- name: reader
  user: {client-certificate: "$dir/pki/reader.crt", client-key: "$dir/pki/reader.key"}
END
}
