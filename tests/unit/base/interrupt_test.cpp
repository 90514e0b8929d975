#include "base/interrupt.h"

#include <csignal>
#include <cstdlib>

#include "gtest/gtest.h"

namespace coppice {
namespace {

// In child processes: a caught signal stays caught.
TEST(Interrupt, TheFirstSignalSetsAFlag) {
  for (const int number : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          catch_interrupts();
          if (interrupted()) std::exit(3);
          std::raise(number);
          std::exit(interrupted() ? 0 : 4);
        },
        testing::ExitedWithCode(0), "");
  }
}

TEST(Interrupt, TheSecondEndsTheProcess) {
  EXPECT_EXIT(
      {
        catch_interrupts();
        std::raise(SIGINT);
        std::raise(SIGINT);
        std::exit(0);
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace coppice
