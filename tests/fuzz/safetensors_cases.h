#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// A small safetensors file, and the words its refusal must hold (none: it is to be read). The fuzzer starts
/// from these files, written out below tests/fuzz/corpus/safetensors.
struct SafetensorsCase {
  std::string name;
  std::string bytes;
  std::vector<std::string> complaint;
};

inline std::string safetensors_bytes(std::string_view header, std::size_t data_bytes, std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  bytes += header;
  for (std::size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>(i);
  return bytes;
}
inline std::string safetensors_bytes(std::string_view header, std::size_t data_bytes) {
  return safetensors_bytes(header, data_bytes, header.size());
}

inline std::vector<SafetensorsCase> safetensors_cases() {
  const auto make = [](std::string_view header, std::size_t data = 0) {
    return safetensors_bytes(header, data);
  };
  const auto tensor = [](std::string_view fields) { return "{\"a.weight\":{" + std::string(fields) + "}}"; };
  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  using std::string_literals::operator""s;
  return {
      // To be read.
      {"good-empty", make("{}"), {}},
      {"good-padded", make("{}      "), {}},
      {"good-metadata-only", make(R"({"__metadata__":{"k":"v","":""}})"), {}},
      {"good-unpadded", make("{" + a + "}", 4), {}},
      {"good-scalar", make(tensor(R"("dtype":"I64","shape":[],"data_offsets":[0,8])"), 8), {}},
      {"good-zero-elements",
       make(tensor(R"("dtype":"F32","shape":[3,0,9223372036854775807],"data_offsets":[0,0])")),
       {}},
      {"good-any-order",
       make(R"({"z":{"data_offsets":[0,2],"shape":[1],"dtype":"BF16"},)" +
                R"("e":{"dtype":"F64","shape":[0],"data_offsets":[2,2]},)"s +
                R"("b":{"shape":[2,2],"dtype":"F16","data_offsets":[2,10]}})",
            10),
       {}},
      {"good-mask",
       make(R"({"__metadata__":{"order":"[\"w\"]"},)"
            R"("w.shape":{"dtype":"I64","shape":[0],"data_offsets":[0,0]},)"
            R"("w.bitmask":{"dtype":"U8","shape":[2,1],"data_offsets":[0,2]}})",
            2),
       {}},
      // Too short, or of another kind.
      {"bad-nothing", "", {"is empty"}},
      {"bad-seven-bytes", "\2\0\0\0\0\0\0"s, {"7 bytes"}},
      {"bad-no-header", safetensors_bytes("", 0, 0), {"byte 8"}},
      {"bad-length-zero", safetensors_bytes("{}", 0, 0), {"byte 8"}},
      {"bad-length-past-end", safetensors_bytes("{}", 0, 3), {"header of 3 bytes", "10 bytes"}},
      {"bad-length-all-ones", safetensors_bytes("{}", 0, ~std::uint64_t{0}), {"18446744073709551615"}},
      {"bad-pytorch-zip",
       "PK\3\4\0\0\x08\x08\0\0\0\0archive/data.pkl"s,
       {"PyTorch pickle", "safetensors.torch.save_file"}},
      {"bad-pytorch-legacy", "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."s, {"PyTorch pickle"}},
      {"bad-leading-space", make(" {}"), {"byte 8"}},
      {"bad-byte-order-mark", make("\xef\xbb\xbf{}"), {"byte 8"}},
      // Not JSON.
      {"bad-not-object", make("[1]"), {"byte 8"}},
      {"bad-cut-json", make(R"({"a":)"), {"JSON at byte 13"}},
      {"bad-second-value", make("{}{}"), {"JSON at byte 10"}},
      {"bad-zero-byte", make("{}\0\0"s), {"zero byte at byte 10"}},
      {"bad-comment", make("{/**/}"), {"JSON at byte 9"}},
      {"bad-utf8", make("{\"\xff\":{}}"), {"JSON at byte 10"}},
      {"bad-deep",
       make("{\"a\":" + std::string(2000, '[') + std::string(2000, ']') + "}"),
       {"\"a\"", "a list"}},
      {"bad-deep-objects", make(R"({"a":{"dtype":{"dtype":{}}}})"), {"\"a\"", "dtype is an object"}},
      // Not this schema.
      {"bad-tensor-number", make(R"({"a":1})"), {"\"a\"", "number 1"}},
      {"bad-tensor-null", make(R"({"a":null})"), {"\"a\"", "null"}},
      {"bad-metadata-list", make(R"({"__metadata__":[]})"), {"__metadata__", "a list"}},
      {"bad-metadata-number", make(R"({"__metadata__":{"k":1}})"), {"\"k\"", "not a string"}},
      {"bad-metadata-nested", make(R"({"__metadata__":{"k":{}}})"), {"\"k\"", "not a string"}},
      {"bad-metadata-boolean", make(R"({"__metadata__":{"k":true}})"), {"\"k\"", "not a string"}},
      {"bad-no-dtype", make(tensor(R"("shape":[],"data_offsets":[0,0])")), {"a.weight", "no dtype"}},
      {"bad-no-shape", make(tensor(R"("dtype":"U8","data_offsets":[0,0])")), {"a.weight", "no shape"}},
      {"bad-no-offsets", make(tensor(R"("dtype":"U8","shape":[0])")), {"a.weight", "no data_offsets"}},
      {"bad-unknown-field", make(tensor(R"("kind":"U8")")), {"a.weight", "\"kind\""}},
      {"bad-unknown-dtype",
       make(tensor(R"("dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1])"), 1),
       {"a.weight", "F8_E4M3", "BF16"}},
      {"bad-dtype-number", make(tensor(R"("dtype":8)")), {"a.weight", "dtype is the number 8"}},
      {"bad-shape-string", make(tensor(R"("shape":"4")")), {"a.weight", "shape is a string"}},
      {"bad-shape-negative", make(tensor(R"("shape":[-1])")), {"a.weight", "the number -1"}},
      {"bad-shape-fraction", make(tensor(R"("shape":[4.0])")), {"a.weight", "the number 4.0"}},
      {"bad-shape-huge",
       make(tensor(R"("shape":[18446744073709551615])")),
       {"a.weight", "18446744073709551615"}},
      {"bad-shape-nested", make(tensor(R"("shape":[[4]])")), {"a.weight", "a list"}},
      {"bad-shape-overflow",
       make(tensor(R"("dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0])")),
       {"a.weight", "2^62"}},
      {"bad-bytes-overflow",
       make(tensor(R"("dtype":"I64","shape":[2305843009213693952],"data_offsets":[0,0])")),
       {"a.weight", "are 0 bytes"}},
      {"bad-one-offset",
       make(tensor(R"("dtype":"U8","shape":[0],"data_offsets":[0])")),
       {"a.weight", "1 numbers"}},
      {"bad-three-offsets",
       make(tensor(R"("dtype":"U8","shape":[0],"data_offsets":[0,0,0])")),
       {"a.weight", "3 numbers"}},
      {"bad-offset-negative", make(tensor(R"("data_offsets":[-8,0])")), {"a.weight", "the number -8"}},
      // Sizes and places that do not fit.
      {"bad-offsets-backwards",
       make(tensor(R"("dtype":"U8","shape":[4],"data_offsets":[4,0])"), 4),
       {"a.weight", "[4, 0]", "backwards"}},
      {"bad-offsets-past-end",
       make(tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4])"), 3),
       {"a.weight", "[0, 4]", "pass the end"}},
      {"bad-offsets-huge",
       make(tensor(R"("dtype":"U8","shape":[4],"data_offsets":[18446744073709551612,18446744073709551615])"),
            3),
       {"a.weight", "pass the end"}},
      {"bad-too-few-bytes",
       make(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4),
       {"a.weight", "4 bytes", "2 elements of F32"}},
      {"bad-odd-bytes",
       make(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,5])"), 5),
       {"a.weight", "5 bytes", "1 elements of F32"}},
      {"bad-scalar-without-bytes",
       make(tensor(R"("dtype":"F32","shape":[],"data_offsets":[0,0])")),
       {"a.weight", "are 0 bytes"}},
      {"bad-trailing-bytes", make("{" + a + "}", 5), {"1 bytes from byte 65 on"}},
      {"bad-bytes-of-nobody", make("{}", 1), {"1 bytes from byte 10 on"}},
      {"bad-hole-at-start",
       make(tensor(R"("dtype":"U8","shape":[4],"data_offsets":[1,5])"), 5),
       {"a.weight", "hole"}},
      {"bad-hole",
       make("{" + a + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[5,6]}})", 6),
       {"\"b\"", "hole", "ends at 4"}},
      {"bad-overlap",
       make("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})", 5),
       {"\"b\"", "overlap", "ends at 4"}},
      {"bad-same-bytes",
       make("{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4),
       {"\"b\"", "overlap"}},
      {"bad-empty-inside-another",
       make("{" + a + R"(,"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})", 4),
       {"\"b\"", "overlap"}},
      // Given twice.
      {"bad-name-twice", make("{" + a + "," + a + "}", 4), {"\"a\" appears twice"}},
      {"bad-metadata-twice", make(R"({"__metadata__":{},"__metadata__":{}})"), {"__metadata__", "twice"}},
      {"bad-metadata-key-twice", make(R"({"__metadata__":{"k":"1","k":"1"}})"), {"\"k\"", "twice"}},
      {"bad-field-twice", make(tensor(R"("dtype":"U8","dtype":"U8")")), {"a.weight", "dtype", "twice"}},
      {"bad-control-characters", make(R"({"a\u0000\n\u001b[31m":1})"), {R"("a\u0000\n\u001b[31m")"}},
      {"bad-long-name", make("{\"" + std::string(5000, 'n') + "\":1}"), {"nnn...\""}},
  };
}

}  // namespace coppice
