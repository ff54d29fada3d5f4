# The example shop: one apply takes it from a fresh git repository to healthy pods of images that
# it built itself, two natively and one with a RUN through Docker, and pushed to a real registry
# that the node pulls from; the second plans nothing. kubectl agrees with the rendered output; the
# plan does not depend on the order of the input.
# labels: cluster
# timeout: 300
#
# The registry is reached through a relay that notes each request; it stands for Docker Hub, too.
. "$(dirname "$0")/cluster.sh"
. "$CMX_SOURCE/tests/cluster/relay.sh"
. "$CMX_SOURCE/tests/providers/docker/engine_test.sh"
tidy() {
    engine_end
    relay_end
    # The shop has a namespace and cluster-scoped objects of its own.
    "$CMX" delete --project shop -n shop --yes >/dev/null 2>&1
    kubectl delete namespace shop "$ns" --ignore-not-found --wait=false >/dev/null 2>&1
}
kubectl delete namespace shop --ignore-not-found --timeout=60s >/dev/null 2>&1
kubectl delete crd campaigns.shop.example.org --ignore-not-found --timeout=60s >/dev/null 2>&1
relay_start
engine_start docker reach "$port"

# As the README says: the example, with a registry of one's own.
cp -r "$CMX_SOURCE/examples/shop/." .
sed -i "s|registry.example/shop|$place|" deploy/*.yaml
commit "Add the shop"
objects=$("$CMX" render -f deploy --show-secrets | grep -c '^kind: ')
shop() { local code=$1 command=$2; shift 2; run "$code" "$command" -f deploy --registry-mirror "docker.io=http://127.0.0.1:$port" "$@"; }
digest() { skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$CMX_REGISTRY/$ns/$1:latest"; }
serving() { # LABEL FIELD, of pods that serve, without those that are going
    kubectl -n shop get pods -l "app=$1" -o json | jq -r '.items[]
        | select(.metadata.deletionTimestamp == null and .status.containerStatuses[0].ready) | '"$2" | sort -u
}
page() { curl -fsS --max-time 5 "http://$(serving "$1" .status.podIP | head -n 1):8080/${2-}"; }

# --- from a fresh repository to healthy pods ---
shop 1 diff
has "$objects create" "Image/web" "build (services/api), by docker: RUN at Dockerfile:4"
begun=$EPOCHREALTIME
shop 0 apply --yes
echo "the one apply: $(awk "BEGIN { printf \"%.1f s\", $EPOCHREALTIME - $begun }")"
has "✓ Image/web" "✓ Image/api" "✓ Image/billing" "✓ Job/migrate" "$objects created"
lacks failed
# Its autoscaler comes to api some seconds later: no pod is to be on its way from here on.
for _ in {1..300}; do
    [ "$(kubectl -n shop get deployment api -o jsonpath='{.spec.replicas}')" = 2 ] && break
    sleep 0.2
done
kubectl -n shop rollout status deployment/api --timeout=60s >/dev/null
same "" "$(kubectl -n shop get pods --field-selector=status.phase!=Running,status.phase!=Succeeded -o name)"
for app in web api billing; do
    same "$place/$app@$(digest $app)" "$(serving "$app" '.spec.containers[0].image')"
done
same "migrated shop" "$(kubectl -n shop logs job/migrate)"
same '{"tea": 3.20, "coffee": 4.10, "cake": 5}' "$(page api prices.json)"
[[ $(page web) == *"Two for one, this week only"* ]] || wrong "the page says: $(page web)"

# --- the second plans nothing: a HEAD for each image, for each of its tags, and for their base ---
: >"$work/requests"
shop 0 diff
has "$((objects + 3)) unchanged"
echo "requests of the second: $(sort "$work/requests" | uniq -c | tr -s ' \n' ' ;')"
same 3 "$(requests "^HEAD /v2/$ns/[a-z]*/manifests/cmx-")"
same 3 "$(requests "^HEAD /v2/$ns/[a-z]*/manifests/latest")"
same 1 "$(requests '^HEAD /v2/library/busybox/manifests/1.36')"
same 7 "$(requests .)"
shop 0 apply --yes
run 0 status --project shop -n shop

# kubectl, asked with our field manager, finds nothing to change in what we render, but for the
# digests of the images. The label of the set is put on by apply, so that it is taken out of what
# kubectl shows; and kubectl shows the labels that the server itself puts on a Job's template as
# new each time.
"$CMX" render -f deploy --show-secrets >"$work/rendered.yaml"
for app in web api billing; do
    sed -i "s|image: $place/$app\$|&@$(digest $app)|" "$work/rendered.yaml"
done
kubectl diff --server-side --field-manager=cmx-reconcile -f "$work/rendered.yaml" >"$work/differs" 2>&1
same "" "$(grep '^[+-] ' "$work/differs" | grep -v -e applyset.kubernetes.io/part-of -e 'labels: *$' -e 'generation:' -e 'resourceVersion:' -e controller-uid -e job-name)"

# The same objects in one file, in reverse: the same plan.
tac_documents() {
    python3 -c 'import sys; d=sys.stdin.read().split("\n---\n"); print("\n---\n".join(reversed(d)))'
}
mkdir "$work/reversed"
for file in deploy/*.yaml; do cat "$file"; printf '\n---\n'; done | tac_documents >"$work/reversed/all.yaml"
"$CMX" render -f deploy --show-secrets >"$work/rendered.yaml"
"$CMX" render -f "$work/reversed" --show-secrets >"$work/reversed.rendered"
same "" "$(diff "$work/rendered.yaml" "$work/reversed.rendered")"

# --- a commit to two services: the third is left alone; the Job is made anew, then billing rolls ---
web=$(kubectl -n shop get deployment web -o jsonpath='{.metadata.generation}')
sed -i 's/tea,3.20/tea,3.50/' services/api/prices.csv
sed -i 's/migrated/migrated again/' services/billing/migrate
commit "Raise the price of tea"
shop 1 diff
has "Image/api" "by docker" "~ Deployment/api" "± Job/migrate" "~ Deployment/billing" "rolls 2 workloads"
lacks "Image/web" "Deployment/web"
shop 0 apply --yes
has "2 built, 2 changed, 1 replaced"
same '{"tea": 3.50, "coffee": 4.10, "cake": 5}' "$(page api prices.json)"
same "migrated again shop" "$(kubectl -n shop logs job/migrate)"
same "$web" "$(kubectl -n shop get deployment web -o jsonpath='{.metadata.generation}')"
shop 0 diff

# It goes as it came.
run 0 delete --project shop -n shop --yes --allow-delete CustomResourceDefinition/campaigns.shop.example.org --allow-delete Namespace/shop
finish
