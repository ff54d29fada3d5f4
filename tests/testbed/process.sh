# Starting and ending the servers of the test cluster. Sourced by scripts/testbed.
#
# A server is known by $dir/pids/NAME, which holds its process id and the time it
# was started (ids are used again; the pair is not), and by its place in the
# control group $name/servers. The group also holds what servers start themselves
# (containerd's shims), so that nothing can outlive `down`, whoever died first.

# The folder that holds control groups of the hierarchy whose members we count.
cgroup_base() {
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        echo /sys/fs/cgroup
    else
        echo /sys/fs/cgroup/pids
    fi
}

# All hierarchies: one in version 2; in version 1 one a controller (and perhaps a
# version 2 one beside them, `unified`, where containers get a group too).
cgroup_hierarchies() {
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        echo /sys/fs/cgroup
    else
        find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d
    fi
}

# The kubelet wants its root group to exist in every hierarchy.
cgroup_make() {
    local hierarchy
    for hierarchy in $(cgroup_hierarchies); do
        mkdir -p "$hierarchy/$name"
    done
    mkdir -p "$(cgroup_base)/$name/servers"
}

cgroup_remove() {
    local hierarchy
    for hierarchy in $(cgroup_hierarchies); do
        [[ -d $hierarchy/$name ]] || continue
        find "$hierarchy/$name" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
}

# Every process of this cluster: servers, shims and containers.
cgroup_processes() {
    local top
    top=$(cgroup_base)/$name
    [[ -d $top ]] || return 0
    find "$top" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}

# start_time PID: when it was started, in ticks since boot; empty where it is gone.
start_time() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    read -ra stat <<<"${stat##*) }" # the name in parentheses may hold blanks
    [[ ${stat[0]} == Z ]] || echo "${stat[19]}"
}

# is_running NAME: whether the process recorded under NAME is that one, and alive.
is_running() {
    local pid started
    [[ -r $dir/pids/$1 ]] || return 1
    read -r pid started <"$dir/pids/$1" || return 1
    [[ -n $started && $started == "$(start_time "$pid")" ]]
}

# start NAME COMMAND...: in the network namespace, in the background, in its own
# session, with its output in $dir/log/NAME.
start() {
    local server=$1 pid
    shift
    setsid bash -c 'echo $$ >"$0" && exec "$@"' "$(cgroup_base)/$name/servers/cgroup.procs" \
        nsenter --net="/run/netns/$name" "$@" \
        </dev/null >>"$dir/log/$server" 2>&1 9>&- &
    pid=$!
    disown "$pid"
    echo "$pid $(start_time "$pid")" >"$dir/pids/$server"
}

# wait_for NAME SECONDS COMMAND...: until COMMAND succeeds; fails, with the end of
# NAME's log, when time is up or the server has ended.
wait_for() {
    local server=$1 limit=$2 deadline
    shift 2
    deadline=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        if ! is_running "$server"; then
            start_failed "$server" "has ended"
        elif ((SECONDS >= deadline)); then
            start_failed "$server" "is not ready after $limit s (asked: $*)"
        fi
        sleep 0.1
    done
}

start_failed() {
    echo "testbed: $1 $2; the end of $dir/log/$1:" >&2
    tail -n 25 "$dir/log/$1" | cut -c 1-400 >&2
    exit 1
}

# Ends every process of this cluster and waits until all are gone. SIGKILL at once:
# nothing of the cluster's state is kept, and a kube-apiserver that may drain keeps
# its port for several seconds.
end_processes() {
    local deadline=$((SECONDS + 20)) pids
    while :; do
        mapfile -t pids < <(cgroup_processes; recorded_processes)
        [[ ${#pids[@]} -gt 0 ]] || return 0
        if ((SECONDS >= deadline)); then
            echo "testbed: these processes do not end: ${pids[*]}" >&2
            return 1
        fi
        kill -KILL "${pids[@]}" 2>/dev/null || true
        sleep 0.05
    done
}

# The recorded servers that still run (also where their control group is gone).
recorded_processes() {
    local file pid
    for file in "$dir"/pids/*; do
        [[ -e $file ]] || continue
        if is_running "${file##*/}"; then
            read -r pid _ <"$file"
            echo "$pid"
        fi
    done
}
