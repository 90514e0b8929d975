#include "sparse/libtorch/placed_output.h"

#include <thread>

#include <gtest/gtest.h>

#include "sparse/libtorch/dense_layer.h"
#include "unit/sparse_libtorch/examples.h"

namespace coppice {
namespace {

TEST(PlacedOutput, TakesTheFirstTensorOfThatSizeAndNoOther) {
  AlignedFloats place(64);
  {
    const PlacedOutput scope(place.data(), 256);
    const at::Tensor smaller = at::empty({63}), right = at::empty({8, 8}), second = at::empty({64});
    EXPECT_NE(smaller.const_data_ptr(), place.data());
    EXPECT_EQ(right.const_data_ptr(), place.data());
    EXPECT_NE(second.const_data_ptr(), place.data());
  }
  EXPECT_NE(at::empty({64}).const_data_ptr(), place.data());
  const PlacedOutput scope(place.data(), 256);
  std::thread([&] { EXPECT_NE(at::empty({64}).const_data_ptr(), place.data()); }).join();
  EXPECT_EQ(at::empty({64}).const_data_ptr(), place.data());
}

TEST(PlacedOutput, MemoryOfRawAllocationsIsNotFreed) {
  AlignedFloats place(64);
  const PlacedOutput scope(place.data(), 256);
  c10::Allocator& allocator = *c10::GetAllocator(c10::kCPU);
  void* placed = allocator.raw_allocate(256);
  void* own = allocator.raw_allocate(256);
  EXPECT_EQ(placed, place.data());
  EXPECT_NE(own, place.data());
  allocator.raw_deallocate(placed);
  allocator.raw_deallocate(own);
  place.data()[0] = 1;
}

TEST(PlacedOutput, OnednnWritesThere) {
  Random random(4);
  for (const kernels::LayerShape& shape :
       {kernels::LayerShape{16, 8, 6, 6, 3, 3, 1, 1, 1}, kernels::LayerShape{7, 24, 1, 1}}) {
    const kernels::Layer layer = random_layer(shape, 1, random);
    const auto onednn = onednn_layer(layer, 3, at::MemoryFormat::ChannelsLast);
    if (!onednn) GTEST_SKIP() << "this LibTorch comes without oneDNN's packed operations";
    const at::Tensor x =
        at::rand({3, shape.channels, shape.height, shape.width}).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor expected = onednn->run(x, {}, {});
    const at::Tensor out = at::zeros_like(expected);
    const at::Tensor y = onednn->run(x, {}, out);
    EXPECT_EQ(y.const_data_ptr(), out.const_data_ptr()) << "a copy would be needed, and would be timed";
    EXPECT_TRUE(at::equal(out, expected));
  }
}

}  // namespace
}  // namespace coppice
