# expect: what the script tests of the program share. Source it first.
#
#   run CODE ARGUMENT…   runs cmx-reconcile, wants this exit code; output in $out, errors in $errors
#   has TEXT…            the output or the errors hold each text
#   lacks TEXT…          they hold none of them
#   same WANTED GOT      two texts are equal
#   commit MESSAGE       commits all of $repo
# A failed check prints what was run and what came, and the test goes on; its end is failed.
: "${CMX:?the program under test}"
set -u
work=$(mktemp -d)
trap 'cleanup' EXIT
failures=0 checks=0 last="" out="" errors=""
# A run that hangs fails: no test waits for longer than this.
patience=${patience:-90}

cleanup() {
    local code=$?
    declare -F tidy >/dev/null && tidy
    rm -rf "$work"
    [ "$code" = 0 ] && [ "$failures" != 0 ] && exit 1
    exit "$code"
}

wrong() {
    failures=$((failures + 1))
    printf 'FAILED %s:%s: %s\n  ran: %s\n' "${BASH_SOURCE[-1]##*/}" "${BASH_LINENO[-2]}" "$1" "$last"
    printf '%s\n' "$out" | sed 's/^/  out| /'
    printf '%s\n' "$errors" | sed 's/^/  err| /'
}

run() {
    local wanted=$1 code=0
    shift
    last="cmx-reconcile $*"
    checks=$((checks + 1))
    timeout -k 5 "$patience" "$CMX" "$@" >"$work/.out" 2>"$work/.err" || code=$?
    out=$(cat "$work/.out") errors=$(cat "$work/.err")
    [ "$code" = "$wanted" ] || wrong "exit code $code, expected $wanted"
}

has() {
    local text
    for text in "$@"; do
        checks=$((checks + 1))
        [[ $out$'\n'$errors == *"$text"* ]] || wrong "expected the text: $text"
    done
}

lacks() {
    local text
    for text in "$@"; do
        checks=$((checks + 1))
        [[ $out$'\n'$errors != *"$text"* ]] || wrong "did not expect the text: $text"
    done
}

same() {
    checks=$((checks + 1))
    [ "$1" = "$2" ] || wrong "expected \"$1\", got \"$2\""
}

repo=$work/repo
new_repository() {
    mkdir -p "$repo"
    git -C "$repo" init -q -b main
    git -C "$repo" config user.name Test
    git -C "$repo" config user.email test@example.org
    git -C "$repo" config commit.gpgsign false
}

commit() {
    git -C "$repo" add -A
    git -C "$repo" commit -q --allow-empty -m "$1"
}

# write PATH: standard input becomes that file of the repository.
write() {
    mkdir -p "$repo/$(dirname "$1")"
    cat >"$repo/$1"
}

finish() {
    echo "$checks checks, $failures failed"
    [ "$checks" != 0 ] && [ "$failures" = 0 ]
}
