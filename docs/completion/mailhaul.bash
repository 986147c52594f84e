# Made by 'mailhaul completion'; do not edit.
_mailhaul() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= second= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -*) ;;
        *)
            if [[ -z $command ]]; then
                command=${COMP_WORDS[i]}
            else
                second=${COMP_WORDS[i]}
                break
            fi
            ;;
        esac
    done
    if [[ -z $command ]]; then
        COMPREPLY=($(compgen -W 'backup restore migrate import export ls show history lost verify repair rebuild prune compare check config login logout run status demo version completion help --help --version' -- "$word"))
        return
    fi
    case $command in
    config) [[ -z $second ]] || command+=" $second" ;;
    esac
    case "$command $before" in
    'backup --format') COMPREPLY=($(compgen -W 'maildir mbox' -- "$word")); return ;;
    'backup --max-download') return ;;
    'backup --folder') return ;;
    'backup --exclude') return ;;
    'backup --authzid') return ;;
    'backup --connections') return ;;
    'backup --timeout') return ;;
    'backup --limit-rate') return ;;
    'backup --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'backup --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'restore --as-of') return ;;
    'restore --deleted-since') return ;;
    'restore --uid') return ;;
    'restore --into') return ;;
    'restore --map') return ;;
    'restore --prefix') return ;;
    'restore --folder') return ;;
    'restore --exclude') return ;;
    'restore --since') return ;;
    'restore --before') return ;;
    'restore --max-size') return ;;
    'restore --authzid') return ;;
    'restore --connections') return ;;
    'restore --timeout') return ;;
    'restore --limit-rate') return ;;
    'restore --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'restore --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'migrate --map') return ;;
    'migrate --prefix') return ;;
    'migrate --max-download') return ;;
    'migrate --folder') return ;;
    'migrate --exclude') return ;;
    'migrate --since') return ;;
    'migrate --before') return ;;
    'migrate --max-size') return ;;
    'migrate --authzid') return ;;
    'migrate --connections') return ;;
    'migrate --timeout') return ;;
    'migrate --limit-rate') return ;;
    'migrate --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'migrate --jobs') return ;;
    'migrate --list') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'migrate --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'import --into') return ;;
    'import --map') return ;;
    'import --prefix') return ;;
    'import --mbox-dialect') COMPREPLY=($(compgen -W 'mboxo mboxrd mboxcl mboxcl2' -- "$word")); return ;;
    'import --folder') return ;;
    'import --exclude') return ;;
    'import --since') return ;;
    'import --before') return ;;
    'import --max-size') return ;;
    'import --authzid') return ;;
    'import --connections') return ;;
    'import --timeout') return ;;
    'import --limit-rate') return ;;
    'import --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'import --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'export --as-of') return ;;
    'export --deleted-since') return ;;
    'export --folder') return ;;
    'export --exclude') return ;;
    'export --since') return ;;
    'export --before') return ;;
    'export --max-size') return ;;
    'export --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'ls --as-of') return ;;
    'ls --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'show --as-of') return ;;
    'show --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'history --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'lost --since') return ;;
    'lost --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'verify --sample') return ;;
    'verify --since') return ;;
    'verify --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'repair --authzid') return ;;
    'repair --connections') return ;;
    'repair --timeout') return ;;
    'repair --limit-rate') return ;;
    'repair --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'repair --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'rebuild --account') return ;;
    'rebuild --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'prune --keep-gone') return ;;
    'prune --folder') return ;;
    'prune --exclude') return ;;
    'prune --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'compare --folder') return ;;
    'compare --exclude') return ;;
    'compare --authzid') return ;;
    'compare --connections') return ;;
    'compare --timeout') return ;;
    'compare --limit-rate') return ;;
    'compare --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'compare --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'check --authzid') return ;;
    'check --connections') return ;;
    'check --timeout') return ;;
    'check --limit-rate') return ;;
    'check --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'check --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config init --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config add --name') return ;;
    'config add --address') return ;;
    'config add --user') return ;;
    'config add --ca') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config add --password-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config add --password-command') return ;;
    'config add --password-env') return ;;
    'config add --client-id') return ;;
    'config add --client-secret-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config add --provider') COMPREPLY=($(compgen -W 'google microsoft' -- "$word")); return ;;
    'config add --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config path --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config show --folder') return ;;
    'config show --exclude') return ;;
    'config show --authzid') return ;;
    'config show --connections') return ;;
    'config show --timeout') return ;;
    'config show --limit-rate') return ;;
    'config show --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config show --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config check --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config password --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'login --authzid') return ;;
    'login --connections') return ;;
    'login --timeout') return ;;
    'login --limit-rate') return ;;
    'login --trace') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'login --provider') COMPREPLY=($(compgen -W 'google microsoft' -- "$word")); return ;;
    'login --flow') COMPREPLY=($(compgen -W 'browser device service-account client-credentials' -- "$word")); return ;;
    'login --client-id') return ;;
    'login --client-secret-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'login --auth-url') return ;;
    'login --token-url') return ;;
    'login --device-url') return ;;
    'login --revoke-url') return ;;
    'login --scopes') return ;;
    'login --tenant') return ;;
    'login --key-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'login --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'logout --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'run --jobs') return ;;
    'run --metrics-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'run --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'status --max-age') return ;;
    'status --metrics-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'status --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'demo --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    local flags=--help words= names=
    case $command in
    'backup') flags+=' --format --max-download --folder --exclude --dry-run --authzid --connections --timeout --limit-rate --trace --insecure --quiet --verbose --json --config' ;;
    'restore') flags+=' --deleted --as-of --deleted-since --uid --into --map --prefix --folder --exclude --since --before --max-size --dry-run --authzid --connections --timeout --limit-rate --trace --insecure --quiet --verbose --json --config' ;;
    'migrate') flags+=' --map --prefix --match --again --max-download --no-flags --mirror --yes --folder --exclude --since --before --max-size --dry-run --authzid --connections --timeout --limit-rate --trace --insecure --quiet --verbose --json --jobs --list --config' ;;
    'import') flags+=' --into --map --prefix --mbox-dialect --folder --exclude --since --before --max-size --dry-run --authzid --connections --timeout --limit-rate --trace --insecure --quiet --verbose --json --config' ;;
    'export') flags+=' --deleted --as-of --deleted-since --folder --exclude --since --before --max-size --quiet --verbose --json --config' ;;
    'ls') flags+=' --all --as-of --json --config' ;;
    'show') flags+=' --as-of --config' ;;
    'history') flags+=' --json --config' ;;
    'lost') flags+=' --since --json --config' ;;
    'verify') flags+=' --sample --since --quiet --verbose --json --config' ;;
    'repair') flags+=' --dry-run --authzid --connections --timeout --limit-rate --trace --insecure --quiet --verbose --json --config' ;;
    'rebuild') flags+=' --account --force --quiet --verbose --json --config' ;;
    'prune') flags+=' --keep-gone --yes --folder --exclude --dry-run --quiet --verbose --json --config' ;;
    'compare') flags+=' --quick --no-flags --no-dates --zones --folder --exclude --authzid --connections --timeout --limit-rate --trace --insecure --quiet --verbose --json --config' ;;
    'check') flags+=' --authzid --connections --timeout --limit-rate --trace --insecure --quiet --verbose --json --config' ;;
    'config init') flags+=' --config' ;;
    'config add') flags+=' --name --address --user --ca --password-file --password-command --password-env --keyring --client-id --client-secret-file --provider --yes --untested --quiet --verbose --config' ;;
    'config path') flags+=' --config' ;;
    'config show') flags+=' --folder --exclude --authzid --connections --timeout --limit-rate --trace --insecure --json --config' ;;
    'config check') flags+=' --config' ;;
    'config password') flags+=' --forget --config' ;;
    'login') flags+=' --authzid --connections --timeout --limit-rate --trace --insecure --device --no-browser --keyring --provider --flow --client-id --client-secret-file --auth-url --token-url --device-url --revoke-url --scopes --tenant --key-file --quiet --verbose --json --config' ;;
    'logout') flags+=' --config' ;;
    'run') flags+=' --quiet --verbose --json --jobs --metrics-file --config' ;;
    'status') flags+=' --json --max-age --metrics-file --config' ;;
    'demo') flags+=' --keep --config' ;;
    esac
    case $command in
    config) words='init add path show check password' ;;
    completion) words='bash zsh fish' ;;
    help) words='backup restore migrate import export ls show history lost verify repair rebuild prune compare check config login logout run status demo version completion help' ;;
    esac
    case $command in
    'backup') names=accounts ;;
    'restore') names=accounts ;;
    'migrate') names=accounts ;;
    'import') names=accounts ;;
    'repair') names=accounts ;;
    'compare') names=accounts ;;
    'check') names=accounts ;;
    'config password') names=accounts ;;
    'login') names=accounts ;;
    'logout') names=accounts ;;
    'run') names=jobs ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$word"))
    elif [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    elif [[ -n $names ]]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" completion "$names" 2>/dev/null)" -- "$word"))
    fi
}
complete -o default -F _mailhaul mailhaul
