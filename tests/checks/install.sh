#!/usr/bin/env bash
# Installs into a folder of the build tree, then configures, builds and runs examples/find_ticket against that alone:
#   install.sh BUILD CXX
set -euo pipefail
build=$1 compiler=$2
root=$PWD
folder=$build/install-test

rm -rf "$folder"
mkdir -p "$folder"
cmake --install "$build" --prefix "$folder/prefix" >"$folder/install.log"
# Away from the source tree, so that nothing of it is found by being near.
cp -r "$root/examples/find_ticket" "$folder/example"
cmake -S "$folder/example" -B "$folder/example/build" -G Ninja -Werror=dev "-DCMAKE_CXX_COMPILER=$compiler" \
  "-DCMAKE_PREFIX_PATH=$folder/prefix" -DCMAKE_BUILD_TYPE=Release
cmake --build "$folder/example/build"
cd "$folder/example"
build/find_ticket | tee output
grep -q '^level 4: density 0.06' output
[[ -s $(echo runs/example-*/ticket.json) ]]
"$folder/prefix/bin/coppice" --version
