#!/usr/bin/env bash
# Everything that needs a GPU, in one go: builds, runs the CUDA kernels' tests on the device, measures them beside
# cuSPARSE, cuBLASLt and cuDNN, and runs the tests under compute-sanitizer. What matters most comes first, and what
# is done is in OUT at once, so that a run cut short loses only the rest.
#
#   scripts/gpu.sh [OUT]             OUT: where results go (default: $OUT, or gpu-results)
#     --kernels-only                 without LibTorch: the kernels, their tests and their benchmark alone
#     --only NAME                    of the benchmark's suites, this one (update: an optimiser's step, with LibTorch)
#     --quick                        fewer cases and shorter samples
#     --seconds N                    stop starting new work after so many (default 540)
#     --build DIR                    build there (default build-gpu)
#
# OUT then holds summary.txt (read this first), <suite>.json with the measured figures, table.md made of them (of spmm
# and conv also targets.md), and log.txt with all that was printed. Cost: up to 9 minutes on 16 cores, of which building takes 2.
# Needs a CUDA toolkit and no network; headers that the machine lacks may lie in .gpu/usr. Exit code: 0 all is well; 1
# something failed (summary.txt says what); 2 bad arguments; 3 it is built, but no device was found.
set -euo pipefail
out=${OUT:-gpu-results} build=build-gpu kernels_only=OFF seconds=540 only="" bench=()
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit "$1"; }
positional=0
while (($#)); do
  case $1 in
    --kernels-only) kernels_only=ON ;;
    --quick) bench+=(--quick) ;;
    --only | --seconds | --build)
      [[ ${2:-} ]] || { echo "gpu: $1 needs a value" >&2; exit 2; }
      case $1 in
        --only) only=$2 bench+=(--only "$2") ;;
        --seconds) seconds=$2 ;;
        --build) build=$2 ;;
      esac
      shift
      ;;
    --help | -h) usage 0 ;;
    -*) echo "gpu: unknown option $1" >&2; usage 2 ;;
    *)
      ((positional++ == 0)) || { echo "gpu: one folder for results, not also $1" >&2; exit 2; }
      out=$1
      ;;
  esac
  shift
done
[[ $seconds =~ ^[0-9]+$ ]] || { echo "gpu: --seconds wants a whole number, not '$seconds'" >&2; exit 2; }
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
summary=$out/summary.txt log=$out/log.txt
: >"$summary"
: >"$log"

failures=0
say() { printf 'gpu: %4ds  %s\n' "$SECONDS" "$*" | tee -a "$summary" >&2; }
left() { echo $((seconds - SECONDS)); }

# step NAME LIMIT COMMAND...: runs it with its output in the log, for LIMIT seconds or what is left of the time.
step() {
  local name=$1 limit=$2 code=0 begun=$SECONDS printed
  shift 2
  ((limit < $(left))) || limit=$(left)
  if ((limit < 5)); then
    say "$name: not begun, the time is up"
    failures=$((failures + 1))
    return 1
  fi
  printf '\n==== %s: %s\n' "$name" "$*" >>"$log"
  printed=$(wc -l <"$log")
  timeout --kill-after=10 "$limit" "$@" >>"$log" 2>&1 || code=$?
  case $code in
    0) say "$name: done in $((SECONDS - begun)) s" ;;
    124 | 137) say "$name: CUT SHORT after $limit s; what it printed is in log.txt" ;;
    *) say "$name: FAILED with exit code $code; its last words (log.txt has all):" ;;
  esac
  if ((code != 0)); then
    failures=$((failures + 1))
    if ((code != 124 && code != 137)); then tail -n +$((printed + 1)) "$log" | tail -n 15 | tee -a "$summary" >&2; fi
    return 1
  fi
}

finish() {
  if ((failures)); then say "$failures of the steps did not end well"; else say "all done"; fi
  exit $((failures > 0 ? 1 : 0))
}

# ---- build ----
nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
[[ -x $nvcc ]] || { say "no nvcc on the PATH nor in /usr/local/cuda/bin: nothing can be built"; exit 1; }
prefixes=() torch=${COPPICE_TORCH:-}
[[ ! -d .gpu/usr ]] || prefixes+=("$PWD/.gpu/usr")
if [[ ! $torch && ! -d .venv && $kernels_only == OFF ]]; then
  torch=$(python3 -c 'import torch; print(torch.__path__[0])' 2>/dev/null || true)
fi
configure=(cmake -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CUDA_COMPILER=$nvcc"
  "-DCOPPICE_KERNELS_ONLY=$kernels_only" "-DCOPPICE_TORCH=$torch"
  "-DCMAKE_PREFIX_PATH=$(IFS=';'; echo "${prefixes[*]}")")
targets=(cuda_bench test_cuda_device test_kernels_cuda)
[[ $kernels_only == ON ]] || targets+=(coppice_cli)
step "configuring" 120 "${configure[@]}" || finish
step "building ${targets[*]}" 400 cmake --build "$build" --parallel "$(nproc)" --target "${targets[@]}" || finish

# ---- the device ----
device=$(nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,temperature.gpu --format=csv,noheader 2>&1) || true
if ! devices=$("$build/cuda_bench" --list-devices 2>&1); then
  say "built, but no CUDA device was found: $(tail -n 1 <<<"$devices"); nothing was measured"
  ((failures == 0)) || finish
  exit 3
fi
say "$(head -n 1 <<<"$devices"); nvidia-smi: $device"

# ---- tests, measurements, sanitizers ----
step "tests on the device" 120 ctest --test-dir "$build" --output-on-failure --no-tests=error -L device || true
sanitized() { # tool
  step "compute-sanitizer $1" 60 \
    compute-sanitizer --tool "$1" --error-exitcode 9 "$build/test_cuda_device" --gtest_filter='Sanitized*' || true
}
if command -v compute-sanitizer >/dev/null; then sanitized memcheck; else
  say "compute-sanitizer: not installed, so nothing was run under it"
  failures=$((failures + 1))
fi
[[ $only == update ]] || step "benchmark" 270 "$build/cuda_bench" "${bench[@]}" --out "$out" || true
if [[ $kernels_only == OFF && (! $only || $only == update) ]]; then
  update=("$build/coppice" bench --device cuda --suite update --out "$out")
  [[ " ${bench[*]} " != *" --quick "* ]] || update+=(--quick)
  step "benchmark of updates beside LibTorch" 90 "${update[@]}" || true
fi
if compgen -G "$out/*.json" >/dev/null; then
  if python3 scripts/cuda_table.py "$out"/*.json >"$out/table.md"; then
    say "table.md has the figures"
    [[ ! -f $out/spmm.json && ! -f $out/conv.json ]] || python3 scripts/cuda_table.py --targets "$out"/*.json >"$out/targets.md"
    for file in "$out"/*.json; do rm -f "${file%.json}.txt"; done # the table says the same
  else
    say "table.md could not be made"
    failures=$((failures + 1))
  fi
fi
if command -v compute-sanitizer >/dev/null; then
  sanitized racecheck
  sanitized synccheck
fi
finish
