# Images that only BuildKit can build, by buildctl (buildkit.sh), and where nobody is there.
# labels: cluster
# timeout: 240
client=buildctl
. "$CMX_SOURCE/tests/cli/buildkit.sh"

# --- nobody is there
BUILDKIT_HOST=unix://$work/nothing.sock run 5 build -f deploy/ --push
has "nothing.sock"
PATH=/usr/bin:/bin BUILDKIT_HOST='' run 4 build -f deploy/ --push
has "BuildKit's own programs are not here"
finish
