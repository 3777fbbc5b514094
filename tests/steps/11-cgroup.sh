#!/usr/bin/env bash
# The program in real control groups on this machine: tests/cli/cgroup.rs. Exit status 77: skipped,
# because no group can be made here; the last line says why.
# quick: yes
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

skip() {
    echo "skipped: $1"
    exit 77
}

[[ $(uname -s) == Linux ]] || skip "control groups are Linux's"
((EUID == 0)) || skip "making a control group takes root"
place=/sys/fs/cgroup limit=memory.max
if grep -q ':\(.*,\)\?memory\(,.*\)\?:' /proc/self/cgroup; then
    place=/sys/fs/cgroup/memory limit=memory.limit_in_bytes
fi
group=$place/openclaw-test-$$
mkdir "$group" 2>/dev/null || skip "$place is not writable, or no control group hierarchy"
found=$(echo "$group"/memory.*)
rmdir "$group"
[[ $found == *"/$limit"* ]] || skip "$place has no memory controller for groups below it"
# In a container root may do one, but not the other.
unshare --mount mount -t tmpfs none /mnt 2>/dev/null || skip "nothing can be mounted here"

exec cargo test --release --locked --test cli -- --ignored --test-threads=1 cgroup_
