#!/usr/bin/env bash
# Sets up, builds and runs the tests.
#
#   scripts/test.sh                  the fast suite: every test without the label "slow"
#   scripts/test.sh --all            the slow ones too
#   scripts/test.sh [--all] ARGS     ARGS go to ctest: -R Mask, -L check, --rerun-failed, ...
#
# Cost: what scripts/build.sh costs, then less than 5 minutes on 2 cores for the fast suite.
set -euo pipefail

choice=(-LE '^slow$')
if [[ ${1:-} == --all ]]; then
  choice=()
  shift
fi
"$(dirname "${BASH_SOURCE[0]}")/build.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Idle OpenMP threads give their core to the other tests at once.
OMP_WAIT_POLICY=passive ctest --preset release --parallel "$(nproc)" "${choice[@]}" "$@"
