#!/usr/bin/env bash
# From nothing to a winning ticket and what it saves: sets up, builds the program, prunes LeNet-300-100 on
# Fashion-MNIST as configs/quickstart.toml says, and runs the ticket sparse and dense.
#
#   scripts/quickstart.sh                    arguments go to `coppice prune`:
#   scripts/quickstart.sh --set seed=2
#
# Cost the first time: about 5 GB of disk and up to 10 minutes on 2 cores (packages, torch, building), of which the
# search takes less than 90 seconds and the comparison less than 60. Run again, it shows the finished run at once
# and compares anew.
set -euo pipefail
"$(dirname "${BASH_SOURCE[0]}")/build.sh" coppice_cli
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build/coppice prune configs/quickstart.toml "$@"
newest=
for run in runs/quickstart-*/; do
  if [[ ! $newest || $run -nt $newest ]]; then newest=$run; fi
done
echo
build/coppice compare "$newest"
cat <<'TRY'

Next:  build/coppice prune configs/resnet-20-fashion.toml  a convolutional ticket, in minutes
       build/coppice prune configs/lenet-300-100.toml      the full curve of the paper, down to 3.5% density
       build/coppice doctor                                what this machine can run and measure
       scripts/test.sh                                     the tests
TRY
