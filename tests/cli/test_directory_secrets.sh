# Secrets and a folder as the target: refused, written with mode 0600, or left out; never masked.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
run 0 apply -f deploy --yes
secret db s3cret-one | write deploy/db.yaml
commit "Add a Secret"
hidden=(s3cret-one "$(printf s3cret-one | base64)")

run 3 diff -f deploy
has "Secret/db"
lacks "${hidden[@]}"
run 3 apply -f deploy --yes
has "Secret/db" "secrets: write"
lacks "${hidden[@]}"
same "" "$(grep -rl "${hidden[1]}" out)"

project "secrets: write"
commit "Write them"
umask 022
run 0 apply -f deploy --yes
lacks "${hidden[@]}"
same "600" "$(stat -c %a out/shop/Secret_db.yaml)"
same "644" "$(stat -c %a out/shop/ConfigMap_web.yaml)"
same "" "$(grep -l "${hidden[1]}" out/.cmx/set)"
run 0 diff -f deploy

secret db s3cret-two | write deploy/db.yaml
hidden+=(s3cret-two "$(printf s3cret-two | base64)")
for how in "" --full "-o json"; do
    # shellcheck disable=SC2086
    run 1 diff -f deploy $how
    has db password
    lacks "${hidden[@]}"
done
chmod 644 out/shop/Secret_db.yaml
run 0 apply -f deploy --yes
lacks "${hidden[@]}"
same "600" "$(stat -c %a out/shop/Secret_db.yaml)"
commit "Another password"

# Left out: the others are written, nothing masked stands there.
rm -r out
project "secrets: leave-out"
commit "Leave them out"
run 0 apply -f deploy --yes
same "" "$(find out -name 'Secret*')"
same "" "$(grep -rl password out)"
run 0 diff -f deploy
finish
