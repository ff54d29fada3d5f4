# The example shop: from a git repository to healthy pods by one apply; the second plans nothing;
# kubectl agrees with the rendered output; the plan does not depend on the order of the input.
# labels: cluster
# timeout: 300
. "$(dirname "$0")/cluster.sh"
# The shop has a namespace and cluster-scoped objects of its own.
trap '"$CMX" delete --project shop -n shop --yes >/dev/null 2>&1
      kubectl delete namespace shop "$ns" --ignore-not-found --wait=false >/dev/null 2>&1; cleanup' EXIT
kubectl delete namespace shop --ignore-not-found --timeout=60s >/dev/null 2>&1
kubectl delete crd campaigns.shop.example.org --ignore-not-found --timeout=60s >/dev/null 2>&1
mkdir deploy
cp "$CMX_SOURCE"/examples/shop/*.yaml deploy/
commit "Add the shop"
objects=$("$CMX" render -f deploy --show-secrets | grep -c '^kind: ')

run 1 diff -f deploy
has "$objects create"
run 0 apply -f deploy --yes
has "$objects created"
lacks failed
same "" "$(kubectl -n shop get pods --field-selector=status.phase!=Running,status.phase!=Succeeded -o name)"
run 0 diff -f deploy
has "$objects unchanged"
run 0 apply -f deploy --yes
run 0 status --project shop -n shop

# kubectl, asked with our field manager, finds nothing to change in what we render. The label of
# the set is put on by apply, so that it is taken out of what kubectl shows; and kubectl shows the
# labels that the server itself puts on a Job's template as new each time.
"$CMX" render -f deploy --show-secrets >"$work/rendered.yaml"
kubectl diff --server-side --field-manager=cmx-reconcile -f "$work/rendered.yaml" >"$work/differs" 2>&1
same "" "$(grep '^[+-] ' "$work/differs" | grep -v -e applyset.kubernetes.io/part-of -e 'labels: *$' -e 'generation:' -e 'resourceVersion:' -e controller-uid -e job-name)"

# The same objects in one file, in reverse: the same plan.
tac_documents() {
    python3 -c 'import sys; d=sys.stdin.read().split("\n---\n"); print("\n---\n".join(reversed(d)))'
}
mkdir "$work/reversed"
for file in deploy/*.yaml; do cat "$file"; printf '\n---\n'; done | tac_documents >"$work/reversed/all.yaml"
"$CMX" render -f "$work/reversed" --show-secrets >"$work/reversed.rendered"
same "" "$(diff "$work/rendered.yaml" "$work/reversed.rendered")"

# It goes as it came.
run 0 delete --project shop -n shop --yes --allow-delete CustomResourceDefinition/campaigns.shop.example.org --allow-delete Namespace/shop
finish
