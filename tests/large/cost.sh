# cost: what a run costs. Sourced by the tests beside it, after ../expect.sh.
#
# measure SECONDS ARGUMENT…   runs cmx-reconcile for so long at most; sets code, seconds (of the
#                             processor) and memory (KiB)
# sanitized                   true for a program with a sanitizer, which multiplies both
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sanitized() { ldd "$CMX" | grep -q 'lib[at]san' || nm "$CMX" 2>/dev/null | grep -q -m 1 '__[at]san_init'; }
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=1 # it keeps what was freed

measure() {
    local limit=$1
    shift
    last="cmx-reconcile $*"
    read -r code seconds memory < <(timeout -k 5 "$limit" python3 "$here/measure.py" "$work/.out" "$CMX" "$@")
    out=$(head -c 2000 "$work/.out") errors=""
}
