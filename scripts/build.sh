#!/usr/bin/env bash
# Sets up, configures the release preset and builds it into build/: everything, or the targets named.
#
#   scripts/build.sh                 the program, the library and the tests
#   scripts/build.sh coppice_cli     the program alone
#
# Cost: what scripts/setup.sh costs, then up to 6 minutes on 2 cores the first time and seconds after a change.
# CUDA kernels are built where nvcc is found. COPPICE_TORCH=DIR takes an existing LibTorch, as in setup.sh.
set -euo pipefail
if [[ -d ${COPPICE_TORCH:-} ]]; then COPPICE_TORCH=$(cd "$COPPICE_TORCH" && pwd); fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export COPPICE_TORCH=${COPPICE_TORCH:-}
scripts/setup.sh
cmake --preset release "-DCOPPICE_TORCH=$COPPICE_TORCH" >&2

# A file that includes torch needs about 1.5 GB of memory to compile.
jobs=$(nproc)
memory=$(awk '/^MemAvailable/ { print int($2 / 2000000) }' /proc/meminfo)
if ((memory < jobs)); then jobs=$((memory > 0 ? memory : 1)); fi
cmake --build --preset release --parallel "$jobs" ${1:+--target "$@"} >&2
