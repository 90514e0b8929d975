#!/usr/bin/env bash
# What is compiled once for every instruction set level shares nothing with the rest of the program: levels.sh
# LEVEL OBJECT... names inline functions and templates that lack the level in their names. The linker keeps one copy
# of such a function, maybe the one that this machine cannot run. --self-test COMPILER plants one.
set -euo pipefail

# The names of symbols that the linker may merge: weak functions and data, and GNU's unique ones.
shared_names() {
  local level=$1
  shift
  nm --demangle "$@" | sed -n 's/^[0-9a-f]* [WVu] //p' | grep -vE "(\b|_)$level\b" || true
}

if [[ $1 == --self-test ]]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  printf '%s\n' 'namespace v9 { template <class T> [[gnu::noinline]] T twice(T x) { return x + x; } }' \
    'namespace common { template <class T> [[gnu::noinline]] T thrice(T x) { return 3 * x; } }' \
    'int both(int x) { return v9::twice(x) + common::thrice(x); }' >"$folder/planted.cpp"
  "$2" -O1 -c "$folder/planted.cpp" -o "$folder/planted.o"
  found=$(shared_names v9 "$folder/planted.o")
  [[ $found == *common::thrice* && $found != *v9::twice* ]] || { echo "found '$found' instead of thrice"; exit 1; }
  exit
fi

found=$(shared_names "$@")
if [[ $found ]]; then
  echo "compiled for $1 alone, but shared with the rest of the program:"
  echo "$found"
  exit 1
fi
