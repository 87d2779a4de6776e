// Mapping files, and what is said about paths that cannot be mapped.
#include <flowkit/io/file.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <utility>

namespace flowkit {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::temporary_directory;

TEST(mapped_file, shows_the_bytes_of_the_file_and_survives_moving) {
  const temporary_directory directory;
  testing::write_raw(directory / "a", "hello");

  mapped_file first(directory / "a");
  const mapped_file second = std::move(first);

  EXPECT_EQ(detail::chars_of(second.bytes()), "hello");
  EXPECT_EQ(second.path(), directory / "a");
}

TEST(mapped_file, an_empty_file_has_no_bytes) {
  const temporary_directory directory;
  testing::write_raw(directory / "empty", "");

  EXPECT_TRUE(mapped_file(directory / "empty").bytes().empty());
}

TEST(mapped_file, a_missing_file_is_named_with_the_reason) {
  const temporary_directory directory;

  const auto message = message_of<file_error>([&] { mapped_file file(directory / "none"); });

  EXPECT_THAT(message, HasSubstr(directory / "none"));
  EXPECT_THAT(message, HasSubstr("No such file"));
}

TEST(mapped_file, directories_and_pipes_are_refused_without_waiting) {
  const temporary_directory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);

  EXPECT_THAT(message_of<file_error>([&] { mapped_file file(directory.path()); }),
              HasSubstr("not a regular file"));
  EXPECT_THAT(message_of<file_error>([&] { mapped_file file(directory / "pipe"); }),
              HasSubstr("not a regular file"));
}

TEST(file_handle, closes_once) {
  detail::file_handle handle(::dup(0));
  detail::file_handle other = std::move(handle);

  EXPECT_TRUE(other);
  EXPECT_TRUE(other.reset());
  EXPECT_FALSE(other);
  EXPECT_TRUE(other.reset());
}

}  // namespace
}  // namespace flowkit
