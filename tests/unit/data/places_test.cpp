#include "coppice/data.h"

#include "support/data_files.h"

namespace coppice {
namespace {

/// The tests' own working folder, without $COPPICE_DATA.
class Places : public ::testing::Test {
 protected:
  Places() : before_(std::filesystem::current_path()) { std::filesystem::current_path(scratch_.folder()); }
  ~Places() override { std::filesystem::current_path(before_); }
  std::string folder(const std::string& name) const { return scratch_ / name; }
  static std::string failure(const std::string& dataset, const std::string& path = "") {
    return complaint([&] { load_data(config_of(dataset, path)); });
  }
  Scratch scratch_;
  std::filesystem::path before_;
  Environment data_{"COPPICE_DATA", nullptr};
};

TEST_F(Places, AMissingDataSetListsEveryPlaceAndTheRemedy) {
  const Environment data("COPPICE_DATA", "nowhere");
  expect_words(failure("mnist"), {"data.dataset: mnist was not found", "train-images-idx3-ubyte[.gz]",
                                  "nowhere/mnist, nowhere, ", "/usr/share/datasets/mnist, data/mnist",
                                  "data.path", "download the four MNIST files"});
  expect_words(failure("cifar10"), {"data_batch_1.bin", "cifar-10-binary.tar.gz", "cifar-10-batches-bin"});
  expect_words(failure("cifar100"), {"train.bin", "cifar-100-binary.tar.gz"});
}

TEST_F(Places, LooksInTheOrderOfTheHeader) {
  put_small_mnist(folder("data/mnist"), false);
  EXPECT_EQ(load_data(config_of("mnist", "")).pool.count(), 4);
  put_small_mnist(folder("flat"), true);
  const Environment flat("COPPICE_DATA", "flat");
  EXPECT_EQ(find_datasets().at(1).folder, "flat");
  put_small_mnist(folder("flat/mnist"), true);
  EXPECT_EQ(find_datasets().at(1).folder, "flat/mnist");
  EXPECT_EQ(load_data(config_of("mnist", "")).pool.count(), 4);
}

TEST_F(Places, AnotherDataSetsFolderIsPassedOver) {
  put_small_mnist(folder("fashion-mnist"), false);
  for (const char* place : {"fashion-mnist", "fashion-mnist/"}) {
    const Environment data("COPPICE_DATA", place);
    EXPECT_EQ(find_datasets().at(1).folder, "");
    EXPECT_EQ(load_data(config_of("fashion-mnist", "")).pool.count(), 4);
  }
}

TEST_F(Places, APathIsTheOnlyPlace) {
  put_small_mnist(folder("data/mnist"), false);
  std::filesystem::create_directory(folder("empty"));
  expect_words(failure("mnist", "empty"),
               {"data.path: empty holds no mnist", "train-images-idx3-ubyte[.gz]"});
  expect_words(failure("mnist", "absent"), {"data.path: absent is not there", "download"});
  expect_words(failure("mnist", "data/mnist/train-labels-idx1-ubyte"), {"data.path: ", "is no folder"});
  put_small_mnist(folder("torchvision/MNIST/raw"), true);
  EXPECT_EQ(load_data(config_of("mnist", "torchvision")).test.count(), 2);
}

TEST_F(Places, AnIncompleteCopyIsToldNotPassedOver) {
  put_small_mnist(folder("part/mnist"), true);
  std::filesystem::remove(folder("part/mnist/train-labels-idx1-ubyte.gz"));
  put_small_mnist(folder("data/mnist"), false);
  const Environment data("COPPICE_DATA", "part");
  expect_words(failure("mnist"), {"part/mnist", "not complete", "train-labels-idx1-ubyte[.gz] is missing"});
  const DatasetPlace place = find_datasets().at(1);
  EXPECT_EQ(place.folder, "");
  expect_words(place.remedy, {"part/mnist lacks train-labels-idx1-ubyte[.gz]", "download"});
}

TEST_F(Places, SaysWhyAFileCannotBeRead) {
  const std::string images = folder("m/train-images-idx3-ubyte");
  put_small_mnist(folder("m"), false);
  put(images, "");
  expect_words(failure("mnist", folder("m")), {images + ": is empty", "download it again"});
  std::filesystem::remove(images);
  std::filesystem::create_directory(images);
  expect_words(failure("mnist", folder("m")), {images + ": is a folder, not a file", "download it again"});
  std::filesystem::remove(images);
  std::filesystem::create_symlink("train-images-idx3-ubyte",
                                  images);  // to itself: root cannot open it either
  expect_words(failure("mnist", folder("m")), {images + ": cannot be opened", "permissions"});
  std::filesystem::remove(images);
  std::filesystem::create_symlink("/dev/zero", images);
  expect_words(failure("mnist", folder("m")), {images + ": is not a regular file"});
}

TEST_F(Places, FilesThatDoNotBelongTogether) {
  put_small_mnist(folder("m"), false);
  put(folder("m/train-labels-idx1-ubyte"), idx_labels("\1\2\3"));
  expect_words(failure("mnist", folder("m")),
               {"train-images-idx3-ubyte holds 4 images", "3 labels", "download"});
  put_small_mnist(folder("m"), false);
  put(folder("m/t10k-images-idx3-ubyte"), idx_bytes({2, 3, 2}, std::string(12, 'x')));
  expect_words(failure("mnist", folder("m")), {"images of 2x3", "of 3x2", "t10k-images"});
  put(folder("m/t10k-images-idx3-ubyte"), idx_labels("\1\2"));
  expect_words(failure("mnist", folder("m")),
               {"t10k-images-idx3-ubyte", "holds labels", "where images belong"});
}

TEST_F(Places, UnknownNamesAreRefusedWithTheNearest) {
  expect_words(failure("fashion-mnits"), {"data.dataset", "did you mean 'fashion-mnist'?"});
  put_small_mnist(folder("m"), false);
  DataConfig config = config_of("mnist", folder("m"));
  config.augment = "flip-corp";
  expect_words(complaint([&] { load_data(config); }), {"data.augment", "did you mean 'flip-crop'?"});
}

}  // namespace
}  // namespace coppice
