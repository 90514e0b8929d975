#!/usr/bin/env bash
# scripts/setup.sh against a pretended machine: setup_test.sh. dpkg-query, apt-get, sudo, id and python3 are stand-ins
# that read and write a state folder, so that nothing of this machine is looked at or changed.
set -euo pipefail
root=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
state=$place/state project=$place/project tools=$place/tools
mkdir -p "$state" "$project/scripts" "$tools"
cp "$root/scripts/setup.sh" "$project/scripts/"
export STATE=$state

tool() { printf '#!/usr/bin/env bash\n%s\n' "$2" >"$tools/$1"; chmod +x "$tools/$1"; }
# shellcheck disable=SC2016
{
  tool dpkg-query 'grep -qx "${@: -1}" "$STATE/installed" && echo installed'
  tool apt-get 'echo "apt-get $*" >>"$STATE/log"
    for word; do case $word in -*|update|install|*=*) ;; *) echo "$word" >>"$STATE/installed" ;; esac; done'
  tool sudo '[[ -e $STATE/sudo ]] || exit 1; [[ $1 == -n ]] && shift; exec "$@"'
  tool id '[[ -e $STATE/root ]] && echo 0 || echo 1000'
  tool df 'printf "x\nx 0 0 %s\n" 99999999'
  tool python3 'case $* in
    -c*) ;;
    --version) echo Python 3.11.2 ;;
    *venv*) echo venv >>"$STATE/log"; mkdir -p .venv/bin .venv/lib/python3.11/site-packages
      printf "%s\n" "#!/usr/bin/env bash" "exec \"\$STATE/venv-python\" \"\$@\"" >.venv/bin/python
      chmod +x .venv/bin/python ;;
    esac'
}
# The Python inside .venv: its pip installs three packages, or stops after the second where "interrupt" is there.
cat >"$state/venv-python" <<'PYTHON'
#!/usr/bin/env bash
[[ $* == *"pip install"* ]] || exit 0
echo "pip ${*:4}" >>"$STATE/log"
for package in numpy-2.0.0 safetensors-0.5.0 torch-2.11.0; do
  folder=.venv/lib/python3.11/site-packages/$package.dist-info
  mkdir -p "$folder"
  touch "$folder/METADATA"
  if [[ -e $STATE/interrupt && $package == torch* ]]; then exit 1; fi
  echo "$package.dist-info/INSTALLER,," >"$folder/RECORD"
done
PYTHON
chmod +x "$state/venv-python"

setup() { (cd / && PATH=$tools:$PATH "$project/scripts/setup.sh") >"$state/out" 2>&1; }
fail() { echo "FAILED: $1"; cat "$state/out" "$state/log"; exit 1; }
log() { cat "$state/log" 2>/dev/null || true; }
: >"$state/installed"
: >"$state/log"
unset COPPICE_TORCH

# Neither root nor sudo: the exact command, exit code 2, nothing touched.
code=0; setup || code=$?
[[ $code == 2 ]] || fail "without root it exited $code"
grep -q "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends g++ " "$state/out" ||
  fail "the command is not printed"
[[ ! $(log) && ! -e $project/.venv ]] || fail "something was touched"

# With passwordless sudo and an interruption in pip, then again: the rest is installed, and only that.
touch "$state/sudo" "$state/interrupt"
code=0; setup || code=$?
[[ $code == 1 ]] || fail "an interrupted pip exited $code"
rm "$state/interrupt"
setup || fail "the second run failed"
[[ ! -e $project/.venv/lib/python3.11/site-packages/torch-2.11.0.dist-info/METADATA ||
  -s $project/.venv/lib/python3.11/site-packages/torch-2.11.0.dist-info/RECORD ]] || fail "torch was not repaired"
[[ $(log | grep -c '^apt-get.* install ') == 1 ]] || fail "packages were installed twice"
[[ $(log | grep -c '^venv') == 1 ]] || fail "a whole virtual environment was made anew"
grep -qx zlib1g-dev "$state/installed" || fail "a package is missing"

# Everything there: nothing is called, from any folder.
: >"$state/log"
setup || fail "the third run failed"
[[ ! $(log) ]] || fail "the third run did something"

# A broken virtual environment is made anew; one missing package is the only one installed, as root without sudo.
rm "$project/.venv/bin/python" "$state/sudo"
touch "$state/root"
sed -i /ninja-build/d "$state/installed"
setup || fail "repairing failed"
[[ $(log | grep -c '^venv') == 1 ]] || fail "the environment was not made anew"
log | grep -qE '^apt-get.* install -y --no-install-recommends ninja-build$' || fail "not exactly ninja-build"

# An existing LibTorch: no virtual environment. A wrong folder: exit code 2.
export COPPICE_TORCH=$place/nowhere
code=0; setup || code=$?
[[ $code == 2 ]] || fail "a wrong COPPICE_TORCH exited $code"
export COPPICE_TORCH=$place/libtorch
mkdir -p "$COPPICE_TORCH/lib" "$COPPICE_TORCH/include/torch/csrc/api/include/torch"
touch "$COPPICE_TORCH/lib/libtorch_cpu.so" "$COPPICE_TORCH/include/torch/csrc/api/include/torch/torch.h"
rm -rf "$project/.venv"
setup || fail "an existing LibTorch was refused"
[[ ! -e $project/.venv ]] || fail "a virtual environment was made beside an existing LibTorch"
echo "setup.sh: all cases passed"
