# Holds, in a folder as the target: set, shown, kept by runs, ended, and what they keep from being done.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
here=${CMX_SOURCE:?}
export TZ=UTC
me=$(id -un)@$(hostname)
valid() {
    same "" "$(python3 "$here/tests/cli/schema.py" "$here/schemas/output-$1.schema.json" <<<"$out" 2>&1)"
}
shop
config gone a=1 | write deploy/gone.yaml
commit "One more"
run 0 apply -f deploy --yes

# --- what cannot be held
run 2 hold -f deploy --reason "who knows"
has "which object?"
run 2 hold ConfigMap/web -f deploy
has "--reason TEXT"
run 2 hold ConfigMap/web -f deploy --for 0 --reason x
has "--for"
run 2 hold ConfigMap/web --reason x
has "--project NAME"
run 2 hold web -f deploy --reason x
has "expected Kind/name"
run 2 hold ConfigMap/web -f deploy --reason "$(printf 'x%.0s' $(seq 401))"
run 1 hold ConfigMap/wob -f deploy --reason x
has "no such object (did you mean ConfigMap/web?)"
run 1 unhold ConfigMap/web -f deploy
has "ConfigMap/web is not held"
run 1 unhold ConfigMap/wob -f deploy
has "did you mean ConfigMap/web?"

# --- held: shown with what waits; alone it is no difference, and the rest goes on
run 0 hold ConfigMap/web -f deploy --for 1h --reason "debugging the pool"
has "ConfigMap/web is held until " "(60 min): debugging the pool" "Let it go: cmx-reconcile unhold -f deploy ConfigMap/web"
run 0 hold ConfigMap/gone -f deploy --reason forensics
run 0 diff -f deploy
has "‖ ConfigMap/web" "held by $me until " ": debugging the pool (nothing waits)" "2 held, 1 unchanged"
config web a=2 b=3 | write deploy/web.yaml
rm deploy/gone.yaml
commit "Change web, remove gone"
run 0 diff -f deploy
has "(2 fields wait)" "held by $me: forensics (its deletion waits)" "2 held, 1 unchanged"
lacks "data.a"
run 0 diff -f deploy -v
has "data.a 1 → 2" "data.b + 3"
config api a=2 | write deploy/api.yaml
commit "Change api"
run 1 diff -f deploy
run 0 apply -f deploy --yes
has "‖ ConfigMap/web" "✓ ConfigMap/api" "1 changed, 2 held"
same '  a: "1"' "$(grep ' a:' out/shop/ConfigMap_web.yaml)"
same '  a: "2"' "$(grep ' a:' out/shop/ConfigMap_api.yaml)"
[ -f out/shop/ConfigMap_gone.yaml ] || wrong "a held object was pruned"
run 0 apply -f deploy --yes # nobody is asked, nothing is done, and the holds are still there
has "2 held, 1 unchanged"
run 0 apply -f deploy        # not even where nobody could be asked

# --- JSON, and status with every hold
run 0 diff -f deploy -o json && valid plan
same "hold hold change delete" "$(python3 -c '
import json, sys
changes = json.load(sys.stdin)["targets"][0]["changes"]
print(*[c["action"] for c in changes], *sorted(c["heldBack"] for c in changes))' <<<"$out")"
run 0 apply -f deploy --yes -o json && valid plan
sed -i 's/"1"/"7"/' out/shop/ConfigMap_web.yaml
rm out/shop/ConfigMap_gone.yaml
run 0 status -f deploy
has "held by $me until " ": debugging the pool; changed since the last apply" \
    "held by $me: forensics; deleted by another" "3 objects: 2 held"
run 0 status -f deploy -o json && valid status
same "True True $me" "$(python3 -c '
import json, sys
holds = json.load(sys.stdin)["sets"][0]["holds"]
print(*[h["member"] for h in holds], holds[0]["by"])' <<<"$out")"

# --- hold and unhold as JSON
run 0 hold ConfigMap/api -f deploy --for 1h --reason "a look" -o json && valid hold
same "shop ConfigMap shop api $me a look True" "$(python3 -c '
import json, sys
document = json.load(sys.stdin)
hold = document["hold"]
print(document["set"], hold["kind"], hold["namespace"], hold["name"], hold["by"], hold["reason"],
      hold["since"] < hold["until"])' <<<"$out")"
run 0 unhold ConfigMap/api -f deploy -o json && valid hold
same "ConfigMap api" "$(python3 -c '
import json, sys
object = json.load(sys.stdin)["unheld"]
print(object["kind"], object["name"])' <<<"$out")"
run 1 unhold ConfigMap/api -f deploy -o json
valid error
run 2 hold ConfigMap/api -f deploy -o json
valid error

# --- what was deleted and left the source is forgotten; its hold is then told as nobody's
run 1 diff -f deploy
has "· ConfigMap/gone"
run 0 apply -f deploy --yes
run 0 diff -f deploy
has "No member of the set: ConfigMap/gone, held by $me: forensics."
run 0 status -f deploy
has "No member of the set: ConfigMap/gone"
run 0 status -f deploy -o json && valid status
run 0 unhold ConfigMap/gone -f deploy
has "ConfigMap/gone is held no more"
run 0 diff -f deploy
lacks "ConfigMap/gone"

# --- delete by name wants it let go first, and then nothing of the set is deleted
run 3 delete ConfigMap/web -f deploy --yes
has "held by $me until " "If this is meant: cmx-reconcile unhold -f deploy ConfigMap/web"
run 3 delete -f deploy --project shop --yes
[ -f out/shop/ConfigMap_api.yaml ] || wrong "deleted beside a hold"

# --- what a later version writes is kept; what has ended counts as none, and goes at the next write
python3 - <<'END'
import json
record = json.load(open("out/.cmx/set"))
record["holds"][0]["purpose-of-later"] = {"to": 3}
record["holds"].append(dict(record["holds"][0], name="api", until="2026-01-01T00:00:00Z"))
json.dump(record, open("out/.cmx/set", "w"))
END
run 0 diff -f deploy
has "1 held, 1 unchanged"
run 0 hold ConfigMap/api -f deploy --for 2h --reason more
same "web api {'to': 3}" "$(python3 -c '
import json; holds = json.load(open("out/.cmx/set"))["holds"]
print(*[h["name"] for h in holds], holds[0]["purpose-of-later"])')"
run 0 hold ConfigMap/api -f deploy --reason $'two\n✓ lines' # a reason makes no line of its own
has ": two ✓ lines"
run 0 diff -f deploy
has ": two ✓ lines"
run 0 hold ConfigMap/api -f deploy --reason longer # in place of the other
run 0 status -f deploy
has "held by $me: longer" "2 objects: 2 held"
run 0 unhold ConfigMap/api -f deploy
run 0 unhold ConfigMap/web -f deploy
run 1 diff -f deploy
has "data.a 7 → 2"
run 0 apply -f deploy --yes
run 0 diff -f deploy

# --- on the object itself; in a manifest it is an error
sed -i 's/^metadata:/metadata:\n  annotations: { cmx.dev\/hold: "by hand" }/' out/shop/ConfigMap_web.yaml
run 0 diff -f deploy
has "‖ ConfigMap/web" "held (annotation): by hand"
run 1 unhold ConfigMap/web -f deploy
has "held by the annotation cmx.dev/hold in its file"
sed -i '/cmx.dev.hold/d' out/shop/ConfigMap_web.yaml
run 0 diff -f deploy
config web a=2 b=3 | sed 's/name: web }/name: web, annotations: { cmx.dev\/hold: no } }/' | write deploy/web.yaml
run 2 validate -f deploy
has "web.yaml:3:" "\`cmx.dev/hold\` is for live objects alone" "kubectl annotate"
git checkout -q deploy/web.yaml

# --- damaged by hand: nobody takes it for none
sed -i 's/"name": "shop"/"name": "shop", "holds": [ {} ]/' out/.cmx/set
run 6 apply -f deploy --yes
has "a hold has no kind"
sed -i 's/, "holds": \[ {} \]//' out/.cmx/set
run 0 diff -f deploy

# --- no more than a record can bear
python3 - <<'END'
import json
record = json.load(open("out/.cmx/set"))
record["holds"] = [{"kind": "ConfigMap", "name": f"c{i}", "reason": "x"} for i in range(64)]
json.dump(record, open("out/.cmx/set", "w"))
END
run 3 hold ConfigMap/web -f deploy --reason "one more"
has "64 holds already"

# --- many at once, beside runs: none is lost
git checkout -q deploy
python3 - <<'END'
import json
record = json.load(open("out/.cmx/set"))
del record["holds"]
json.dump(record, open("out/.cmx/set", "w"))
END
for i in $(seq 12); do config "c$i" a=1 | write "deploy/c$i.yaml"; done
commit "Twelve more"
run 0 apply -f deploy --yes
for i in $(seq 12); do config "c$i" a=2 | write "deploy/c$i.yaml"; done
commit "Change all of them"
running=()
for i in $(seq 12); do
    "$CMX" hold "ConfigMap/c$i" -f deploy --reason "number $i" >"$work/hold$i" 2>&1 &
    running+=($!)
    "$CMX" apply -f deploy --yes >"$work/apply$i" 2>&1 &
    running+=($!)
done
for process in "${running[@]}"; do
    wait "$process" || wrong "one of them failed: $(cat "$work"/hold* "$work"/apply*)"
done
same 12 "$(python3 -c 'import json; print(len(json.load(open("out/.cmx/set"))["holds"]))')"

# --- a set that goes to two places: each keeps the holds of its own objects
git checkout -q -f
rm -rf out
{ cat deploy/project.yaml; printf -- '---\napiVersion: cmx.dev/v1\nkind: Cluster\nmetadata: { name: second }\nspec: { directory: two }\n'; } >"$work/both"
write deploy/project.yaml <"$work/both"
config far a=1 | sed 's/name: far }/name: far, annotations: { cmx.dev\/cluster: second } }/' | write deploy/far.yaml
commit "Another place"
run 0 apply -f deploy --yes --take-set
run 0 hold ConfigMap/far -f deploy --reason there
same "0 1" "$(grep -c '"reason"' out/.cmx/set) $(grep -c '"reason"' two/.cmx/set)"
run 0 diff -f deploy
has "‖ ConfigMap/far"
run 1 hold ConfigMap/fur -f deploy --reason nowhere
run 0 unhold ConfigMap/far -f deploy
lacks "‖"
finish
