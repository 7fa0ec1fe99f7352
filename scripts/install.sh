#!/usr/bin/env bash
# Makes .venv and installs the pinned packages into it; does nothing where that is done already.
#
#   scripts/install.sh        what the page and the command line need
#   scripts/install.sh dev    and what lint, types and tests need
#
# No root. bash 3.2 and BSD tools are enough (macOS). A failure ends with one sentence; pip's own words are in the log.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv
LOG=$VENV/install.log
DONE=$VENV/installed # a copy of what was asked for at the last successful install, and with what
SUPPORTED='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
VERSION='import sys; print(" (%s is Python %d.%d)" % ((sys.argv[1],) + sys.version_info[:2]))'

fail() {
    echo "Error: $*" >&2
    exit 1
}

wanted() { # the content that decides whether there is anything to do
    echo "$REQUIREMENTS"
    pwd
    cat requirements.txt requirements-models.txt requirements-dev.txt pyproject.toml
}

find_python() { # sets PYTHON: the newest supported one that can make environments
    local name found="" old=""
    PYTHON=""
    for name in ${PYTHON_FOR_SER:-python3.13 python3.12 python3.11 python3 python}; do
        command -v "$name" >/dev/null 2>&1 || continue
        # A shim (pyenv's) may stand for a version that is not there: then it does not run.
        if ! "$name" -c "$SUPPORTED" >/dev/null 2>&1; then
            if [ -z "$old" ]; then
                old=$("$name" -c "$VERSION" "$name" 2>/dev/null || true)
            fi
            continue
        fi
        found=$name
        if "$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            PYTHON=$name
            return
        fi
    done
    [ -z "$found" ] || fail "$found can't make virtual environments: its venv module is missing (Debian has it in" \
        "the package $("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'));" \
        "install that and run the command again."
    fail "Python 3.11, 3.12 or 3.13 is needed and none was found$old; install one and run the command again."
}

show_progress() { # pip's log in, one short line for each package out
    local line
    while IFS= read -r line; do
        case $line in
            "Collecting "*)
                line=${line#Collecting }
                echo "  getting ${line%% *}"
                ;;
            "Installing collected packages"*) echo "  unpacking (about a minute) …" ;;
        esac
    done
}

run_pip() {
    # PIP_REQUIRE_VIRTUALENV and the like of the user's are kept: a proxy or a mirror may depend on them.
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off "$@" 2>&1 |
        tee -a "$LOG" | show_progress
}

make_venv() {
    if [ -x $VENV/bin/python ]; then
        "$VENV/bin/python" -c "$SUPPORTED" 2>/dev/null && "$VENV/bin/python" -m pip --version >/dev/null 2>&1 && return
        echo "The environment in $VENV is not usable any more; making it anew."
    fi
    find_python
    echo "Making the environment in $VENV with $("$PYTHON" --version) …"
    "$PYTHON" -c 'import platform, sys; sys.exit(platform.system() == "Darwin" and platform.machine() == "x86_64")' ||
        fail "TensorFlow has no build for Intel Macs (or a Python under Rosetta); use an arm64 Python, or the Dockerfile."
    local said
    said=$("$PYTHON" -m venv --clear $VENV 2>&1) ||
        fail "$PYTHON could not make the environment in $(pwd)/$VENV: $(echo "$said" | tail -n 1)"
}

REQUIREMENTS=requirements.txt
[ "${1:-}" != dev ] || REQUIREMENTS=requirements-dev.txt

# What tests need includes what the page needs: an environment made for tests is not installed again for the page.
if [ -x $VENV/bin/python ] && [ -f $DONE ] && "$VENV/bin/python" -c "$SUPPORTED" 2>/dev/null; then
    if wanted | cmp -s - $DONE || REQUIREMENTS=requirements-dev.txt wanted | cmp -s - $DONE; then
        exit 0
    fi
fi

make_venv
rm -f $DONE
: >$LOG
echo "Installing the packages of $REQUIREMENTS (once; about 800 MB to download, 3 GB on disk) …"
# The project itself is installed in place, for the command ser; setuptools is in the environment by then.
if ! { run_pip -r $REQUIREMENTS && run_pip --no-deps --no-build-isolation --editable .; }; then
    reason=$(grep '^ERROR' $LOG | head -n 1 | cut -c 1-200 || true)
    fail "the packages could not be installed (${reason:-pip gave no reason}); pip's whole output is in" \
        "$(pwd)/$LOG; check the network and the free disk space and run the command again."
fi
wanted >$DONE
echo "Installed."
