# Finds a Go toolchain that can build the test cluster. Sourced by scripts/setup
# (which installs one where there is none) and by scripts/build-kubernetes.

# The version that tests/testbed/kubernetes/go.mod asks for.
go_wanted() {
    sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' "$root/tests/testbed/kubernetes/go.mod"
}

# go_can PROGRAM: whether PROGRAM is new enough, by itself or (GOTOOLCHAIN=auto)
# by fetching a newer toolchain as a Go module. It is asked in the module's
# folder, because that is where go decides which toolchain to use.
go_can() {
    local answer
    answer=$(cd "$root/tests/testbed/kubernetes" && GOTOOLCHAIN=auto "$1" env GOVERSION 2>/dev/null) || return 1
    answer=${answer#go}
    [[ $(printf '%s\n' "$(go_wanted)" "$answer" | sort -V | head -n 1) == "$(go_wanted)" ]]
}

# Prints the program to call, or fails with what would be right.
go_program() {
    local program candidates=(go /usr/local/go/bin/go /usr/lib/go-1.23/bin/go)
    for program in "${candidates[@]}"; do
        if command -v "$program" >/dev/null && go_can "$program"; then
            command -v "$program"
            return 0
        fi
    done
    echo "no Go toolchain that can be Go $(go_wanted): run scripts/setup check; each one found says:" >&2
    for program in "${candidates[@]}"; do
        ! command -v "$program" >/dev/null ||
            (cd "$root/tests/testbed/kubernetes" && GOTOOLCHAIN=auto "$program" version) >&2 || true
    done
    return 1
}
