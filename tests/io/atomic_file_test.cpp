// Files appear complete or not at all.
#include <flowkit/io/atomic_file.hpp>

#include "support/files.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>

namespace flowkit {
namespace {

using ::testing::HasSubstr;
using testing::read_text;
using testing::temporary_directory;

TEST(atomic_file, replaces_the_old_file_only_on_commit) {
  const temporary_directory directory;
  write_text_file(directory / "a", "old");

  atomic_file file(directory / "a");
  file.write("new");
  const std::string before = read_text(directory / "a");
  file.commit();

  EXPECT_EQ(before, "old");
  EXPECT_EQ(read_text(directory / "a"), "new");
  EXPECT_EQ(directory.count(), 1);
}

TEST(atomic_file, leaves_nothing_behind_without_commit) {
  const temporary_directory directory;
  write_text_file(directory / "a", "old");

  { atomic_file(directory / "a").write("half"); }

  EXPECT_EQ(read_text(directory / "a"), "old");
  EXPECT_EQ(directory.count(), 1);
}

TEST(atomic_file, keeps_the_order_of_small_and_large_pieces) {
  const temporary_directory directory;
  const std::string large(std::size_t{1} << 17, 'x');

  atomic_file file(directory / "a");
  file.write("begin");
  file.write(large);
  file.write("end");
  file.commit();

  EXPECT_EQ(read_text(directory / "a"), "begin" + large + "end");
}

TEST(atomic_file, leftovers_of_dead_processes_are_removed_and_nothing_else) {
  const temporary_directory directory;
  const std::string below = directory / "stage";
  std::filesystem::create_directory(below);
  const pid_t child = ::fork();
  if (child == 0) {
    atomic_file file(below + "/a");
    file.write("half");
    std::filesystem::create_directory(detail::temporary_name(below + "/data"));
    // Names that others give to files of their own.
    testing::write_raw(text(below, "/a.", ::getpid(), ".1.tmp"), "mine");
    std::filesystem::create_directory(text(below, "/data.", ::getpid(), ".tmp"));
    ::raise(SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const atomic_file alive(below + "/b");
  for (const char* foreign : {"/notes.tmp", "/notes.1.tmp", "/a.x.1.tmp", "/tmp"}) {
    testing::write_raw(below + foreign, "mine");
  }
  const auto count = [&] { return std::distance(std::filesystem::directory_iterator(below), {}); };
  ASSERT_EQ(count(), 9);

  remove_stale_temporaries(directory / "");

  EXPECT_EQ(count(), 7);
  EXPECT_NO_THROW(remove_stale_temporaries(directory / "missing"));
}

TEST(atomic_file, a_new_file_never_replaces_one_that_appeared_meanwhile) {
  const temporary_directory directory;
  atomic_file first(directory / "a");
  atomic_file second(directory / "a");
  first.write("first");
  second.write("second");

  first.commit_new();
  const auto message = testing::message_of<file_error>([&] { second.commit_new(); });

  EXPECT_THAT(message, HasSubstr("/a: exists already"));
  EXPECT_EQ(read_text(directory / "a"), "first");
}

using rename_function = void (*)(const std::string&, const std::string&);

// The second one for file systems that have no such rename.
class new_name : public ::testing::TestWithParam<rename_function> {};

TEST_P(new_name, is_given_to_files_and_directories) {
  const temporary_directory directory;
  testing::write_raw(directory / "a", "content");
  std::filesystem::create_directory(directory / "d");
  testing::write_raw(directory / "d/a", "inside");

  GetParam()(directory / "a", directory / "b");
  GetParam()(directory / "d", directory / "e");

  EXPECT_EQ(read_text(directory / "b"), "content");
  EXPECT_EQ(read_text(directory / "e/a"), "inside");
  EXPECT_EQ(directory.count(), 2);
}

TEST_P(new_name, is_never_one_that_appeared_meanwhile) {
  const temporary_directory directory;
  for (const char* name : {"made", "there"}) {
    std::filesystem::create_directory(directory / name);
    testing::write_raw(directory / name + "/a", name);
    testing::write_raw(directory / name + ".zip", name);
  }
  const auto refusal = [&](const std::string& from, const std::string& to) {
    return testing::message_of<file_error>([&] { GetParam()(directory / from, directory / to); });
  };

  EXPECT_THAT(refusal("made", "there"), HasSubstr("/there: exists already"));
  EXPECT_THAT(refusal("made.zip", "there.zip"), HasSubstr("/there.zip: exists already"));
  EXPECT_THAT(refusal("none", "new"), HasSubstr("cannot rename"));

  EXPECT_EQ(read_text(directory / "there/a"), "there");
  EXPECT_EQ(read_text(directory / "there.zip"), "there");
  EXPECT_EQ(directory.count(), 4);
}

INSTANTIATE_TEST_SUITE_P(atomic_file, new_name,
                         ::testing::Values(&detail::rename_to_new, &detail::rename_to_claimed));

TEST(atomic_file, a_killed_process_leaves_the_old_file) {
  const temporary_directory directory;
  write_text_file(directory / "a", "old");

  const pid_t child = ::fork();
  if (child == 0) {
    atomic_file file(directory / "a");
    file.write(std::string(std::size_t{1} << 17, 'x'));
    ::_exit(0);  // as a kill would: no destructor runs
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_EQ(read_text(directory / "a"), "old");
}

TEST(atomic_file, a_missing_directory_is_named_with_the_reason) {
  const auto message =
      testing::message_of<file_error>([] { atomic_file file("/nowhere/at/all.bin"); });

  EXPECT_THAT(message, HasSubstr("/nowhere/at/all.bin"));
  EXPECT_THAT(message, HasSubstr("No such file or directory"));
}

TEST(atomic_file, a_full_disk_is_reported) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "this system has no /dev/full";
  const detail::file_handle full(::open("/dev/full", O_WRONLY));

  const auto message = testing::message_of<file_error>(
      [&] { detail::write_all(full, detail::bytes_of("x"), "checkpoint"); });

  EXPECT_THAT(message, HasSubstr("checkpoint: cannot write: No space left"));
}

}  // namespace
}  // namespace flowkit
