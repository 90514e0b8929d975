#!/usr/bin/env bash
# Shell scripts parse, stop at the first error, and pass shellcheck where it is installed.
set -euo pipefail

mapfile -t scripts < <(find .ci/run scripts tests -name '*.sh' -o -path .ci/run)
for script in "${scripts[@]}"; do
  bash -n "$script"
  grep -q '^set -euo pipefail$' "$script" || { echo "$script: lacks 'set -euo pipefail'"; exit 1; }
done
if command -v shellcheck >/dev/null; then
  shellcheck "${scripts[@]}"
else
  echo "shellcheck is not installed: parsed only"
fi
echo "${#scripts[@]} scripts"
