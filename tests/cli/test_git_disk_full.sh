# The disk under the git cache is full: told as such, at whatever write; with room again the next run goes on.
# labels: root
servers=$(cd "$(dirname "$0")/../providers/git" && pwd)
source "$(dirname "$0")/../expect.sh"
source "$(dirname "$0")/fixture.sh"
shop
mkdir "$work/served" "$work/small" "$work/served/repos"
mount -t tmpfs -o size=64k none "$work/small" || exit 1
tidy() {
    kill "${SERVER_PID:-}" 2>/dev/null
    umount "$work/small"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout "$work/served/key.pem" -out "$work/served/cert.pem" 2>/dev/null
git clone -q --mirror "$repo" "$work/served/repos/shop.git"
coproc SERVER { exec python3 "$servers/server.py" "$work/served"; }
read -r http _ <&"${SERVER[0]}"
export XDG_CACHE_HOME=$work/small/cache
url=http://127.0.0.1:$http/open/shop.git

news() { # SIZE: so many random bytes, which no pack makes smaller
    head -c "$1" /dev/urandom | write "deploy/rest"
    commit "News" && git push -q "$work/served/repos/shop.git" main
}
whole() {
    local cache
    for cache in "$XDG_CACHE_HOME"/cmx-reconcile/git/*/; do
        [ ! -e "$cache/cmx-url" ] || git --git-dir="$cache" fsck --full --no-dangling >"$work/fsck" 2>&1 ||
            wrong "the cache: $(cat "$work/fsck")"
    done
}

news 400000
full=0
for size in 4 8 16 24 32 48 64 96 128 256 512 700 900; do
    rm -rf "$XDG_CACHE_HOME"
    mount -o "remount,size=${size}k" "$work/small"
    if "$CMX" render --git "$url" --path deploy >"$work/.out" 2>"$work/.err"; then code=0; else code=$?; fi
    last="render with $size KiB" out=$(cat "$work/.out") errors=$(cat "$work/.err")
    [ "$code" = 0 ] || { full=$((full + 1)) && same 6 "$code" && has "No space left on device" "$XDG_CACHE_HOME"; }
    whole
done
[ "$full" -gt 5 ] || same "more than 5 full disks" "$full"
same 0 "$code" # of the largest

# --- a cache that works and cannot take the news: still whole, and used once there is room
news 600000
run 6 render --git "$url" --path deploy
has "No space left on device"
whole
mount -o remount,size=8m "$work/small"
run 0 render --git "$url" --path deploy
whole
same "" "$(find "$XDG_CACHE_HOME" -name 'tmp_*' -o -name '*.tmp' -o -name 'answer.*')"
finish
