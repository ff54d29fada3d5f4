# Images that only BuildKit can build, by docker's plugin buildx (buildkit.sh), and where its builder
# is gone.
# labels: cluster
# timeout: 240
client=buildx
. "$CMX_SOURCE/tests/cli/buildkit.sh"

# --- nobody is there
docker buildx create --name away --driver remote --use "unix://$work/nothing.sock" >"$work/log" 2>&1
run 5 build -f deploy/ --push
has 'docker buildx, its builder "away": failed to build: context deadline exceeded'
finish
