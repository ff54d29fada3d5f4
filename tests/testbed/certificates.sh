# Keys and certificates of the test cluster, all P-256, made anew by each `up`.
# Sourced by scripts/testbed; tests/testbed/kubeconfig.sh puts them to use.

certificates_make() {
    mkdir -p "$dir/pki"
    certificate_authority
    certificate kube-apiserver "/CN=kube-apiserver" serverAuth \
        "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:$node_address,IP:10.96.0.1"
    certificate kubelet-server "/CN=node0" serverAuth "DNS:node0,IP:$node_address"
    certificate kubelet-client "/O=system:masters/CN=kube-apiserver-kubelet-client" clientAuth
    certificate admin "/O=system:masters/CN=admin" clientAuth
    certificate reader "/CN=reader" clientAuth
    certificate controller-manager "/CN=system:kube-controller-manager" clientAuth
    certificate scheduler "/CN=system:kube-scheduler" clientAuth
    certificate kube-proxy "/CN=system:kube-proxy" clientAuth
    certificate node "/O=system:nodes/CN=system:node:node0" clientAuth
    key service-account
    openssl pkey -in "$dir/pki/service-account.key" -pubout -out "$dir/pki/service-account.pub"
}

# key NAME: a private key that only its owner can read.
key() {
    (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/pki/$1.key" 2>/dev/null)
}

certificate_authority() {
    key ca
    openssl req -x509 -new -key "$dir/pki/ca.key" -subj "/CN=cmx-testbed" -days 30 \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$dir/pki/ca.crt"
}

# certificate NAME SUBJECT USAGE [SUBJECT_ALT_NAMES]
certificate() {
    local base=$dir/pki/$1 extensions="extendedKeyUsage=$3"
    [[ -z ${4-} ]] || extensions+=$'\n'"subjectAltName=$4"
    key "$1"
    openssl req -new -key "$base.key" -subj "$2" |
        openssl x509 -req -CA "$dir/pki/ca.crt" -CAkey "$dir/pki/ca.key" -days 30 \
            -extfile <(echo "$extensions") -out "$base.crt" 2>/dev/null
}
