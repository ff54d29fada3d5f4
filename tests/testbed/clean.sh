# Takes the test cluster down, whatever is left of it. Sourced by scripts/testbed.
# Nothing here trusts that a whole `up` went before: each step finds what is there.

clean_all() {
    end_processes
    shim_sockets_remove
    unmount_all
    network_remove
    cgroup_remove
    outside_files_remove
    work_folder_empty
}

# Shims put their sockets below /run/containerd/s, whatever the state folder is.
shim_sockets_remove() {
    local file address
    for file in "$dir"/containerd/state/io.containerd.runtime.v2.task/k8s.io/*/address; do
        [[ -e $file ]] || continue
        address=$(<"$file")
        [[ $address != unix:///run/containerd/s/* ]] || rm -f "${address#unix://}"
    done
}

# What containerd and the kubelet mounted below the work folder, last one first.
unmount_all() {
    local mounts target
    mapfile -t mounts < <(awk -v dir="$dir/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | tac)
    for target in "${mounts[@]}"; do
        umount --lazy "$(printf '%b' "$target")" 2>/dev/null || true # \040 is a blank there
    done
}

# Two programs write outside of the folders that they are given: libcni its results,
# the kubelet its links to the logs of containers.
outside_files_remove() {
    [[ ! -d /var/lib/cni/results ]] || { grep -rlZF "$dir/" /var/lib/cni/results || true; } | xargs -0r rm -f
    [[ ! -d /var/log/containers ]] || find /var/log/containers -lname "$dir/*" -delete
}

# The logs stay, to be read after a failure; `up` makes new ones.
work_folder_empty() {
    [[ -d $dir ]] || return 0
    find "$dir" -mindepth 1 -maxdepth 1 ! -name log ! -name .lock -exec rm -rf --one-file-system {} +
}
