// The file that fuzzers write their input to.
#include "input_file.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <array>

namespace flowkit::testing {
namespace {

constexpr std::uint8_t byte = 7;

/// The directory that a process leaves which ends without running destructors, as by a crash.
std::string folder_of_a_crashed_process() {
  std::array<int, 2> pipe_ends{};
  EXPECT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const input_file file("input");
    file.write(&byte, 1);
    const auto written = write(pipe_ends[1], file.folder().data(), file.folder().size());
    _exit(written < 0 ? 1 : 0);
  }
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  std::array<char, 256> name{};
  const auto length = read(pipe_ends[0], name.data(), name.size());
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return {name.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

TEST(input_file, is_removed_with_its_folder) {
  std::string folder;
  {
    const input_file file("input");
    file.write(&byte, 1);
    folder = file.folder();
    EXPECT_TRUE(std::filesystem::exists(file.path()));
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(input_file, removes_what_crashed_processes_left_and_nothing_else) {
  const input_file living("input");
  const std::string left = folder_of_a_crashed_process();
  ASSERT_TRUE(std::filesystem::exists(left)) << left;

  const input_file next("input");

  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(living.folder()));
}

}  // namespace
}  // namespace flowkit::testing
