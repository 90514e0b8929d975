#include "base/files.h"

#include "coppice/error.h"

#include <csignal>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "support/scratch.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::recursive_directory_iterator(folder), {}));
}

/// The message of the Failure that `statement` throws.
template <class Statement>
std::string failure(const Statement& statement) {
  try {
    statement();
  } catch (const Failure& error) {
    return error.what();
  }
  return "nothing was thrown";
}
bool contains(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

TEST(Files, WrittenAndReadBack) {
  const Scratch scratch;
  const std::string content("a\0b\n\xff", 5);
  write_file_atomically(scratch / "x", content);
  EXPECT_EQ(read_file(scratch / "x"), content);
  write_file_atomically(scratch / "x", "");
  EXPECT_EQ(read_file(scratch / "x"), "");
  write_file_atomically(scratch / "x", [](const auto& write) {
    write("one ", 4);
    write("", 0);
    write("two", 3);
  });
  EXPECT_EQ(read_file(scratch / "x"), "one two");
  EXPECT_EQ(entries(scratch.folder()), 1u);
}

TEST(Files, ARelativeNameWithoutAFolderWorks) {
  const Scratch scratch;
  const fs::path before = fs::current_path();
  fs::current_path(scratch.folder());
  write_file_atomically("x", "here");
  EXPECT_EQ(read_file("x"), "here");
  fs::current_path(before);
}

TEST(Files, ReadingWhatIsNotThereIsBadInput) {
  const Scratch scratch;
  EXPECT_THROW(read_file(scratch / "missing"), BadInput);
  EXPECT_THROW(read_file(scratch.folder()), BadInput);
}

TEST(Files, AProducerThatThrowsLeavesTheOldContent) {
  const Scratch scratch;
  write_file_atomically(scratch / "x", "old");
  EXPECT_THROW(write_file_atomically(scratch / "x",
                                     [](const auto& write) {
                                       write("new", 3);
                                       throw Failure("stop");
                                     }),
               Failure);
  EXPECT_EQ(read_file(scratch / "x"), "old");
  EXPECT_EQ(entries(scratch.folder()), 1u);
}

TEST(Files, TheNewContentShowsOnlyWhole) {
  const Scratch scratch;
  write_file_atomically(scratch / "x", "old");
  write_file_atomically(scratch / "x", [&](const auto& write) {
    write("new", 3);
    EXPECT_EQ(read_file(scratch / "x"), "old");
  });
  EXPECT_EQ(read_file(scratch / "x"), "new");
}

TEST(Files, WritingWhereNothingCanBeWrittenSaysWhy) {
  const Scratch scratch;
  const auto write = [&](const std::string& name) {
    return failure([&] { write_file_atomically(scratch / name, "x"); });
  };
  EXPECT_TRUE(contains(write("no/folder"), scratch / "no/folder")) << write("no/folder");
  EXPECT_TRUE(contains(write("no/folder"), "No such file or directory"));
  EXPECT_TRUE(contains(write(std::string(300, 'n')), "File name too long"));
  make_folder(scratch / "taken");
  EXPECT_TRUE(contains(write("taken"), "Is a directory"));
  EXPECT_EQ(entries(scratch.folder()), 1u);
}

TEST(Files, AFolderWithoutPermissionIsAFailure) {
  const Scratch scratch;
  make_folder(scratch / "locked");
  fs::permissions(scratch.folder(), fs::perms{0755});
  fs::permissions(scratch / "locked", fs::perms{0555});
  const bool root = geteuid() == 0;  // whom no permission stops
  ASSERT_EQ(root ? seteuid(65534) : 0, 0);
  const std::string write = failure([&] { write_file_atomically(scratch / "locked/x", "x"); });
  const std::string make = failure([&] { make_folder(scratch / "locked/x"); });
  const std::string remove = failure([&] { remove_path(scratch / "locked"); });
  ASSERT_EQ(root ? seteuid(0) : 0, 0);
  for (const std::string& message : {write, make, remove}) {
    EXPECT_TRUE(contains(message, "Permission denied")) << message;
    EXPECT_TRUE(contains(message, scratch / "locked")) << message;
  }
  EXPECT_EQ(entries(scratch.folder()), 1u);
}

TEST(Files, AFileLargerThanAllowedIsAFailureThatLeavesTheOldOne) {
  const Scratch scratch;
  write_file_atomically(scratch / "x", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message =
      failure([&] { write_file_atomically(scratch / "x", std::string(1'000'000, 'n')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(contains(message, "File too large")) << message;
  EXPECT_TRUE(contains(message, scratch / "x")) << message;
  EXPECT_EQ(read_file(scratch / "x"), "old");
  EXPECT_EQ(entries(scratch.folder()), 1u);
}

TEST(Files, AFullDiskIsAFailureThatLeavesTheOldFile) {
  const Scratch scratch;
  const pid_t child = fork();
  if (child == 0) {  // a file system of 64 KiB that only this process sees
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", scratch.folder().c_str(), "tmpfs", 0, "size=64k") != 0)
      _exit(77);
    write_file_atomically(scratch / "x", "old");
    const std::string message =
        failure([&] { write_file_atomically(scratch / "x", std::string(1'000'000, 'n')); });
    const bool said = contains(message, "No space left") && contains(message, "free some space");
    _exit(said && read_file(scratch / "x") == "old" && entries(scratch.folder()) == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "mounting a small file system needs privileges";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// As a process killed while writing leaves it.
void write_and_die(const std::string& path) {
  const pid_t child = fork();
  if (child == 0)
    write_file_atomically(path, [](const auto& write) { write("half", 4), std::raise(SIGKILL); });
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(Files, LeftoversOfAKilledProcessAreFoundAndRemoved) {
  const Scratch scratch;
  make_folder(scratch / "level-00/deep");
  write_file_atomically(scratch / "level-00/deep/x", "old");
  write_and_die(scratch / "level-00/deep/x");
  write_and_die(scratch / "level-00/deep/y");
  write_and_die(scratch / "z");
  EXPECT_EQ(read_file(scratch / "level-00/deep/x"), "old");
  EXPECT_EQ(entries(scratch.folder()), 2u + 1 + 3);
  EXPECT_EQ(remove_temporaries(scratch.folder()), 3);
  EXPECT_EQ(remove_temporaries(scratch.folder()), 0);
  EXPECT_EQ(entries(scratch.folder()), 2u + 1);
  EXPECT_EQ(remove_temporaries(scratch / "missing"), 0);
}

TEST(Files, ALeftoverIsNoHindrance) {
  const Scratch scratch;
  write_and_die(scratch / "x");
  write_file_atomically(scratch / "x", "whole");
  EXPECT_EQ(read_file(scratch / "x"), "whole");
  EXPECT_EQ(entries(scratch.folder()), 1u);
}

// A library linked before libstdc++ may bring a std::filesystem::remove_all of its own that crashes.
TEST(Files, RemovingATree) {
  const Scratch scratch;
  make_folder(scratch / "a/b/c");
  make_folder(scratch / "a/b/c");  // again: it is there
  write_file_atomically(scratch / "a/b/x", "x");
  remove_path(scratch / "a");
  EXPECT_EQ(entries(scratch.folder()), 0u);
  remove_path(scratch / "a");
  write_file_atomically(scratch / "x", "x");
  EXPECT_TRUE(contains(failure([&] { make_folder(scratch / "x"); }), scratch / "x"));
  EXPECT_TRUE(contains(failure([&] { make_folder(scratch / "x/y"); }), scratch / "x/y"));
  remove_path(scratch / "x");
  EXPECT_EQ(entries(scratch.folder()), 0u);
}

}  // namespace
}  // namespace coppice
