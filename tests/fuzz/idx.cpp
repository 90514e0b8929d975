// Whatever the bytes are, the IDX reader refuses them with BadInput or returns exactly the bytes that the
// header announces. As a program of libFuzzer, from the repository's root:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DFMT_HEADER_ONLY -I$COPPICE_TORCH/include
//     -Iinclude -Isrc tests/fuzz/idx.cpp src/data/{idx,bytes}.cpp src/io/input_file.cpp
//     src/base/{tensor,text}.cpp -lz -o fuzz-idx
//   ./fuzz-idx -max_len=4096 NEW_FOLDER tests/fuzz/corpus/idx
#include "data/idx.h"

#include "coppice/error.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice;
  const auto file = std::as_bytes(std::span(data, size));
  const data::Source source{"input", "replace it"};
  for (const data::IdxKind kind : {data::IdxKind::kImages, data::IdxKind::kLabels}) {
    try {
      const Tensor tensor = data::parse_idx(file, kind, source);
      if (tensor.bytes.size() != static_cast<std::size_t>(tensor.size())) std::abort();
      if (kind == data::IdxKind::kLabels) {
        for (const std::int32_t label : data::idx_labels(tensor, 10, source)) {
          if (label < 0 || label >= 10) std::abort();
        }
      }
    } catch (const BadInput&) {
    }
  }
  return 0;
}
