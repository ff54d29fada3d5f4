# The one node of the test cluster: containerd, the pod network, kubelet and
# kube-proxy. Sourced by scripts/testbed. Whatever they write lies below $dir, as
# far as they can be told so; tests/testbed/clean.sh removes the rest.

containerd_start() {
    mkdir -p "$dir/containerd/certs.d/_default"
    containerd_config >"$dir/containerd/config.toml"
    registry_mirror >"$dir/containerd/certs.d/_default/hosts.toml"
    start containerd containerd --config "$dir/containerd/config.toml"
}

containerd_wait() {
    wait_for containerd 20 ctr --address "$dir/run/containerd.sock" --timeout 2s version
}

# restrict_oom_score_adj: where a machine may not lower oom_score_adj, every sandbox
# would fail with "can't get final child's PID from pipe".
containerd_config() {
    cat <<END
version = 2
root = "$dir/containerd/root"
state = "$dir/containerd/state"
[grpc]
  address = "$dir/run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$registry/pause:1"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  tolerate_missing_hugetlb_controller = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "$dir/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "$dir/containerd/certs.d"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "$(snapshotter)"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = "$dir/containerd/runc"
END
}

# overlayfs does not stand on overlayfs (a work folder inside a container).
snapshotter() {
    if [[ $(stat -f -c %T "$dir") == overlayfs ]]; then echo native; else echo overlayfs; fi
}

# Nothing can leave the network, so images of every registry are looked for in the
# local one, by their path: docker.io/library/web:1.4 is $registry/library/web:1.4.
registry_mirror() {
    cat <<END
server = "http://$registry"
[host."http://$registry"]
  capabilities = ["pull", "resolve"]
END
}

pod_network_config() {
    mkdir -p "$dir/cni"
    cat >"$dir/cni/10-pods.conflist" <<END
{"cniVersion": "1.0.0", "name": "$name", "plugins": [{
  "type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$dir/cni/addresses",
           "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
}

kubelet_config() {
    cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$dir/run/containerd.sock
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: "$dir/pki/ca.crt"}
authorization: {mode: Webhook}
tlsCertFile: $dir/pki/kubelet-server.crt
tlsPrivateKeyFile: $dir/pki/kubelet-server.key
cgroupDriver: cgroupfs
cgroupRoot: /$name
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
makeIPTablesUtilChains: false
registerNode: true
podLogsDir: $dir/pod-logs
volumePluginDir: $dir/kubelet/volume-plugins
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
maxPods: 500
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 1000
kubeAPIBurst: 1000
resolvConf: ""
END
}

kubelet_start() {
    mkdir -p "$dir/kubelet" "$dir/pod-logs"
    kubelet_config >"$dir/kubelet.yaml"
    start kubelet "$programs/kubelet" --config "$dir/kubelet.yaml" --kubeconfig "$dir/kubeconfig/node" \
        --root-dir "$dir/kubelet" --hostname-override node0 --node-ip "$node_address"
}

# The conntrack settings say: leave the machine's sysctls alone. All traffic to
# services is masqueraded, so that a pod reaches a pod of its own bridge through one.
proxy_start() {
    start kube-proxy "$programs/kube-proxy" --kubeconfig "$dir/kubeconfig/kube-proxy" \
        --hostname-override node0 --bind-address "$node_address" --proxy-mode iptables --masquerade-all \
        --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0s --conntrack-tcp-timeout-close-wait=0s
}

node_wait() {
    wait_for kubelet 60 kubectl_admin wait --for=condition=Ready node/node0 --timeout=2s
    wait_for kube-proxy 20 in_network curl -fsS --max-time 2 http://127.0.0.1:10249/healthz
}
