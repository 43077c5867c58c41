# Functions for packaging/run and tests/run: finding a Python, making an environment with it.
# To be sourced by a POSIX shell.

# Print the first Python that is 3.11 or later and has venv; fail with one line if there is none.
find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Memtray needs Python 3.11 or later with venv and pip (Debian: apt install python3-venv)." >&2
    return 1
}

# make_environment FOLDER: a virtual environment whose Python still works, made anew if it does not.
make_environment() {
    if ! "$1/bin/python" -m pip --version >/dev/null 2>&1; then
        python=$(find_python) || exit 1
        "$python" -m venv --clear "$1"
    fi
}

# install_into FOLDER PIP-ARGUMENT...: quiet when it works, all of pip's words when it does not.
install_into() {
    environment_folder=$1
    shift
    log=$(mktemp)
    if ! "$environment_folder/bin/python" -m pip install --disable-pip-version-check "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        echo "Installing failed; the lines above say why." >&2
        exit 1
    fi
    rm -f "$log"
}
