#!/usr/bin/env bash
# scripts/gpu.sh itself, where there is no GPU: gpu_without_device.sh FOLDER. It must build everything in FOLDER and
# then say that there is no device, rather than fail or pretend.
set -euo pipefail
folder=$1
code=0
CUDA_VISIBLE_DEVICES='' scripts/gpu.sh --kernels-only --seconds 1200 --build "$folder/build" "$folder/results" || code=$?
[[ $code == 3 ]] || { echo "expected exit code 3, got $code"; tail -n 40 "$folder/results/log.txt"; exit 1; }
grep -q 'no CUDA device was found' "$folder/results/summary.txt" || { echo "the summary does not say so"; exit 1; }
for program in cuda_bench test_cuda_device test_kernels_cuda; do
  [[ -x $folder/build/$program ]] || { echo "$program was not built"; exit 1; }
done
