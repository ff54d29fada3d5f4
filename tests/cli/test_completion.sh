# Completions parse, know every command and option, and complete in the shells themselves.
source "$(dirname "$0")/../expect.sh"
run 0 help
mapfile -t names < <(sed -n '/^Usage/,/^Start/s/^  \([a-z]\+\)  *[A-Z].*/\1/p' <<<"$out")
for shell in bash zsh fish; do
    run 0 completion "$shell"
    has "${names[@]}" filename prune-budget
    printf '%s\n' "$out" >"$work/completion.$shell"
    last="$shell -n"
    if command -v "$shell" >/dev/null; then same "" "$("$shell" -n "$work/completion.$shell" 2>&1)"; fi
done
mkdir "$work/files"
touch "$work/files/my file.yaml"

# in_bash WORD…: what bash would offer for the last word; "=" is a word of its own there.
in_bash() {
    bash -c 'source "$1"; shift
        compopt() { :; }
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        _cmx_reconcile; echo "${COMPREPLY[*]}"' bash "$work/completion.bash" cmx-reconcile "$@"
}

# in_fish LINE: what fish would offer at the end of it.
in_fish() {
    (cd "$work/files" && HOME=$work fish -c "source $work/completion.fish; complete -C '$1'") |
        cut -f1 | sort | xargs
}

# line | what is offered; "_" is an empty word.
while IFS='|' read -r line wanted; do
    case $line in '' | '#'*) continue ;; esac
    read -ra words <<<"${line//=/ = }"
    words=("${words[@]/#_/}")
    wanted=$(xargs <<<"$wanted")
    last="bash: $line"
    same "$wanted" "$(in_bash "${words[@]}" | xargs -n1 | sort | xargs)"
    command -v fish >/dev/null || continue
    last="fish: $line"
    line=$(sed 's/ *$//; s/ _$/ /; s/=_$/=/' <<<"$line")
    got=$(in_fish "cmx-reconcile $line")
    same "$wanted" "${got//--output=/}"
done <<'END'
di               | diff
diff --outp      | --output
diff --output _  | json text
diff -o _        | json text
diff --output=_  | json text
diff --output=j  | json
render -o _      | json yaml
help di          | diff
completion _     | bash fish zsh
explain Proj     | Project
diff --context _ |
apply --log-l    | --log-level
END
# Files are readline's and the shell's own business: blanks and folders come out right.
same "" "$(in_bash diff -f my)"
if command -v fish >/dev/null; then same "my file.yaml" "$(in_fish "cmx-reconcile diff -f my")"; fi
finish
