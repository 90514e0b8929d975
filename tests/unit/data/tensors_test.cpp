#include "coppice/checkpoint.h"
#include "coppice/data.h"

#include <cmath>

#include "data/stores.h"
#include "support/data_files.h"

namespace coppice {
namespace {

template <class T>
Tensor tensor_of(DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  Tensor tensor = Tensor::zeros(dtype, std::move(shape));
  std::ranges::copy(values, tensor.as<T>().begin());
  return tensor;
}

Tensors small() {
  return {{"train.images", tensor_of<float>(DType::kF32, {3, 2, 1, 2}, {1, 2, 5, 5, 3, 4, 5, 5, 5, 6, 5, 5})},
          {"train.labels", tensor_of<std::int64_t>(DType::kI64, {3}, {0, 2, 1})},
          {"test.images", tensor_of<float>(DType::kF32, {1, 2, 1, 2}, {1, 2, 3, 4})},
          {"test.labels", tensor_of<std::int64_t>(DType::kI64, {1}, {3})}};
}

std::string failure(const Tensors& tensors) {
  return complaint([&] { data::stores_from_tensors(tensors, "some/file"); });
}

TEST(TensorData, LoadsASafetensorsFile) {
  const Scratch scratch;
  write_safetensors(scratch / "data.safetensors", small());
  const Data data = load_data(config_of("tensors", scratch / "data.safetensors"));
  EXPECT_EQ(data.classes, 4);
  EXPECT_EQ(data.pool.image, (Extent{2, 1, 2, false}));
  EXPECT_EQ(data.pool.labels, (std::vector<std::int32_t>{0, 2, 1}));
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{3}));
  EXPECT_EQ(data.pool.pixels.dtype, DType::kF32);
  // 1 ... 6: mean 3.5, variance 35 / 12; the second channel is 5 everywhere.
  EXPECT_EQ(data.mean, (std::vector<float>{3.5f, 5.0f}));
  EXPECT_EQ(data.stddev, (std::vector<float>{static_cast<float>(std::sqrt(35.0 / 12)), 1.0f}));
  std::vector<float> out(4);
  gather(data, Split::kTrain, std::vector<std::uint32_t>{1}, {}, out.data());
  EXPECT_EQ(out, (std::vector<float>{-0.5f / data.stddev[0], 0.5f / data.stddev[0], 0, 0}));
}

TEST(TensorData, BytesWithoutAChannelAxisAndEveryTypeOfLabel) {
  const std::vector<std::uint8_t> pixels = {1, 2, 3, 4, 5, 6, 7, 8};
  for (const DType dtype : {DType::kU8, DType::kI32, DType::kI64}) {
    Tensors tensors;
    tensors["train.images"] = tensor_of<std::uint8_t>(DType::kU8, {2, 2, 2}, pixels);
    tensors["test.images"] = tensor_of<std::uint8_t>(DType::kU8, {2, 1, 2, 2}, pixels);
    for (const char* name : {"train.labels", "test.labels"}) {
      if (dtype == DType::kU8) tensors[name] = tensor_of<std::uint8_t>(dtype, {2}, {0, 1});
      if (dtype == DType::kI32) tensors[name] = tensor_of<std::int32_t>(dtype, {2}, {0, 1});
      if (dtype == DType::kI64) tensors[name] = tensor_of<std::int64_t>(dtype, {2}, {0, 1});
    }
    const data::Stores stores = data::stores_from_tensors(tensors, "some/file");
    EXPECT_EQ(stores.classes, 2);
    EXPECT_EQ(stores.pool.image, (Extent{1, 2, 2, false}));
    EXPECT_EQ(stores.pool.pixels, stores.test.pixels);
    EXPECT_EQ(stores.pool.labels, (std::vector<std::int32_t>{0, 1}));
  }
}

TEST(TensorData, SaysWhatIsWrong) {
  expect_words(complaint([] { load_data(config_of("tensors", "")); }), {"data.path", "safetensors file"});
  expect_words(complaint([] { load_data(config_of("tensors", "no/such/file")); }), {"no/such/file"});
  const auto with = [](const std::string& name, Tensor tensor) {
    Tensors tensors = small();
    tensors[name] = std::move(tensor);
    return tensors;
  };
  Tensors tensors = small();
  tensors.erase("test.images");
  expect_words(failure(tensors), {"some/file", "no tensor 'test.images'", "test.labels, train.images"});
  expect_words(failure(with("train.images", Tensor::zeros(DType::kF64, {3, 2, 1, 2}))),
               {"train.images is F64 [3, 2, 1, 2]", "U8 or F32"});
  expect_words(failure(with("train.images", Tensor::zeros(DType::kF32, {3, 4}))),
               {"[3, 4]", "height, width"});
  expect_words(failure(with("train.images", Tensor::zeros(DType::kF32, {0, 2, 1, 2}))), {"none of them 0"});
  expect_words(failure(with("train.images", Tensor::zeros(DType::kF32, {2, 2, 1, 2}))),
               {"train.images holds 2 examples", "train.labels 3"});
  expect_words(failure(with("test.images", Tensor::zeros(DType::kF32, {1, 2, 2, 2}))),
               {"differ in the size or type"});
  expect_words(failure(with("test.images", Tensor::zeros(DType::kU8, {1, 2, 1, 2}))),
               {"differ in the size or type"});
  expect_words(failure(with("train.labels", Tensor::zeros(DType::kF32, {3}))),
               {"train.labels is F32 [3]", "I64"});
  expect_words(failure(with("train.labels", Tensor::zeros(DType::kI64, {3, 1}))),
               {"train.labels is I64 [3, 1]"});
  expect_words(failure(with("train.labels", tensor_of<std::int64_t>(DType::kI64, {3}, {0, -1, 0}))),
               {"train.labels holds -1 at element 1"});
  expect_words(failure(with("train.labels", tensor_of<std::int64_t>(DType::kI64, {3}, {0, 1, 1LL << 40}))),
               {"train.labels holds 1099511627776 at element 2", "below 65536"});
  expect_words(failure(with("train.images", tensor_of<float>(DType::kF32, {3, 2, 1, 2},
                                                             {1, 2, NAN, 5, 3, 4, 5, 5, 5, 6, 5, 5}))),
               {"train.images holds nan at element 2"});
  tensors = with("train.labels", Tensor::zeros(DType::kI64, {3}));
  tensors["test.labels"] = Tensor::zeros(DType::kI64, {1});
  expect_words(failure(tensors), {"at least two classes"});
}

}  // namespace
}  // namespace coppice
