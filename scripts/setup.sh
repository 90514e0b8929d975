#!/usr/bin/env bash
# Installs what building and testing Coppice needs, and nothing that is already there.
#
#   scripts/setup.sh                       packages of the distribution, and torch 2.11.0 in .venv
#   COPPICE_TORCH=DIR scripts/setup.sh     an unpacked LibTorch, or the folder of an installed torch package,
#                                          instead of .venv: nothing of torch is downloaded
#
# Cost: about 5 GB of disk and a few minutes the first time, a second or less when everything is there.
# Packages need root or passwordless sudo; without either, the command to run is printed and the exit code is 2.
# It may be killed and run again at any moment: what is half there is repaired.
set -euo pipefail
if [[ -d ${COPPICE_TORCH:-} ]]; then COPPICE_TORCH=$(cd "$COPPICE_TORCH" && pwd); fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."

torch_version=2.11.0
packages=(g++ cmake ninja-build ccache python3 libcli11-dev libeigen3-dev libgtest-dev libtomlplusplus-dev nlohmann-json3-dev
  zlib1g-dev dataset-fashion-mnist)

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$*"; exit 2; }

# A Python that torch has wheels for and that can make a virtual environment: the one on the PATH (pyenv's, say), or
# the distribution's. A pyenv shim without a version behind it fails here and is passed over.
usable_python() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import sys, venv, ensurepip, ssl; sys.exit(not (3, 10) <= sys.version_info < (3, 15))' \
      >/dev/null 2>&1; then
      echo "$python"
      return
    fi
  done
  return 1
}

# pip writes a package's RECORD last, under another name first, and lists its own INSTALLER file there: a package whose
# installation was cut short has no such line.
complete() { grep -qs '/INSTALLER,' "$1/RECORD"; }

venv_complete() {
  local package folder found
  .venv/bin/python -c '' >/dev/null 2>&1 || return 1
  for package in "torch-$torch_version" numpy- safetensors-; do
    found=
    for folder in .venv/lib/python3*/site-packages/"$package"*.dist-info; do
      if complete "$folder"; then found=1; fi
    done
    [[ $found ]] || return 1
  done
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    # One line for each architecture that it is known for.
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  local as_root=()
  if [[ $(id -u) != 0 ]]; then
    if ! sudo -n true 2>/dev/null; then
      say "these packages are missing, and installing them needs root: ${missing[*]}"
      stop "run this, then run me again:  sudo sh -c '$command'"
    fi
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]} (up to about 300 MB, a minute)"
  local get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  if ! { "${get[@]}" update && "${get[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null; } >&2; then
    say "installing packages failed (see above); this is what was tried, as root:  $command"
    exit 1
  fi
}

install_torch() {
  local python folder
  python=$(usable_python) || stop "no Python 3.10 to 3.14 with the venv and ssl modules was found; install python3-venv"
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "creating .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
  fi
  for folder in .venv/lib/python3*/site-packages/*.dist-info; do
    # pip would take a half-installed package for a whole one, or refuse to replace it.
    if [[ -d $folder ]] && ! complete "$folder"; then rm -rf "$folder"; fi
  done
  local free
  free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1048576) }')
  if ((free < 8)); then
    say "warning: $free GiB of disk are free here; torch takes about 5, and as much again while it is unpacked"
  fi
  say "downloading torch $torch_version into .venv (about 5 GB on disk, some minutes)"
  .venv/bin/python -m pip install --disable-pip-version-check --quiet --no-input \
    "torch==$torch_version" numpy safetensors >&2 || {
    say "pip failed (see above); running me again goes on where it stopped"
    exit 1
  }
}

holds_libtorch() { [[ -e $1/lib/libtorch_cpu.so && -e $1/include/torch/csrc/api/include/torch/torch.h ]]; }

if [[ ${COPPICE_TORCH:-} ]] && ! holds_libtorch "$COPPICE_TORCH" && ! holds_libtorch "$COPPICE_TORCH/torch"; then
  say "COPPICE_TORCH=$COPPICE_TORCH holds no LibTorch: there is no lib/libtorch_cpu.so beside include/torch"
  stop "name an unpacked LibTorch or the folder of an installed torch package, or unset it"
fi

if command -v dpkg-query >/dev/null; then
  if [[ ! ${COPPICE_TORCH:-} ]] && ! venv_complete && ! usable_python >/dev/null; then packages+=(python3-venv); fi
  install_packages "${packages[@]}"
else
  say "not a Debian-like system: packages are not installed here; cmake will say what is missing"
fi

if [[ ${COPPICE_TORCH:-} ]]; then
  say "using LibTorch in $COPPICE_TORCH"
elif ! venv_complete; then
  install_torch
  venv_complete || { say ".venv is still incomplete after installing; remove it and run me again"; exit 1; }
fi
say "everything is there"
