// Accuracy on a test set that can be counted by hand.
#include "compare/test_accuracy.h"

#include "gtest/gtest.h"
#include "support/samples.h"

namespace coppice {
namespace {

/// Five test images of two pixels, (i, 10 i) before normalisation, labels 0 1 2 0 1.
Data five_images() {
  Data data;
  data.classes = 3;
  data.test.image = {1, 1, 2, false};
  data.test.pixels = tensor(DType::kF32, {5, 1, 1, 2}, std::vector<float>{0, 0, 1, 10, 2, 20, 3, 30, 4, 40});
  data.test.labels = {0, 1, 2, 0, 1};
  data.mean = {2};
  data.stddev = {4};
  return data;
}

TEST(TestImages, AreNormalisedAndBeginAnewAfterTheLast) {
  EXPECT_EQ(test_images(five_images(), 3, 3), (std::vector<float>{0.25f, 7, 0.5f, 9.5f, -0.5f, -0.5f}));
  EXPECT_EQ(test_images(five_images(), 1, 1), (std::vector<float>{-0.25f, 2}));
  EXPECT_EQ(test_images(five_images(), 0, 12).size(), 24u);
  EXPECT_EQ(test_images(five_images(), 10, 1), test_images(five_images(), 0, 1));
}

/// Which image a pair of pixels is.
std::size_t number(const float* pixels) { return static_cast<std::size_t>(pixels[0] * 4 + 2); }

TEST(TestAccuracy, CountsEachImageOnceWhateverTheBatch) {
  const std::size_t answers[] = {0, 1, 1, 0, 2};  // three of five are right
  for (const std::int64_t batch : {1, 2, 3, 5, 7}) {
    std::vector<std::size_t> seen;
    const double accuracy = test_accuracy(five_images(), batch, 3, [&](const float* images, float* logits) {
      for (std::int64_t i = 0; i < batch; ++i) {
        seen.push_back(number(images + 2 * i));
        for (std::size_t c = 0; c < 3; ++c) logits[i * 3 + static_cast<std::int64_t>(c)] = -1;
        logits[i * 3 + static_cast<std::int64_t>(answers[seen.back()])] = 2;
      }
    });
    EXPECT_EQ(accuracy, 3.0 / 5) << batch;
    ASSERT_EQ(seen.size(), static_cast<std::size_t>((5 + batch - 1) / batch * batch));
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i % 5);
  }
}

TEST(TestAccuracy, OfEqualLogitsTheFirstCounts) {
  const double accuracy = test_accuracy(five_images(), 5, 3, [](const float*, float* logits) {
    const float rows[5][3] = {{1, 1, 1}, {1, 1, 0}, {0, 2, 2}, {3, 3, 0}, {0, 1, 1}};
    std::copy(&rows[0][0], &rows[0][0] + 15, logits);
  });
  EXPECT_EQ(accuracy, 3.0 / 5);  // answers 0 0 1 0 1
}

}  // namespace
}  // namespace coppice
