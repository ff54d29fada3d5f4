# Every command has its help and its man page; the documents name only what exists.
source "$(dirname "$0")/../expect.sh"
here=${CMX_SOURCE:?}
run 0 help
mapfile -t names < <(sed -n 's/^  \([a-z]\+\)  *[A-Z].*/\1/p' <<<"$out")
[ "${#names[@]}" -ge 13 ] || wrong "only ${#names[@]} commands in the help"
for name in "${names[@]}"; do
    run 0 help "$name"
    has "Usage: cmx-reconcile $name" "Options:" "Exit codes"
    # 80 columns are enough.
    same "" "$(awk 'length($0) > 80' <<<"$out")"
    wanted=$out
    run 0 "$name" --help
    same "$wanted" "$out"
    run 0 man "$name"
    has ".SH NAME" ".SH OPTIONS" ".SH EXIT STATUS"
    if command -v groff >/dev/null; then
        last="man $name | groff"
        same "" "$(groff -man -Tutf8 -ww -z <<<"$out" 2>&1)"
    fi
    if command -v mandoc >/dev/null; then
        last="man $name | mandoc"
        same "" "$(mandoc -Tlint -Wwarning <<<"$out" 2>&1)"
    fi
    for option in $(sed -n 's/^ .*--\([a-z-]*\).*/\1/p' <<<"$wanted" | sort -u); do
        [[ $(sed 's/\\-/-/g' <<<"$out") == *"--$option"* ]] || wrong "man $name lacks --$option"
    done
done
run 0 man
if command -v groff >/dev/null; then same "" "$(groff -man -Tutf8 -ww -z <<<"$out" 2>&1)"; fi

# Commands and options that the documents name exist.
while IFS=: read -r file line; do
    last="$file: $line"
    read -ra words <<<"$line"
    name=${words[1]:-}
    [[ $name =~ ^[a-z]+$ ]] || continue
    checks=$((checks + 1))
    [[ " ${names[*]} " == *" $name "* ]] || { wrong "no command $name"; continue; }
    page=$("$CMX" help "$name")
    for word in "${words[@]}"; do
        [[ $word =~ ^(--?[a-z][a-z-]*) ]] || continue
        option=${BASH_REMATCH[1]}
        checks=$((checks + 1))
        [[ $page == *"$option"[$' \n,[']* ]] || wrong "$name has no $option"
    done
done < <(cd "$here" && grep -oE 'cmx-reconcile [a-z]+( [^`|;#)]*)?' README.md docs/*.md | sed 's/ *| .*//')
finish
