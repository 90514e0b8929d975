// Whatever the bytes are, the reader either refuses them with BadInput or returns tensors that it writes and
// reads back unchanged. As a program of libFuzzer, from the repository's root:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DFMT_HEADER_ONLY -I$COPPICE_TORCH/include
//     -Iinclude -Isrc tests/fuzz/safetensors.cpp src/io/{safetensors*,masks,json_text,input_file}.cpp
//     src/base/{files,tensor,text,mask}.cpp -o fuzz-safetensors
//   ./fuzz-safetensors -max_len=4096 NEW_FOLDER tests/fuzz/corpus/safetensors
#include "io/safetensors.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "io/masks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice;
  SafetensorsFile file;
  try {
    file = parse_safetensors(std::as_bytes(std::span(data, size)), "input");
  } catch (const BadInput&) {
    return 0;
  }
  std::string written;
  const auto append = [&](const void* bytes, std::size_t count) {
    written.append(static_cast<const char*>(bytes), count);
  };
  try {
    emit_safetensors(file.tensors, file.metadata, append);
  } catch (const BadInput&) {
    std::abort();
  }
  const SafetensorsFile again = parse_safetensors(std::as_bytes(std::span(written)), "written");
  if (again.tensors != file.tensors || again.metadata != file.metadata) std::abort();
  try {
    for (const NamedMask& named : masks_of(file, "input")) {
      if (named.mask.kept() > named.mask.size()) std::abort();
    }
  } catch (const BadInput&) {
  }
  return 0;
}
