# Functions for packaging/run: what is installed, what runs from it, and the command on PATH.
# To be sourced by a POSIX shell after packaging/python.sh.

MADE_BY="# Made by packaging/run of Memtray; delete it when you delete that folder."

# is_outdated ENVIRONMENT ROOT: whether the checkout has changed since it was installed.
is_outdated() {
    [ ! -e "$1/installed" ] ||
        [ -n "$(find "$2/trayapp" "$2/icons" "$2/pyproject.toml" -newer "$1/installed" ! -path '*/__pycache__*' -print -quit)" ]
}

# end_running ENVIRONMENT ROOT: quit a Memtray that runs from there, as its code is about to change.
end_running() {
    [ -x "$1/bin/python" ] || return 0
    running=$("$1/bin/python" "$2/packaging/running.py" "$1" 2>/dev/null) || return 0
    [ -n "$running" ] || return 0
    echo "Memtray is running from here (process $running). It is quit now, updated, and started again." >&2
    if ! "$1/bin/python" "$2/packaging/running.py" "$1" --quit; then
        echo "It did not quit; quit it in its menu, then run this again." >&2
        exit 1
    fi
}

# install_everything ENVIRONMENT ROOT: Memtray with all its optional packages, or else what can be.
install_everything() {
    if "$1/bin/python" -m pip install --quiet --disable-pip-version-check "$2[all]" >"$1/pip.log" 2>&1; then
        rm -f "$1/pip.log"
        return
    fi
    # Some optional packages are not built for every machine.
    install_into "$1" "$2"
    for package in matplotlib XlsxWriter apprise keyring pyarrow; do
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check "$package" >>"$1/pip.log" 2>&1 ||
            echo "$package could not be installed; Memtray works without it (see $1/pip.log)." >&2
    done
}

# put_on_path COMMAND: make `memtray` call it, unless another `memtray` is there; say how to call it.
put_on_path() {
    [ -n "${HOME:-}" ] || return 0
    link=$HOME/.local/bin/memtray
    if [ -e "$link" ] && ! grep -qsF "$MADE_BY" "$link"; then
        echo "$link is another program; call this Memtray as $1" >&2
        return 0
    fi
    quoted=$(printf '%s' "$1" | sed "s/'/'\\\\''/g")
    wanted=$(printf '#!/bin/sh\n%s\nexec '"'%s'"' "$@"' "$MADE_BY" "$quoted")
    if [ "$(cat "$link" 2>/dev/null)" != "$wanted" ]; then
        # A home that cannot be written to is no reason not to start.
        if mkdir -p "$HOME/.local/bin" 2>/dev/null && printf '%s\n' "$wanted" 2>/dev/null >"$link" && chmod +x "$link"; then
            echo "The command memtray is now in $HOME/.local/bin." >&2
        else
            echo "$link cannot be written; call Memtray as $1" >&2
            return 0
        fi
    fi
    case ":$PATH:" in
        *":$HOME/.local/bin:"*) ;;
        *)
            echo "$HOME/.local/bin is not on your PATH. For this shell: export PATH=\"\$HOME/.local/bin:\$PATH\"" >&2
            echo "Or call Memtray as ~/.local/bin/memtray" >&2
            ;;
    esac
}
