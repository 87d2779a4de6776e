// .npz archives: those of NumPy equal their references bit for bit, and ours read back.
#include <flowkit/io/npy.hpp>
#include <flowkit/io/npz.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace flowkit {
namespace {

using ::testing::ElementsAre;
using testing::golden;
using ::testing::HasSubstr;
using testing::message_of;
using testing::temporary_directory;

void expect_equal(const array& actual, const array& expected) {
  EXPECT_EQ(actual.type(), expected.type());
  EXPECT_EQ(actual.shape(), expected.shape());
  EXPECT_TRUE(std::ranges::equal(actual.bytes(), expected.bytes()));
}

class npz_of_numpy : public ::testing::TestWithParam<const char*> {};

TEST_P(npz_of_numpy, equals_the_reference_bit_for_bit) {
  const auto arrays = read_npz(golden(GetParam()));

  ASSERT_EQ(arrays.size(), 9U);
  for (const auto& [name, value] : arrays) {
    SCOPED_TRACE(name);
    expect_equal(value, read_npy(golden("formats/expected/arrays_" + name + ".npy")));
  }
}

INSTANTIATE_TEST_SUITE_P(archives, npz_of_numpy,
                         ::testing::Values("formats/arrays.npz", "formats/arrays_compressed.npz"));

TEST(npz, an_unnamed_array_is_called_arr_0) {
  const npz_file file(golden("formats/frames.npz"));

  EXPECT_THAT(file.names(), ElementsAre("arr_0"));
  expect_equal(file.read("arr_0"), read_npy(golden("formats/expected/frames_arr_0.npy")));
}

class npz_round_trip : public ::testing::TestWithParam<npz_compression> {};

TEST_P(npz_round_trip, keeps_values_shapes_and_order) {
  const temporary_directory directory;
  const std::vector<double> ramp(5000, 0.25);
  const std::vector<std::int64_t> index{3, 1, 2};
  const std::vector<named_array_view> arrays{{"z", as_array(ramp, {50, 100})},
                                             {"a é", as_array(index, {3})},
                                             {"empty", array_view(dtype::f32, {0, 3}, {})}};

  write_npz(directory / "a.npz", arrays, GetParam());
  const npz_file file(directory / "a.npz");

  EXPECT_THAT(file.names(), ElementsAre("z", "a é", "empty"));
  EXPECT_THAT(file.read("z").shape(), ElementsAre(50, 100));
  EXPECT_TRUE(std::ranges::equal(file.read("z").values<double>(), ramp));
  EXPECT_THAT(file.read("a é").values<std::int64_t>(), ElementsAre(3, 1, 2));
  EXPECT_THAT(file.read("empty").shape(), ElementsAre(0, 3));
}

INSTANTIATE_TEST_SUITE_P(methods, npz_round_trip,
                         ::testing::Values(npz_compression::none, npz_compression::deflate));

TEST(npz, an_archive_may_be_empty) {
  const temporary_directory directory;

  write_npz(directory / "a.npz", {});

  EXPECT_TRUE(read_npz(directory / "a.npz").empty());
}

TEST(npz, deflate_makes_the_file_smaller) {
  const temporary_directory directory;
  const array zeros(dtype::f64, {10000});
  const std::vector<named_array_view> arrays{{"x", zeros}};

  write_npz(directory / "a.npz", arrays, npz_compression::deflate);

  EXPECT_LT(testing::read_text(directory / "a.npz").size(), 1000U);
}

TEST(npz, duplicate_names_are_refused_and_leave_no_file) {
  const temporary_directory directory;
  const array value(dtype::u8, {1});
  const std::vector<named_array_view> twice{{"x", value}, {"x", value}};

  EXPECT_THAT(message_of<invalid_input>([&] { write_npz(directory / "a.npz", twice); }),
              HasSubstr("named \"x.npy\""));
  EXPECT_EQ(directory.count(), 0);
}

TEST(npz, a_missing_array_is_an_error_that_quotes_it) {
  const npz_file file(golden("formats/frames.npz"));

  EXPECT_FALSE(file.contains("arr_1"));
  EXPECT_FALSE(file.contains("arr"));
  EXPECT_THAT(message_of<file_error>([&] { (void)file.read("arr_1"); }),
              HasSubstr("frames.npz: has no array \"arr_1\""));
}

TEST(npz, an_archive_of_other_files_is_refused) {
  const temporary_directory directory;
  atomic_file file(directory / "a.npz");
  zip_writer archive(file);
  archive.add("readme.txt", {detail::bytes_of("hello")}, zip_method::stored);
  archive.finish();
  file.commit();

  EXPECT_THAT(message_of<file_error>([&] { (void)read_npz(directory / "a.npz"); }),
              HasSubstr("\"readme.txt\" is not a .npy array"));
}

TEST(npz, a_damaged_array_names_file_and_entry) {
  const temporary_directory directory;
  atomic_file file(directory / "a.npz");
  zip_writer archive(file);
  archive.add("x.npy", {detail::bytes_of("not numpy")}, zip_method::stored);
  archive.finish();
  file.commit();

  const auto message = message_of<file_error>([&] { (void)read_npz(directory / "a.npz"); });

  EXPECT_THAT(message, HasSubstr(directory / "a.npz"));
  EXPECT_THAT(message, HasSubstr("entry \"x.npy\""));
}

TEST(npz, names_that_could_not_be_read_back_are_refused) {
  const temporary_directory directory;
  const array value(dtype::u8, {1});
  const auto refusal = [&](const std::string& name) {
    const std::vector<named_array_view> arrays{{name, value}};
    return message_of<invalid_input>([&] { write_npz(directory / "a.npz", arrays); });
  };

  EXPECT_THAT(refusal(""), HasSubstr("has no name"));
  EXPECT_THAT(refusal("\xff"), HasSubstr("is not UTF-8"));
  EXPECT_EQ(directory.count(), 0);
}

}  // namespace
}  // namespace flowkit
