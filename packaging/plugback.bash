# Completion of plugback's commands and options for bash.

_plugback() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands='run disks enroll check status history serve veeam-lock veeam-unlock timemachine nightshift outbox clean-up mirror install uninstall demo'
    local common='--config --json --language --help'
    COMPREPLY=()

    case $previous in
        --config)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --language)
            mapfile -t COMPREPLY < <(compgen -W 'en de' -- "$current")
            return
            ;;
        --uuid | enroll)
            if [[ $current != -* ]]; then
                # Whatever filesystems udev knows of; asking plugback itself would take root's rights.
                mapfile -t COMPREPLY < <(compgen -W "$(ls /dev/disk/by-uuid 2>/dev/null)" -- "$current")
                return
            fi
            ;;
        nightshift)
            if [[ $current != -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'cancel import' -- "$current")
                return
            fi
            ;;
        import)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --job | --timeout) return ;;
        -c | --list-name | -a | --add | -r | --remove | --to)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        -cl | --cl | --list-folder | -d | --destination)
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return
            ;;
        --at | --version | --keep) return ;;
        --mail | --limit)
            [[ ${COMP_WORDS[1]} != check ]] && return
            ;;
    esac

    local options=$common
    case ${COMP_WORDS[1]} in
        run) options+=' --uuid --dry-run --allow-deletes --web' ;;
        enroll | check) options+=' --mail' ;;
        history) options+=' --limit' ;;
        veeam-lock) options+=' --job --timeout --log' ;;
        veeam-unlock) options+=' --job --log' ;;
        timemachine)
            options+=' --list-name --list-folder --destination --list --add --remove'
            local subcommands='add remove list run watch versions restore diff thin'
            if ((COMP_CWORD == 2)) && [[ $current != -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$subcommands" -- "$current")
                return
            fi
            case ${COMP_WORDS[2]} in
                restore) options+=' --at --version --to' ;;
                diff) options+=' --at --version' ;;
                thin) options+=' --keep --dry-run' ;;
            esac
            if [[ $current != -* ]]; then
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
                return
            fi
            ;;
        outbox) options+=' --send' ;;
        clean-up) options+=' --uuid' ;;
        mirror) options+=' --every --max --log --dry-run --checksum --max-delete-percent --allow-deletes --wait' ;;
        nightshift) options+=' --now --once --dry-run' ;;
        install) options+=' --dry-run --nightshift --timemachine' ;;
        uninstall) options+=' --dry-run' ;;
    esac
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    fi
}
complete -F _plugback plugback
