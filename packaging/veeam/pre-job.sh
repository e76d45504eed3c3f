#!/bin/sh
# Veeam's pre-job script on Linux: waits for a copy that runs, then keeps copies away. Its exit code is plugback's.
# Veeam starts it in whatever folder and environment: everything is named in full. More: docs/veeam.md

program=${PLUGBACK_PROGRAM:-/usr/bin/plugback}
config=${PLUGBACK_CONFIG:-/etc/plugback/config.ini}
log=${PLUGBACK_VEEAM_LOG:-/var/log/plugback/veeam.log}

# No log is no reason to let Veeam write into a copy.
(: >>"$log") 2>/dev/null || log=/dev/null
exec "$program" veeam-lock --config "$config" "$@" >>"$log" 2>&1
