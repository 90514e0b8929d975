#include "kernels/cuda/libraries/library.h"

#include <cmath>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace coppice::kernels {
namespace {

/// Sets COPPICE_CUDA_LIBRARIES for a while.
class Folders {
 public:
  explicit Folders(const std::string& value) {
    const char* before = std::getenv("COPPICE_CUDA_LIBRARIES");
    had_ = before != nullptr;
    if (had_) before_ = before;
    setenv("COPPICE_CUDA_LIBRARIES", value.c_str(), 1);
  }
  ~Folders() {
    if (had_) {
      setenv("COPPICE_CUDA_LIBRARIES", before_.c_str(), 1);
    } else {
      unsetenv("COPPICE_CUDA_LIBRARIES");
    }
  }

 private:
  bool had_ = false;
  std::string before_;
};

struct Maths : SharedLibrary {
  Maths() : SharedLibrary("maths", {"libno_such_thing.so.7", "libm.so.6"}) {}
  using SharedLibrary::set_version;
  COPPICE_LIBRARY_FUNCTION(cbrt);
};

TEST(SharedLibrary, OpensTheFirstNameThatIsThereAndTypesItsFunctions) {
  Maths maths;
  EXPECT_EQ(maths.problem(), "");
  EXPECT_TRUE(maths.usable());
  EXPECT_NE(maths.path().find("libm.so.6"), std::string::npos);
  EXPECT_NEAR(maths.cbrt(27.0), 3.0, 1e-14);
}

TEST(SharedLibrary, NamesEveryFunctionThatIsMissing) {
  Maths maths;
  EXPECT_EQ(maths.symbol("no_such_function"), nullptr);
  EXPECT_EQ(maths.symbol("nor_this_one"), nullptr);
  EXPECT_NE(maths.symbol("cos"), nullptr);
  EXPECT_FALSE(maths.usable());
  EXPECT_EQ(maths.problem(),
            "maths (" + maths.path() + ") is too old: it lacks no_such_function, nor_this_one");
}

TEST(SharedLibrary, SaysThatItIsMissing) {
  SharedLibrary nothing("Nothing", {"libno_such_thing.so.7", "libno_such_thing.so"});
  EXPECT_FALSE(nothing.usable());
  EXPECT_EQ(nothing.path(), "");
  EXPECT_EQ(nothing.problem().find("Nothing is not here: no libno_such_thing.so.7 on the loader's path"), 0u)
      << nothing.problem();
  EXPECT_NE(nothing.problem().find("COPPICE_CUDA_LIBRARIES"), std::string::npos);
  EXPECT_EQ(nothing.symbol("anything"), nullptr);
}

TEST(SharedLibrary, SaysWhyAFileDoesNotOpen) {
  const Scratch scratch;
  std::ofstream(scratch.folder() / "libbroken_thing.so") << "no library";
  const Folders folders("::/no/such/folder:" + scratch.folder().string());
  const SharedLibrary broken("Broken", {"libbroken_thing.so"});
  EXPECT_EQ(broken.problem().find("Broken does not open: "), 0u) << broken.problem();
  EXPECT_NE(broken.problem().find("libbroken_thing.so"), std::string::npos) << broken.problem();
}

TEST(SharedLibrary, RefusesAnotherVersionThanTheHeaders) {
  Maths maths;
  maths.set_version(2, 31, 4, 2);
  EXPECT_EQ(maths.version(), "2.31.4");
  EXPECT_TRUE(maths.usable());
  maths.set_version(3, 0, 1, 2);
  EXPECT_EQ(maths.problem(),
            "maths 3.0.1 (" + maths.path() + ") is not the version 2 that this program was built with");
}

TEST(SharedLibrary, LooksInTheNamedFoldersFirst) {
  const Folders folders("/first:/second/lib:");
  const auto list = cuda_library_folders();
  ASSERT_GE(list.size(), 2u);
  EXPECT_EQ(list[0], "/first");
  EXPECT_EQ(list[1], "/second/lib");
}

}  // namespace
}  // namespace coppice::kernels
