#!/usr/bin/env bash
# What the program needs to start: needs.sh PROGRAM. No CUDA driver, no CUDA library of torch (it doubles the time to
# start), and one OpenMP runtime, shared with torch.
set -euo pipefail
program=$1

needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
[[ $needed == *libc.so* ]] || { echo "readelf names no library at all"; exit 1; }
if grep -E '^lib(cuda|cudart|cublas|cusparse|torch_cuda|c10_cuda|torch)\.so' <<<"$needed"; then
  echo "$program needs the above to start"
  exit 1
fi
loaded=$(ldd "$program" | awk '{ print $1 }')
if grep -E '^lib(cuda|torch_cuda)\.so' <<<"$loaded"; then
  echo "$program loads the above through another library"
  exit 1
fi
runtimes=$(grep -cE '^lib(gomp|iomp5|omp)[-.]' <<<"$loaded" || true)
[[ $runtimes == 1 ]] || { echo "$program loads $runtimes OpenMP runtimes, not 1"; exit 1; }
echo "$needed"
