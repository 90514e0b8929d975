#!/usr/bin/env bash
# scripts/gpu.sh against a pretended machine: gpu_test.sh. cmake, ctest, nvcc, nvidia-smi, compute-sanitizer and what
# would be built are stand-ins that log their calls and fail where the state folder says so.
set -euo pipefail
root=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
state=$place/state project=$place/project tools=$place/tools out=$place/out
mkdir -p "$state" "$project/scripts" "$project/build" "$project/.venv" "$tools"
cp "$root/scripts/gpu.sh" "$project/scripts/"
export STATE=$state

# A stand-in logs its call; $STATE/fail-NAME makes it fail, $STATE/slow-NAME hang.
# shellcheck disable=SC2016  # the stand-ins expand it
tool() { # file name [what it does]
  printf '#!/usr/bin/env bash\necho "%s $*" >>"$STATE/log"\n[[ -e $STATE/slow-%s ]] && sleep 60\n' "$2" "$2" >"$1"
  printf 'if [[ -e $STATE/fail-%s ]]; then echo "%s broke"; exit 1; fi\n%s\n' "$2" "$2" "${3:-}" >>"$1"
  chmod +x "$1"
}
for name in cmake ctest nvcc nvidia-smi compute-sanitizer; do tool "$tools/$name" "$name"; done
tool "$tools/python3" python3 'echo "| a table |"'
tool "$project/build/test_cuda_device" test_cuda_device
# shellcheck disable=SC2016
tool "$project/build/cuda_bench" cuda_bench 'case $* in
  --list-devices) [[ -e $STATE/no-device ]] && { echo "no CUDA device: no driver"; exit 2; }; echo "GPU 0: Pretended" ;;
  *) while (($# > 1)); do shift; done; echo "{}" >"$1/spmv.json" ;;
esac'
# shellcheck disable=SC2016
tool "$project/build/coppice" coppice 'while (($# > 1)) && [[ $1 != --out ]]; do shift; done; echo "{}" >"$2/update.json"'

code=0
gpu() {
  rm -rf "$state/log" "$out"
  code=0
  (cd / && PATH=$tools:$PATH "$project/scripts/gpu.sh" --build build "$@") >"$state/out" 2>&1 || code=$?
}
fail() { echo "FAILED: $1 (exit code $code)"; cat "$state/out" "$state/log"; exit 1; }
calls() { awk '{ print $1 }' "$state/log" | uniq | tr '\n' ' '; }

# All is well: everything in order, results where they were asked for.
gpu "$out" --quick --only spmv
[[ $code == 0 ]] || fail "a good run"
[[ $(calls) == "cmake nvidia-smi cuda_bench ctest compute-sanitizer cuda_bench python3 compute-sanitizer " ]] || fail "order: $(calls)"
grep -q -- "cuda_bench --quick --only spmv --out $out" "$state/log" || fail "the benchmark's options"
grep -q 'COPPICE_KERNELS_ONLY=OFF' "$state/log" || fail "a whole build"
for tool_of_sanitizer in memcheck racecheck synccheck; do
  grep -q -- "--tool $tool_of_sanitizer .*test_cuda_device --gtest_filter=Sanitized" "$state/log" || fail "no $tool_of_sanitizer"
done
for file in summary.txt log.txt spmv.json table.md; do
  [[ -e $out/$file ]] || fail "$file is missing"
done
grep -q '==== compute-sanitizer racecheck' "$out/log.txt" || fail "the log"
grep -q 'all done' "$out/summary.txt" || fail "the summary"

# Targets stand beside the tables of the suites that have some.
[[ ! -e $out/targets.md ]] || fail "targets of suites that have none"
sed -i 's|/spmv.json|/conv.json|' "$project/build/cuda_bench"
gpu "$out" --only conv
[[ $code == 0 && -e $out/targets.md ]] || fail "no targets of convolutions"
sed -i 's|/conv.json|/spmv.json|' "$project/build/cuda_bench"
# A suite of LibTorch's is the program's.
gpu "$out" --quick
[[ $(calls) == "cmake nvidia-smi cuda_bench ctest compute-sanitizer cuda_bench coppice python3 compute-sanitizer " ]] || fail "order: $(calls)"
grep -q -- "coppice bench --device cuda --suite update --out $out --quick" "$state/log" || fail "the update's options"
gpu "$out" --only update
! grep -q -- "cuda_bench --only" "$state/log" || fail "other suites than update"
[[ $code == 0 && -e $out/update.json ]] || fail "update alone"

gpu --kernels-only "$out"
! grep -q '^coppice ' "$state/log" || fail "updates without LibTorch"
grep -q 'COPPICE_KERNELS_ONLY=ON' "$state/log" || fail "kernels only"
! grep -q 'coppice_cli' "$state/log" || fail "the program was built without LibTorch"

# No device: said after the build, nothing else is tried.
touch "$state/no-device"
gpu "$out"
[[ $code == 3 ]] || fail "no device"
grep -q 'no CUDA device was found: no CUDA device: no driver' "$out/summary.txt" || fail "the reason is not told"
[[ $(calls) == "cmake nvidia-smi cuda_bench " ]] || fail "went on without a device: $(calls)"
rm "$state/no-device"

# A build that fails ends it, with its last words; a failing test does not keep the figures from being taken.
touch "$state/fail-cmake"
gpu "$out"
[[ $code == 1 && $(calls) == "cmake " ]] || fail "a failing build"
grep -q 'cmake broke' "$out/summary.txt" || fail "the build's words"
rm "$state/fail-cmake"
touch "$state/fail-ctest"
gpu "$out"
[[ $code == 1 && -e $out/spmv.json ]] || fail "a failing test"
grep -q 'tests on the device: FAILED' "$out/summary.txt" || fail "the failing test is not told"
rm "$state/fail-ctest"

# Out of time: what hangs is cut short, the rest is not begun, and both are told.
touch "$state/slow-ctest"
gpu "$out" --seconds 8
[[ $code == 1 ]] || fail "out of time"
grep -q 'tests on the device: CUT SHORT' "$out/summary.txt" || fail "cut short is not told"
grep -q 'benchmark: not begun, the time is up' "$out/summary.txt" || fail "not begun is not told"
rm "$state/slow-ctest"

# Bad arguments.
for arguments in "--what" "--seconds" "--seconds soon" "a b"; do
  # shellcheck disable=SC2086
  gpu $arguments
  [[ $code == 2 ]] || fail "accepted: $arguments"
done
gpu --help
[[ $code == 0 ]] || fail "help"
grep -q 'kernels-only' "$state/out" || fail "the help's words"
echo "scripts/gpu.sh does what it says"
