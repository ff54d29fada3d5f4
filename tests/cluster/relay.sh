# relay: the registry of the test cluster behind a relay that notes each request. Source it behind
# cluster.sh.
#
#   relay_start   starts it at 127.0.0.1:$port; $place is a repository's folder of this test alone,
#                 in which the nodes find what is pushed there. Nobody's credentials are used.
#   relay_end     ends it
#   requests [-v] RE   how many of the requests noted in $work/requests fit ("HEAD /v2/…"), or do not
relay_pid=

relay_start() {
    touch "$work/requests"
    coproc RELAY { exec python3 "$CMX_SOURCE/tests/cluster/registry_relay.py" "$CMX_REGISTRY" "$work/requests"; }
    relay_pid=$RELAY_PID
    read -r port <&"${RELAY[0]}"
    place=127.0.0.1:$port/$ns
    export HOME=$work
}

relay_end() {
    [ -z "$relay_pid" ] || kill "$relay_pid" 2>/dev/null
    relay_pid=
}

requests() { grep -c "$@" "$work/requests"; }
