// Zip archives: round trip, and the lies that a hostile archive can tell.
#include <flowkit/io/zip.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace flowkit {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::temporary_directory;

/// An archive with a stored and a deflated entry.
std::string small_archive() {
  const temporary_directory directory;
  atomic_file file(directory / "a.zip");
  zip_writer archive(file);
  archive.add("one", {detail::bytes_of("hello "), detail::bytes_of("world")}, zip_method::stored);
  archive.add("two", {detail::bytes_of(std::string(100'000, 'x'))}, zip_method::deflated);
  archive.add("empty", {}, zip_method::deflated);
  archive.finish();
  file.commit();
  return testing::read_text(directory / "a.zip");
}

/// Opens the archive and reads all of it.
void read_all(std::string_view bytes) {
  const zip_reader archive(detail::bytes_of(bytes), "some.zip");
  for (const zip_entry& entry : archive.entries()) {
    std::vector<std::byte> scratch;
    (void)archive.read(entry, scratch);
  }
}

std::string refusal_after(const std::function<void(std::string&)>& damage) {
  std::string bytes = small_archive();
  damage(bytes);
  return message_of<file_error>([&] { read_all(bytes); });
}

TEST(zip, round_trip_of_stored_and_deflated_entries) {
  const std::string bytes = small_archive();
  const zip_reader archive(detail::bytes_of(bytes), "some.zip");
  std::vector<std::byte> scratch;

  ASSERT_EQ(archive.entries().size(), 3U);
  EXPECT_EQ(detail::chars_of(archive.read(archive.entries()[0], scratch)), "hello world");
  EXPECT_EQ(detail::chars_of(archive.read(archive.entries()[1], scratch)),
            std::string(100'000, 'x'));
  EXPECT_TRUE(archive.read(archive.entries()[2], scratch).empty());
  EXPECT_LT(archive.entries()[1].content.size(), 1000U);
}

TEST(zip, an_inflated_entry_takes_no_more_memory_than_it_has_bytes) {
  const std::string bytes = small_archive();
  const zip_reader archive(detail::bytes_of(bytes), "some.zip");
  std::vector<std::byte> scratch;

  (void)archive.read(archive.entries()[1], scratch);

  EXPECT_EQ(scratch.capacity(), 100'000U);
}

TEST(zip, a_stored_entry_is_read_in_place) {
  const std::string bytes = small_archive();
  const zip_reader archive(detail::bytes_of(bytes), "some.zip");
  std::vector<std::byte> scratch;

  const byte_view content = archive.read(archive.entries()[0], scratch);

  EXPECT_EQ(content.data(), archive.entries()[0].content.data());
  EXPECT_TRUE(scratch.empty());
}

TEST(zip, a_comment_after_the_directory_is_allowed) {
  std::string bytes = small_archive();
  bytes[bytes.size() - 2] = 5;
  bytes += "hello";

  EXPECT_NO_THROW(read_all(bytes));
}

TEST(zip, changed_data_fail_the_checksum) {
  const auto message = refusal_after([](std::string& bytes) { bytes[bytes.find("hello")] = 'j'; });

  EXPECT_THAT(message, HasSubstr("some.zip: entry \"one\": its checksum"));
}

TEST(zip, every_truncation_is_refused) {
  const std::string bytes = small_archive();

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(read_all(std::string_view(bytes).substr(0, size)), file_error) << size;
  }
}

TEST(zip, a_name_that_differs_between_directory_and_entry_is_refused) {
  const auto message = refusal_after([](std::string& bytes) { bytes[bytes.find("one")] = 'O'; });

  EXPECT_THAT(message, HasSubstr("contradicts the directory"));
}

TEST(zip, two_entries_of_one_name_are_refused) {
  const auto message = refusal_after([](std::string& bytes) {
    for (std::size_t at = 0; (at = bytes.find("two", at)) != bytes.npos;)
      bytes.replace(at, 3, "one");
  });

  EXPECT_THAT(message, HasSubstr("two entries named \"one\""));
}

TEST(zip, an_encrypted_entry_is_refused) {
  const auto message = refusal_after([](std::string& bytes) {
    bytes[bytes.find("PK\1\2") + 8] = 1;  // flags of the first directory entry
  });

  EXPECT_THAT(message, HasSubstr("\"one\": is encrypted"));
}

TEST(zip, an_unknown_compression_method_is_refused) {
  const auto message = refusal_after([](std::string& bytes) {
    bytes[bytes.find("PK\1\2") + 10] = 12;  // bzip2
  });

  EXPECT_THAT(message, HasSubstr("compression method 12"));
}

TEST(zip, an_entry_that_claims_more_than_deflate_can_make_is_refused) {
  const auto message = testing::message_of<file_error>(
      [] { read_all(testing::read_text(testing::golden("broken/npz_bomb.npz"))); });

  EXPECT_THAT(message, HasSubstr("declares 1600000128 bytes"));
}

TEST(zip, the_writer_refuses_a_name_used_before) {
  const temporary_directory directory;
  atomic_file file(directory / "a.zip");
  zip_writer archive(file);
  archive.add("one", {}, zip_method::stored);

  EXPECT_THROW(archive.add("one", {}, zip_method::stored), invalid_input);
}

TEST(zip, the_writer_refuses_a_name_that_the_reader_would) {
  const temporary_directory directory;
  atomic_file file(directory / "a.zip");
  zip_writer archive(file);

  const auto message =
      testing::message_of<invalid_input>([&] { archive.add("\xff", {}, zip_method::stored); });

  EXPECT_THAT(message, HasSubstr("is not UTF-8"));
}

}  // namespace
}  // namespace flowkit
