// What torch.save writes for an OrderedDict of tensors, from its serialization.py: a zip archive with
//   archive/data.pkl   a pickle (protocol 2); a tensor is a call of torch._utils._rebuild_tensor_v2 on a
//   storage
//                      that the pickle only refers to ("persistent id"), by key, type and number of elements
//   archive/data/KEY   the bytes of a storage
// Each tensor gets a storage of its own: a view never drags another's bytes along. Nothing is memoised, which
// the protocol leaves free. No .format_version entry: it promises data descriptors at places where PyTorch
// computes them.
#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/files.h"
#include "io/json_text.h"
#include "io/zip.h"

namespace coppice {

namespace {

std::string_view storage_name(DType dtype) {
  switch (dtype) {
    case DType::kBool: return "BoolStorage";
    case DType::kU8: return "ByteStorage";
    case DType::kI8: return "CharStorage";
    case DType::kI16: return "ShortStorage";
    case DType::kI32: return "IntStorage";
    case DType::kI64: return "LongStorage";
    case DType::kF16: return "HalfStorage";
    case DType::kBF16: return "BFloat16Storage";
    case DType::kF32: return "FloatStorage";
    case DType::kF64: return "DoubleStorage";
  }
  throw Failure("internal: an element type without a storage");
}

/// The opcodes of pickle protocol 2 that a state dict needs.
class Pickle {
 public:
  Pickle() : text_("\x80\x02") {}

  void mark() { text_ += '('; }
  void tuple() { text_ += 't'; }          // of everything since the mark
  void reduce() { text_ += 'R'; }         // call: function and tuple of arguments
  void persistent_id() { text_ += 'Q'; }  // what the tuple before refers to
  void set_items() { text_ += 'u'; }      // name, value, name, value, ... since the mark
  void boolean(bool value) { text_ += value ? '\x88' : '\x89'; }
  void global(std::string_view module, std::string_view name) {
    text_ += fmt::format("c{}\n{}\n", module, name);
  }
  void string(std::string_view value) {
    text_ += 'X';
    number(value.size(), 4);
    text_ += value;
  }
  void integer(std::int64_t value) {  // not negative
    if (value < 0x80000000) {
      text_ += 'J';
      number(static_cast<std::uint64_t>(value), 4);
    } else {
      text_ += "\x8a\x08";
      number(static_cast<std::uint64_t>(value), 8);
    }
  }
  void integers(const std::vector<std::int64_t>& values) {
    mark();
    for (const std::int64_t value : values) integer(value);
    tuple();
  }
  void empty_ordered_dict() {
    global("collections", "OrderedDict");
    text_ += ')';
    reduce();
  }
  std::string finish() { return std::move(text_ += '.'); }

 private:
  void number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) text_ += static_cast<char>(value >> 8 * i & 0xFF);
  }
  std::string text_;
};

std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

void put_tensor(Pickle& pickle, const std::string& key, const Tensor& tensor) {
  pickle.global("torch._utils", "_rebuild_tensor_v2");
  pickle.mark();
  {
    pickle.mark();
    pickle.string("storage");
    pickle.global("torch", storage_name(tensor.dtype));
    pickle.string(key);
    pickle.string("cpu");
    pickle.integer(tensor.size());
    pickle.tuple();
    pickle.persistent_id();
  }
  pickle.integer(0);  // offset in the storage
  pickle.integers(tensor.shape);
  pickle.integers(strides_of(tensor.shape));
  pickle.boolean(false);        // requires_grad
  pickle.empty_ordered_dict();  // backward hooks
  pickle.tuple();
  pickle.reduce();
}

/// Every tensor once, as `order` says.
std::vector<const Tensors::value_type*> in_order(const Tensors& tensors,
                                                 const std::vector<std::string>& order) {
  std::vector<const Tensors::value_type*> out;
  std::set<std::string_view> seen;
  for (const std::string& name : order) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || !seen.insert(name).second) {
      throw BadInput(fmt::format("the order of a state dict names {} {}", printable(name),
                                 found == tensors.end() ? "which is no tensor of it" : "twice"));
    }
    out.push_back(&*found);
  }
  for (const auto& named : tensors) {
    if (order.empty()) out.push_back(&named);
    if (!order.empty() && seen.count(named.first) == 0)
      throw BadInput(fmt::format("the order of a state dict leaves out {}", printable(named.first)));
  }
  return out;
}

}  // namespace

void write_state_dict(const std::string& path, const Tensors& tensors,
                      const std::vector<std::string>& order) {
  const auto entries = in_order(tensors, order);
  Pickle pickle;
  pickle.empty_ordered_dict();
  pickle.mark();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [name, tensor] = *entries[i];
    json_string(name, "tensor name");  // refuses what is not UTF-8, which Python could not read
    if (tensor.bytes.size() != static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype))
      throw Failure(fmt::format("internal: tensor '{}' does not hold what its shape says", name));
    pickle.string(name);
    put_tensor(pickle, std::to_string(i), tensor);
  }
  pickle.set_items();
  const std::string data = pickle.finish();

  write_file_atomically(path, [&](const std::function<void(const void*, std::size_t)>& sink) {
    ZipWriter zip(sink);
    zip.add("archive/data.pkl", data);
    zip.add("archive/byteorder", "little");
    for (std::size_t i = 0; i < entries.size(); ++i)
      zip.add("archive/data/" + std::to_string(i), entries[i]->second.bytes);
    zip.add("archive/version", "3\n");
    zip.finish();
  });
}

}  // namespace coppice
