// .npy files: the headers that NumPy writes, and those that nobody should.
#include <flowkit/io/npy.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <cstdint>

namespace flowkit {
namespace {

using ::testing::ElementsAre;
using testing::golden;
using ::testing::HasSubstr;
using testing::message_of;
using testing::temporary_directory;

/// A version 1 file with this dictionary and these data.
std::string file_of(std::string_view dictionary, std::string_view data) {
  std::string out("\x93NUMPY\x01\x00", 8);
  detail::append_little(out, static_cast<std::uint16_t>(dictionary.size()));
  return out.append(dictionary).append(data);
}

array parse(std::string_view file) { return parse_npy(detail::bytes_of(file), "some.npy"); }

std::string refusal(std::string_view file) {
  return message_of<file_error>([&] { (void)parse(file); });
}

TEST(npy, round_trip_keeps_values_and_shape) {
  const temporary_directory directory;
  const std::vector<double> values{1, 2, 3, 4, 5, 6};

  write_npy(directory / "a.npy", as_array(values, {1, 3, 2}));
  const array back = read_npy(directory / "a.npy");

  EXPECT_THAT(back.values<double>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(back.shape(), ElementsAre(1, 3, 2));
}

TEST(npy, scalars_and_empty_arrays_round_trip) {
  const temporary_directory directory;

  write_npy(directory / "s.npy", array(dtype::i8, {}));
  write_npy(directory / "e.npy", array(dtype::boolean, {0, 5}));

  EXPECT_TRUE(read_npy(directory / "s.npy").shape().empty());
  EXPECT_THAT(read_npy(directory / "e.npy").shape(), ElementsAre(0, 5));
}

TEST(npy, huge_sizes_beside_a_zero_are_an_empty_array) {
  const array empty = parse(file_of(
      "{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4611686018427387904, "
      "0), }\n",
      ""));

  EXPECT_EQ(empty.bytes().size(), 0U);
}

TEST(npy, data_begin_at_a_multiple_of_64_bytes) {
  const array value(dtype::f32, {123456, 7, 0});

  EXPECT_EQ(detail::npy_header(value).size() % 64, 0U);
}

TEST(npy, fortran_order_becomes_row_major) {
  const array matrix = read_npy(golden("broken/npy_valid_fortran.npy"));

  EXPECT_THAT(matrix.shape(), ElementsAre(2, 3));
  EXPECT_THAT(matrix.values<float>(), ElementsAre(0, 2, 4, 1, 3, 5));
}

TEST(npy, fortran_order_of_three_axes_becomes_row_major) {
  // Element (i, j, k) of a 2 x 2 x 3 array lies at i + 2 j + 4 k; its value is that place.
  const std::string data("\0\1\2\3\4\5\6\7\10\11\12\13", 12);

  const array cube =
      parse(file_of("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3), }\n", data));

  EXPECT_THAT(cube.values<std::uint8_t>(), ElementsAre(0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11));
}

TEST(npy, versions_2_and_3_have_a_longer_header_length) {
  const std::string dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n";
  for (const char version : {'\2', '\3'}) {
    std::string file = "\x93NUMPY";
    file.append({version, '\0'});
    detail::append_little(file, static_cast<std::uint32_t>(dictionary.size()));
    file += dictionary + "\7";

    EXPECT_THAT(parse(file).values<std::uint8_t>(), ElementsAre(7));
  }
}

TEST(npy, booleans_are_normalised) {
  const array flags =
      parse(file_of("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", {"\0\1\7", 3}));

  EXPECT_THAT(flags.values<bool>(), ElementsAre(false, true, true));
}

TEST(npy, keys_may_come_in_any_order_and_quotes_of_both_kinds) {
  const array value =
      parse(file_of(R"({"shape":(2,),"fortran_order":False,"descr":"|i1"})", "\1\2"));

  EXPECT_THAT(value.values<std::int8_t>(), ElementsAre(1, 2));
}

struct bad_file {
  std::string dictionary;
  std::string data;
  std::string reason;
};

class npy_refuses : public ::testing::TestWithParam<bad_file> {};

TEST_P(npy_refuses, with_path_and_reason) {
  const auto message = refusal(file_of(GetParam().dictionary, GetParam().data));

  EXPECT_THAT(message, HasSubstr("some.npy: "));
  EXPECT_THAT(message, HasSubstr(GetParam().reason));
}

std::string dictionary_of(const std::string& descr, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
}

const bad_file bad_files[] = {
    {"", "", "not a dictionary"},
    {"{}", "", "lacks descr"},
    {dictionary_of("'|O'", "(1,)"), "x", "Python objects"},
    {dictionary_of("[('a', '<f4')]", "(1,)"), "1234", "structured"},
    {dictionary_of("'>f4'", "(1,)"), "1234", "big-endian"},
    {dictionary_of("'<c8'", "(1,)"), "12345678", "<c8"},
    {dictionary_of("''", "(1,)"), "1", "not supported"},
    {dictionary_of("'|u1'", "(-1,)"), "", "not a whole number"},
    {dictionary_of("'|u1'", "(1.5,)"), "1", "expected"},
    {dictionary_of("'|u1'", "(99999999999999999999,)"), "", "not a whole number"},
    {dictionary_of("'|u1'", "(4611686018427387904, 4)"), "", "overflows"},
    {dictionary_of("'|u1'", "(1000000000000,)"), "12", "needs 1000000000000 bytes"},
    {dictionary_of("'|u1'", "(1,)"), "12", "2 follow"},
    {dictionary_of("'|u1'", "[1]"), "1", "expected '('"},
    {dictionary_of("'|u1'", "(1,)") + "x", "1", "text after"},
    {"{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "1", "twice"},
    {"{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}", "1", "neither True nor False"},
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 1}", "1", "unknown key"},
    {"{'descr': '|u1", "1", "unterminated"}};

INSTANTIATE_TEST_SUITE_P(headers, npy_refuses, ::testing::ValuesIn(bad_files));

TEST(npy, files_that_end_early_are_refused) {
  EXPECT_THAT(refusal(""), HasSubstr("signature"));
  EXPECT_THAT(refusal({"\x93NUMPY\x01\x00", 8}), HasSubstr("ends inside the header"));
  EXPECT_THAT(refusal({"\x93NUMPY\x01\x00\xff\xff", 10}), HasSubstr("header of 65535 bytes"));
  EXPECT_THAT(refusal({"\x93NUMPY\x04\x00\x00\x00", 10}), HasSubstr("version 4"));
}

TEST(npy, an_element_type_that_numpy_lacks_cannot_be_written) {
  const temporary_directory directory;

  EXPECT_THROW(write_npy(directory / "a.npy", array(dtype::bf16, {1})), invalid_input);
  EXPECT_EQ(directory.count(), 0);
}

}  // namespace
}  // namespace flowkit
