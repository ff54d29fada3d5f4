# fixture: a git repository whose Project goes to a folder of it, with no cluster at all.
# Sourced by the tests beside it, after ../expect.sh.
export GIT_CONFIG_NOSYSTEM=1 XDG_CACHE_HOME=$work/cache HOME=$work KUBECONFIG=$work/none
unset GIT_DIR GIT_WORK_TREE NO_COLOR 2>/dev/null || true

# config NAME VALUE…: a ConfigMap on standard output.
config() {
    local name=$1 pair
    shift
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: %s }\ndata:\n' "$name"
    for pair; do printf '  %s: "%s"\n' "${pair%%=*}" "${pair#*=}"; done
}

# secret NAME VALUE: a Secret on standard output.
secret() {
    printf 'apiVersion: v1\nkind: Secret\nmetadata: { name: %s }\nstringData: { password: "%s" }\n' "$1" "$2"
}

# project [CLUSTER_FIELD]: the Project and its Cluster, a folder "out".
project() {
    write deploy/project.yaml <<END
apiVersion: cmx.dev/v1
kind: Project
metadata: { name: shop }
spec: { namespace: shop, cluster: rendered }
---
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: rendered }
spec: { directory: out${1:+, $1} }
END
}

# shop: a repository with a Project and two ConfigMaps, committed.
shop() {
    new_repository
    project "${1:-}"
    config web a=1 | write deploy/web.yaml
    config api a=1 | write deploy/api.yaml
    commit "Add the shop"
    cd "$repo" || exit 1
}
