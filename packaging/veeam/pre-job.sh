#!/bin/sh
# Veeam's pre-job script on Linux: waits for a copy that runs, then keeps copies away. Its exit code is plugback's.
# Veeam starts it in whatever folder and environment: everything is named in full. More: docs/veeam.md

program=${PLUGBACK_PROGRAM:-/usr/bin/plugback}
config=${PLUGBACK_CONFIG:-/etc/plugback/config.ini}
log=${PLUGBACK_VEEAM_LOG:-/var/log/plugback/veeam.log}

# Veeam's own folder may have been removed meanwhile.
cd /
# What cannot go into the log is for Veeam to see.
exec "$program" veeam-lock --config "$config" --log "$log" "$@" >&2
