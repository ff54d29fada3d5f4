# The private network of the test cluster: one network namespace, so that no port
# can collide with anything and nothing can leave the machine. Sourced by
# scripts/testbed. Enter it with nsenter, not with `ip netns exec`: that one mounts
# /sys anew, the control groups vanish, and the kubelet refuses to start.

node_address=10.99.0.1

in_network() {
    nsenter --net="/run/netns/$name" "$@"
}

# The node's address stands on a bridge, with a default route over it: the kubelet
# refuses loopback, and clients pick the address of the default route.
network_make() {
    ip netns add "$name"
    in_network ip link set lo up
    in_network ip link add node0 type bridge
    in_network ip address add "$node_address/24" dev node0
    in_network ip link set node0 up
    in_network ip route add default via "$node_address" dev node0
    in_network sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

network_remove() {
    [[ ! -e /run/netns/$name ]] || ip netns delete "$name"
}
