# What scripts/run, scripts/test and scripts/demo share: system packages and the project's own .venv.
# Sourced, not run. Expects to be sourced with the project's folder as working directory.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

# need_packages "brew names" debian-package=file-or-command …
# Installs what is missing and says so before; without the right to install it says what to do and stops.
need_packages() {
    local brew_names=$1 entry package mark missing=()
    shift
    if [[ $(uname) == Darwin ]]; then
        command -v brew >/dev/null || { say "需要 Homebrew：https://brew.sh （Homebrew is needed）"; exit 1; }
        local name
        for name in $brew_names; do
            brew list --versions "$name" >/dev/null 2>&1 || missing+=("$name")
        done
        ((${#missing[@]} == 0)) && return
        say "将用 brew 安装 (installing): ${missing[*]}"
        brew install "${missing[@]}"
        return
    fi
    for entry in "$@"; do
        package=${entry%%=*} mark=${entry#*=}
        compgen -G "$mark" >/dev/null || command -v "$mark" >/dev/null || missing+=("$package")
    done
    ((${#missing[@]} == 0)) && return
    local as=()
    if ((EUID != 0)); then
        if sudo -n true 2>/dev/null; then
            as=(sudo)
        else
            say "缺少系统软件包，请先安装 (missing system packages, please install them first):"
            say "    sudo apt-get install ${missing[*]}"
            exit 1
        fi
    fi
    say "将用 apt-get 安装 (installing): ${missing[*]}"
    "${as[@]}" apt-get update -qq
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# need_python EXTRAS: a .venv with the pinned packages; nothing is done when nothing changed.
need_python() {
    local extras=$1 python stamp wanted
    python=$(find_python)
    wanted=$(cat pyproject.toml constraints.txt <(echo "$extras $("$python" --version)") | cksum)
    stamp=.venv/.sealbridge-$extras
    [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
    say "准备 Python 环境 .venv (preparing .venv with $("$python" --version))"
    # A .venv that was cut short, or whose Python is gone after an upgrade of the system, has no working pip.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$extras]"
    printf '%s' "$wanted" >"$stamp"
}

find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null &&
            "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    say "需要 Python 3.11 或更新版本 (Python 3.11 or later is needed)"
    exit 1
}

# A Kai face for signatures drawn from names; without it they are set in Song.
KAI='fonts-lxgw-wenkai=/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf'
SOFTHSM='softhsm2=/usr/lib/softhsm/libsofthsm2.so'
PYTHON=('python3-venv=/usr/lib/python3*/ensurepip' 'python3=python3')
