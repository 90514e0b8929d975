// Small networks on a busy machine: threads that wait for each other cost more than they compute. Tests about
// threads set their own number.
#include "base/libtorch/threads.h"
#include "gtest/gtest.h"

namespace coppice {
namespace {

class OneThread : public testing::Environment {
  void SetUp() override { set_threads(1); }
};

const testing::Environment* const kOneThread = testing::AddGlobalTestEnvironment(new OneThread);

}  // namespace
}  // namespace coppice
