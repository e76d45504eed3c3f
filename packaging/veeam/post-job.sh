#!/bin/sh
# Veeam's post-job script on Linux: lets copies run again. Its exit code is plugback's.
# Veeam starts it in whatever folder and environment: everything is named in full. More: docs/veeam.md

program=${PLUGBACK_PROGRAM:-/usr/bin/plugback}
config=${PLUGBACK_CONFIG:-/etc/plugback/config.ini}
log=${PLUGBACK_VEEAM_LOG:-/var/log/plugback/veeam.log}

# Veeam's own folder may have been removed meanwhile.
cd /
# What cannot go into the log is for Veeam to see.
exec "$program" veeam-unlock --config "$config" --log "$log" "$@" >&2
