# The schemas of the own kinds refuse what the loader refuses, and nothing else: editors use them.
source "$(dirname "$0")/../expect.sh"
here=${CMX_SOURCE:?}/tests/cli
mkdir -p "$work/source" && cd "$work/source" || exit 1
git init -q .
printf 'FROM scratch\n' >Dockerfile
printf 'x' >a
last=kind_schemas.py
out=$(PYTHONDONTWRITEBYTECODE=1 python3 "$here/kind_schemas.py" "$here/kind_schemas.txt" 2>&1) || wrong "they differ"
has " cases, 0 wrong"
finish
