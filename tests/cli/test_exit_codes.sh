# Exit codes that need no cluster, as a table: code | words expected | command line.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
run 0 apply -f deploy --yes
mkdir wrong more refused broken
echo 'kind: ConfigMap' >wrong/a.yaml
config web a=5 >more/web.yaml
cp deploy/project.yaml more/
{ cat deploy/project.yaml; echo ---; secret db hidden; } >refused/all.yaml
touch "$work/file"

while IFS='|' read -r code words line; do
    case $code in '' | '#'*) continue ;; esac
    read -ra arguments <<<"$line"
    run "${code// /}" "${arguments[@]}"
    words=${words# } words=${words%"${words##*[! ]}"}
    [ -z "$words" ] || has "$words"
    lacks AddressSanitizer "runtime error"
done <<'END'
# done
0 | cmx-reconcile          | version
0 | Usage                  | help
0 | Usage                  | help apply
0 | Usage                  | apply --help
0 | Usage                  | diff -h
0 | nothing is wrong       | validate -f deploy
0 | kind: ConfigMap        | render -f deploy
0 | unchanged              | diff -f deploy
0 | unchanged              | plan -f deploy
0 | unchanged              | diff -fdeploy
0 | unchanged              | diff -f=deploy
0 | unchanged              | diff --filename=deploy
0 | unchanged              | diff --filename deploy
0 | unchanged              | diff -vf deploy --full --full --
0 | unchanged              | diff -f deploy --no-prune=true --no-prune=false
0 | unchanged              | diff -f deploy -n=shop -l=
0 | no object of the source matches -l app=web | diff -f deploy -l app=web
0 | kind: ConfigMap        | render -f deploy -o yaml
0 | unchanged              | apply -f deploy --yes
0 | ConfigMap/web          | status -f deploy
0 | pruneBudget            | explain Project.spec.pruneBudget
# the answer is no
1 | data.a                 | diff -f more --take-set
1 | no kind                | explain Nothing
1 | did you mean Project   | explain Projct
1 | spec.pruneBudget       | explain Project.spec.pruneBudgt
# usage, each with what would be right
2 | --directory-root nowhere: No such file | diff -f deploy --directory-root nowhere
2 | Usage                  |
2 | did you mean apply     | aply -f deploy
2 | did you mean status    | statsu
2 | did you mean --filename | diff --flename=deploy
2 | did you mean --filename | diff --filenam deploy
2 | unknown option --force; | apply -f deploy --force --yes
2 | unknown option --prune; | diff -f deploy --prune
2 | unknown option --bogus | diff deploy --bogus
2 | unknown option -Z      | diff -qZ
2 | help diff              | diff -Z
2 | the command comes first | -f deploy diff
2 | expected nothing, true or false | apply -f deploy --dry-run=client
2 | the value is empty     | diff -f deploy --context=
2 | the value is empty     | diff --filename=
2 | the value is empty     | diff -f deploy -n=
2 | cannot be the name     | diff -f deploy -n Bad_Name
2 | at least 1             | diff -f deploy --concurrency 0
2 | -f needs a value       | diff -qf
2 | --from                 | apply -f deploy --from HEAD
2 | unknown option         | validate -f deploy --yes
2 | needs a value          | diff -f
2 | needs a value          | diff --git
2 | no source              | diff
2 | no source              | apply --yes
2 | -f nowhere             | diff -f nowhere
2 | unexpected argument    | diff deploy
2 | unexpected argument    | diff -f deploy -- more
2 | unexpected argument "now" | version now
2 | yaml, json             | render -f deploy -o text
2 | 90s, 5m                | apply -f deploy --timeout 90 --yes
2 | 90s, 5m                | apply -f deploy --timeout -1s --yes
2 | text, json             | diff -f deploy -o xml
2 | auto, always, never    | diff -f deploy --colour=maybe
2 | unowned, never, all    | diff -f deploy --adopt=some
2 | expected a number      | diff -f deploy --concurrency many
2 | --concurrency          | diff -f deploy --concurrency 100000
2 | expected a number      | diff -f deploy --prune-budget lots
2 | expected Kind/name     | diff -f deploy --allow-delete web
2 | 90s, 5m                | apply -f deploy --timeout soon --yes
2 | error, warning         | diff -f deploy --log-level loud
2 | selector "=="          | diff -f deploy -l ==
2 |                        | diff -f deploy --git https://example.org/x.git
2 | no command "aply"      | help aply
2 | bash                   | completion tcsh
2 | bash                   | completion
2 | no command             | man aply
# manifests
2 | apiVersion             | validate -f wrong
2 | Nothing was changed    | apply -f wrong --yes
2 | Nothing was changed    | diff -f wrong
2 | no terminal            | apply -f more --take-set
# refused
3 | --take-set             | diff -f more
3 | --show-secrets         | render -f refused
# not reachable
4 |                        | diff --git file:///nowhere/at/all --path deploy
END

# Standard output that is full is local input and output.
if [ -w /dev/full ]; then
    last="render >/dev/full"
    "$CMX" render -f deploy >/dev/full 2>"$work/.err"
    same 6 $?
    "$CMX" help >/dev/full 2>"$work/.err"
    same 6 $?
fi
# A reader that goes away has what it wanted: no crash, no complaint, no code of its own.
last="render | true"
{ sleep 0.2; "$CMX" render -f deploy 2>"$work/.err"; echo $? >"$work/code"; } | true
same "" "$(<"$work/.err")"
same 0 "$(<"$work/code")"
# No home, no environment.
env -i "$CMX" diff -f deploy >"$work/.out" 2>"$work/.err"
same 0 $?
finish
