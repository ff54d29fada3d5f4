# A diff stays within 80 columns, whatever is long: a name, a field, a value, a sentence.
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
workload() { # NAME IMAGE CPU
    cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1, annotations: { note: "$3" } }
spec:
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec:
      containers:
        - name: main
          image: $2
          env: [ { name: AN_ENVIRONMENT_VARIABLE_WITH_A_NAME, valueFrom: { configMapKeyRef: { name: web, key: a } } } ]
          resources: { limits: { example.org/gpu: "$3" } }
END
}
narrow() {
    local line
    while IFS= read -r line; do
        checks=$((checks + 1))
        [ ${#line} -le 80 ] || wrong "more than 80 columns: $line"
    done <<<"$out"
}
apply() { # IMAGE CPU
    for name in reader the-one-with-a-name-that-takes-nearly-half-of-the-terminal; do
        workload $name "$@" | write deploy/$name.yaml
    done
}
apply registry.example.org/shop/reader:1.4.0-alpha 1
run 0 apply -f deploy --yes
apply registry.example.org/shop/reader:1.5.0-alpha 2
config web a=2 | write deploy/web.yaml
run 1 diff -f deploy
narrow
has "~ ConfigMap/web         data.a 1 → 2                                      commit" \
    "~ Deployment/reader     metadata.annotations.note 1 → 2                   commit" \
    "…org/shop/reader:1.4.0-alpha →" "…org/shop/reader:1.5.0-alpha"
# what stands below a long name has the cause at its end, and the name stands alone
has "half-of-the-terminal
    metadata.annotations.note 1 → 2                                       commit"
config web a=3 | write deploy/web.yaml
apply registry.example.org/shop/reader:1.4.0-alpha 1
run 1 diff -f deploy
narrow
has "no pod will notice" "Deployment/reader"
sed -i 's/annotations: {/annotations: { cmx.dev\/restart-on: config,/' deploy/reader.yaml
run 1 diff -f deploy
narrow
has "cmx.dev/config-hash" "rolls 1 workload"

# Of long texts that begin and end alike, where they differ.
write deploy/long.yaml <<END
apiVersion: v1
kind: ConfigMap
metadata: { name: long }
data: { page: "a first line\\nof many that are all the same\\nbut for one word here\\nand a last line that is the same" }
END
run 0 apply -f deploy --yes
sed -i 's/one word/two words/' deploy/long.yaml
run 1 diff -f deploy
narrow
has "…but for one word here" "…but for two words here"

# A table of what runs: below its row what finds no room beside it; in a pipe one line an object.
apply registry.example.org/a-department/with-many-teams/shop/reader:1.4.0-alpha 1
run 0 apply -f deploy --yes
run 0 status -f deploy
has "Deployment/reader  present   "
if command -v script >/dev/null; then
    out=$(script -qec "stty cols 80; TERM=xterm $CMX status -f deploy" /dev/null </dev/null | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g')
    narrow
    has $'\n    registry.example.org/a-department/with-many-teams/shop/reader:1.4.0-alpha'
    lacks " "$'\n'
fi

# What is refused: in a log on one line, which is searched for; on a terminal within its width.
sed -i 's/annotations: {/annotations: { cmx.dev\/restart-on: config,/' deploy/reader.yaml
run 3 diff -f deploy/reader.yaml
refusal=$(grep '^! Deployment/reader: it restarts with ConfigMap/web, .* the whole source$' <<<"$out")
same 1 "$(awk 'length > 80' <<<"$refusal" | wc -l)"
if command -v script >/dev/null; then
    out=$(script -qec "stty cols 80; TERM=xterm $CMX diff -f deploy/reader.yaml" /dev/null </dev/null | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g')
    narrow
    has "$(fold -s -w 80 <<<"$refusal" | head -n 1 | sed 's/ *$//')"$'\n      '
fi
finish
