// Any text is either refused with BadInput or is a config whose canonical form reads back to the same.
#include "coppice/config.h"

#include "coppice/error.h"

#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string dump = coppice::dump_config(coppice::parse_config(text, "fuzz.toml", {}));
    if (coppice::dump_config(coppice::parse_config(dump, "dump.toml", {})) != dump) std::abort();
  } catch (const coppice::BadInput&) {
  }
  return 0;
}
