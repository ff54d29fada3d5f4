#!/usr/bin/env bash
# The layers: each may include only what stands to its left.
#   base ← net, manifest ← oci ← providers ← reconciler ← cli
# Reads the #include edges of src/ and fails on any other; also that each header
# compiles alone, that nothing calls a shell, and how long files are.
set -euo pipefail
cd "${CMX_SOURCE:?}"
fail=0
bad() { echo "not allowed: $*"; fail=1; }

declare -A may=(
    [base]="base"
    [net]="base net"
    [manifest]="base manifest"
    [oci]="base net manifest oci"
    [providers]="base net manifest oci providers"
    [reconciler]="base net manifest oci providers reconciler"
    [cli]="base net manifest oci providers reconciler cli"
)

edges=0
while IFS=: read -r file include; do
    layer=${file#src/} && layer=${layer%%/*}
    target=${include#*\"} && target=${target%%/*}
    edges=$((edges + 1))
    case " ${may[$layer]:?unknown layer $layer} " in
        *" $target "*) ;;
        *) bad "$file includes $target (a layer to its right)" ;;
    esac
    # A provider does not know another one; what they share stands beside them. But images
    # are built by engines, so build/docker/ and build/buildkit/ stand on docker/.
    if [[ $file == src/providers/*/* && $include == *\"providers/*/* ]]; then
        own=${file#src/providers/} && own=${own%%/*}
        other=${include#*\"providers/} && other=${other%%/*}
        [[ $own == "$other" || $file =~ ^src/providers/build/(docker|buildkit)/ && $other == docker ]] || bad "$file includes the provider $other"
    fi
done < <(grep -rhoH --include='*.[ch]' '^#include "[^"]*"' src)
((edges > 100)) || bad "only $edges includes were read: the test is blind"

while read -r header; do
    echo "#include \"${header#src/}\"" |
        cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc -fsyntax-only -xc - ||
        bad "$header does not compile alone"
done < <(find src -name '*.h')

grep -rnE '\b(system|popen)\(' --include='*.c' src && bad "a shell"
while read -r lines file; do
    [[ $file == total ]] || ((lines <= 500)) || bad "$file has $lines lines (500)"
done < <(find src tests -name '*.[ch]' -exec wc -l {} +)
exit $fail
