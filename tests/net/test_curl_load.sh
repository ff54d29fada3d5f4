# libcurl and its thirty libraries are loaded when the first server is spoken to, not before.
# labels: root
source "$(dirname "$0")/../expect.sh"
new_repository
cd "$repo" || exit 1
write a.yaml <<YAML
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: shop }
spec: { namespace: shop, cluster: folder }
---
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: folder }
spec: { directory: rendered }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { a: "1" }
YAML
commit "A ConfigMap for a folder"

# What the loader says of its files goes to a file, the answer as ever.
export LD_DEBUG=files LD_DEBUG_OUTPUT=$work/loader
loaded() {
    cat "$work"/loader.* | grep -q "file=libcurl\.so" && echo yes || echo no
    rm -f "$work"/loader.*
}

# --- what stays on this machine does without it
for command in version "validate -f ." "render -f ." "diff -f ."; do
    code=0
    [[ $command == diff* ]] && code=1
    # shellcheck disable=SC2086 # words
    run $code $command
    same "$command: no" "$command: $(loaded)"
done

# --- the first request loads it
run 4 registry ls "127.0.0.1:1"
has "127.0.0.1:1"
same yes "$(loaded)"

# --- where it cannot be loaded, that is said, with the package
unset LD_DEBUG LD_DEBUG_OUTPUT
library=$(ldconfig -p | sed -n 's/.*libcurl\.so\.4 .*=> //p' | head -n 1)
program=$CMX
CMX=$work/without
printf '#!/bin/bash\nunshare --mount bash -c '"'"'mount --bind /dev/null "$0" && exec "$@"'"'"' %q %q "$@"\n' \
    "$library" "$program" >"$CMX"
chmod +x "$CMX"
run 0 version
run 6 registry ls "127.0.0.1:1"
has "error: " "$(basename "$library")" "It is needed to speak to servers" "libcurl4"
finish
