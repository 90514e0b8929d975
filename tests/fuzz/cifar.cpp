// Whatever the bytes are, the CIFAR reader refuses them with BadInput or returns whole records with labels in
// range. The first byte chooses between CIFAR-10 and CIFAR-100. As a program of libFuzzer, from the
// repository's root:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DFMT_HEADER_ONLY -I$COPPICE_TORCH/include
//     -Iinclude -Isrc tests/fuzz/cifar.cpp src/data/{cifar,bytes}.cpp src/io/input_file.cpp
//     src/base/{tensor,text}.cpp -lz -o fuzz-cifar
//   ./fuzz-cifar -max_len=6149 NEW_FOLDER tests/fuzz/corpus/cifar
#include "data/cifar.h"

#include "coppice/error.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice;
  if (size == 0) return 0;
  const data::CifarForm form{data[0] % 2 == 0 ? 0 : 20, data[0] % 2 == 0 ? 10 : 100};
  try {
    Examples examples;
    data::parse_cifar(std::as_bytes(std::span(data + 1, size - 1)), form, {"input", "replace it"}, examples);
    const auto count = static_cast<std::size_t>(examples.count());
    if (count * form.record_bytes() != size - 1 || examples.pixels.bytes.size() != count * 3072) std::abort();
    for (const std::int32_t label : examples.labels) {
      if (label < 0 || label >= form.classes) std::abort();
    }
  } catch (const BadInput&) {
  }
  return 0;
}
