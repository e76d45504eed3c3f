#!/bin/bash
# Becomes a machine of its own: namespaces, a copy of a root folder in memory, systemd as process 1.
# usage: boot.sh ROOT LAYER CGROUP "loop80 loop81"
#   LAYER: a folder whose files are laid over the root's; its /root/before-boot, if there is one, is run in it
# The first process in the namespaces is this one's only child.
set -euo pipefail
root=$1 layer=$2 cgroup=$3 loops=$4

if [ "${5:-}" != inside ]; then
    # Its processes are counted below a group of their own, which it then takes for the root of all.
    mkdir -p "$cgroup/machine"
    echo $$ > "$cgroup/machine/cgroup.procs"
    exec unshare --mount --propagation private --pid --fork --kill-child=KILL --net --uts --ipc --cgroup \
        bash "$0" "$@" inside
fi

new=/mnt
mount -t tmpfs -o mode=755 machine "$new"
cp -a "$root/." "$new/"
cp -a "$layer/." "$new/"
mount -t proc proc "$new/proc"
# The kernel's settings belong to the machine outside.
mount --bind "$new/proc/sys" "$new/proc/sys"
mount -o remount,bind,ro "$new/proc/sys"
mount -t sysfs sysfs "$new/sys"
# Whatever goes wrong in here, the machine outside does not go to sleep.
if [ -d "$new/sys/power" ]; then mount -t tmpfs -o ro,mode=555 none "$new/sys/power"; fi
mount -t cgroup2 cgroup2 "$new/sys/fs/cgroup"

# devtmpfs would be the outside's own: here are only the devices that belong in.
mount -t tmpfs -o mode=755 dev "$new/dev"
mkdir "$new/dev/pts" "$new/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$new/dev/pts"
ln -s pts/ptmx "$new/dev/ptmx"
ln -s /proc/self/fd "$new/dev/fd"
while read -r name major minor; do mknod -m 666 "$new/dev/$name" c "$major" "$minor"; done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
console 1 3
DEVICES
for loop in $loops; do mknod -m 660 "$new/dev/$loop" b 7 "${loop#loop}"; done

if [ -e "$new/root/before-boot" ]; then chroot "$new" sh -e /root/before-boot </dev/null >&2; fi

# As after any start without an initial ramdisk, but for this: without devtmpfs, systemd listens to udev only if it seems to
# be there when systemd begins.
mount -t tmpfs -o mode=755 run "$new/run"
mkdir "$new/run/udev"
: > "$new/run/udev/control"

cd "$new"
pivot_root . mnt
umount -l /mnt
# systemd does this itself, but not in containers: what one unmounts goes from the sight of all.
mount --make-rshared /
exec env -i container=plugback-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init </dev/null >/dev/null 2>&1
