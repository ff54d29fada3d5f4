# A hint can be copied as it stands: it repeats what the user gave, quoted for a shell.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
PATH=$(dirname "$CMX"):$PATH

# hint LABEL: the command behind it in the output.
hint() { sed -n "s/^ *$1: *\(cmx-reconcile .*\)/\1/p" <<<"$out" | head -1; }

# copied WANTED LABEL: the hint, run by a shell, ends with this code.
copied() {
    local code=0 line
    line=$(hint "$2")
    last="copied: $line"
    [ -n "$line" ] || wrong "no hint \"$2\""
    bash -c "$line --colour=never ${3:-}" >"$work/.out" 2>"$work/.err" </dev/null || code=$?
    out=$(cat "$work/.out") errors=$(cat "$work/.err")
    same "$1" "$code"
}

mv deploy "it's my deploy"
commit "A folder with blanks and a quote"
run 1 diff -f "it's my deploy" --adopt=never --allow-delete ConfigMap/web -n shop -l '!x'
has "Do it:   cmx-reconcile apply -f 'it'\\''s my deploy' -n shop -l '!x' --adopt=never --allow-delete ConfigMap/web"
copied 1 Details
has "+ apiVersion: v1"
run 1 diff -f "it's my deploy" -n shop -l '!x'
copied 0 "Do it" --yes
mv "it's my deploy" deploy
commit "And back"
run 0 apply -f deploy -l '!x' --yes
run 3 apply -f deploy --yes
copied 0 "If this is meant" --yes

# A refusal repeats all but the value that was too small.
config one a=1 | write deploy/more/one.yaml
for i in two three four five six; do config "$i" a=1 | write "deploy/more/$i.yaml"; done
commit "Six more"
run 0 apply -f deploy --yes
rm -r deploy/more
commit "And none"
run 3 apply -f deploy --yes --prune-budget 1
lacks "--prune-budget 1 "
copied 0 "If this is meant" --yes
has "6 deleted"

# What is not said again: how to print, and what was a word for one run only.
config web a=9 | write deploy/web.yaml
run 1 diff -f deploy -q
same "" "$(hint Details)"
run 1 diff -f deploy -v --concurrency 3 --log-level error
has "Do it:   cmx-reconcile apply -f deploy"
lacks "concurrency"

# -l without a match is told as such, and never touches what is there.
run 0 apply -f deploy -l nothing=here --yes
has "no object of the source matches -l nothing=here" "Nothing is deleted"

# A subject of a commit moves no cursor and hides no target.
commit "$(printf '\033[2J\033[31mred %0100d' 0)"
run 1 diff -f deploy
lacks $'\033'
has '"?[2J?[31mred 0' '…" → directory out, namespace shop'
finish
