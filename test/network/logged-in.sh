#!/bin/sh
# What the computer's sshd runs instead of any command: what would touch this machine's clock or power is recorded.
# All namespaces share one clock and one power switch.
folder=$1
command=$SSH_ORIGINAL_COMMAND
printf '%s\n' "$command" >> "$folder/commands"
case $command in
    *systemctl*)
        # Off, once ssh has said good-bye.
        (sleep 1; ip address del "$(cat "$folder/address")" dev eth0) > /dev/null 2>&1 &
        ;;
    *chronyd* | *date*--set*) ;;
    'date +%s.%N') cat "$folder/time" 2> /dev/null || date +%s.%N ;;
    *who*) cat "$folder/who" 2> /dev/null || true ;;
    'rsync --server '*) exec sh -c "$command" ;;
    *) echo "not allowed: $command" >&2; exit 1 ;;
esac
