// Safetensors: what is written reads back; what the format forbids is refused with a reason.
#include <flowkit/io/safetensors.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <cstdint>

namespace flowkit {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::golden;
using ::testing::HasSubstr;
using testing::message_of;
using testing::temporary_directory;

/// A file with this header and so many zero bytes of data.
std::string file_of(std::string_view header, std::size_t data_bytes) {
  std::string out;
  detail::append_little(out, std::uint64_t{header.size()});
  return out.append(header).append(data_bytes, '\0');
}

std::string refusal(std::string_view header, std::size_t data_bytes) {
  const std::string file = file_of(header, data_bytes);
  return message_of<file_error>(
      [&] { (void)parse_safetensors(detail::bytes_of(file), "some.safetensors"); });
}

TEST(safetensors, round_trip_keeps_values_shapes_types_and_metadata) {
  const temporary_directory directory;
  const std::vector<float> weights{1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> steps{-7};
  const std::vector<std::uint8_t> bytes{1, 2, 3};
  const std::vector<named_array_view> tensors{{"bytes", as_array(bytes, {3})},
                                              {"weight é\"", as_array(weights, {2, 3})},
                                              {"step", as_array(steps, {})},
                                              {"none", array_view(dtype::f32, {0, 4}, {})}};

  write_safetensors(directory / "a.safetensors", tensors, {{"spec", "{\"a\": 1}"}, {"é", "\n"}});
  const safetensors_file file(directory / "a.safetensors");

  EXPECT_EQ(file.tensors().size(), 4U);
  EXPECT_THAT(file.tensor("weight é\"").values<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(file.tensor("weight é\"").shape(), ElementsAre(2, 3));
  EXPECT_THAT(file.tensor("step").values<std::int64_t>(), ElementsAre(-7));
  EXPECT_THAT(file.tensor("bytes").values<std::uint8_t>(), ElementsAre(1, 2, 3));
  EXPECT_THAT(file.tensor("none").shape(), ElementsAre(0, 4));
  EXPECT_EQ(file.metadata("spec"), "{\"a\": 1}");
  EXPECT_EQ(file.metadata("é"), "\n");
  EXPECT_EQ(directory.count(), 1);
}

TEST(safetensors, an_empty_file_holds_nothing) {
  const temporary_directory directory;

  write_safetensors(directory / "a.safetensors", {});

  const safetensors_file file(directory / "a.safetensors");
  EXPECT_TRUE(file.tensors().empty());
}

TEST(safetensors, equal_content_gives_equal_bytes) {
  const temporary_directory directory;
  const std::vector<float> values{1, 2};
  const std::vector<named_array_view> tensors{{"x", as_array(values, {2})}};

  write_safetensors(directory / "a", tensors, {{"k", "v"}});
  write_safetensors(directory / "b", tensors, {{"k", "v"}});

  EXPECT_EQ(testing::read_text(directory / "a"), testing::read_text(directory / "b"));
}

TEST(safetensors, a_changed_bit_of_the_data_is_found_by_its_checksum) {
  const temporary_directory directory;
  const std::vector<float> values{1, 2};
  const std::vector<std::uint8_t> bytes{3};
  const std::string path = directory / "a";
  write_safetensors(path, std::vector<named_array_view>{{"y", as_array(bytes, {1})},
                                                        {"x", as_array(values, {2})}});
  safetensors_file(path).verify();
  EXPECT_TRUE(safetensors_file(path).contains("x"));

  std::string content = testing::read_text(path);
  content[content.size() - 2] ^= 1;
  testing::write_raw(path, content);

  EXPECT_THAT(message_of<file_error>([&] { safetensors_file(path).verify(); }),
              AllOf(HasSubstr(path), HasSubstr("checksum"), HasSubstr("made again")));
}

TEST(safetensors, files_of_others_have_no_checksum_and_pass) {
  safetensors_file(golden("unet1d.safetensors")).verify();
}

TEST(safetensors, the_checksum_is_not_among_the_metadata_and_its_name_is_taken) {
  const temporary_directory directory;

  write_safetensors(directory / "a", {}, {{"k", "v"}});

  const safetensors_file file(directory / "a");
  EXPECT_EQ(file.metadata(), (safetensors_metadata{{"k", "v"}}));
  EXPECT_THROW(write_safetensors(directory / "a", {}, {{"flowkit.crc32", "1"}}), invalid_input);
  EXPECT_THAT(refusal(R"({"__metadata__":{"flowkit.crc32":"12x"}})", 0),
              HasSubstr("\"12x\", not a number of 32 bits"));
}

TEST(safetensors, a_failed_write_keeps_the_old_file) {
  const temporary_directory directory;
  const std::vector<float> values{1, 2};
  const std::vector<named_array_view> good{{"x", as_array(values, {2})}};
  const std::vector<named_array_view> twice{good[0], good[0]};
  write_safetensors(directory / "a", good);
  const std::string before = testing::read_text(directory / "a");

  EXPECT_THAT(message_of<invalid_input>([&] { write_safetensors(directory / "a", twice); }),
              HasSubstr("two tensors are named \"x\""));

  EXPECT_EQ(testing::read_text(directory / "a"), before);
  EXPECT_EQ(directory.count(), 1);
}

TEST(safetensors, names_that_the_format_reserves_or_forbids_are_refused) {
  const temporary_directory directory;
  const std::vector<float> values{1};
  const std::vector<named_array_view> reserved{{"__metadata__", as_array(values, {1})}};
  const std::vector<named_array_view> broken{{"\xff", as_array(values, {1})}};

  EXPECT_THROW(write_safetensors(directory / "a", reserved), invalid_input);
  EXPECT_THROW(write_safetensors(directory / "a", broken), invalid_input);
}

TEST(safetensors, reads_a_network_of_another_library) {
  const safetensors_file file(golden("unet1d.safetensors"));

  index_t parameters = 0;
  for (const auto& tensor : file.tensors()) parameters += tensor.value.size();
  EXPECT_EQ(parameters, 297364);
  EXPECT_THAT(file.tensor("final_conv.1.weight").shape(), ElementsAre(4, 16, 1));
}

TEST(safetensors, a_missing_name_is_an_error_that_quotes_it) {
  const safetensors_file file(golden("flow_losses.safetensors"));

  EXPECT_FALSE(file.contains("net.9.bias"));
  EXPECT_THAT(message_of<file_error>([&] { (void)file.tensor("net.9.bias"); }),
              HasSubstr("flow_losses.safetensors: has no tensor \"net.9.bias\""));
  EXPECT_THAT(message_of<file_error>([&] { (void)file.metadata("spec"); }),
              HasSubstr("no metadata entry \"spec\""));
}

TEST(safetensors, an_unaligned_file_of_another_writer_can_be_converted) {
  const safetensors_file file(golden("broken/st_valid_padded.safetensors"));

  EXPECT_THAT(file.tensor("x").converted<float>(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(file.tensor("x").shape(), ElementsAre(2, 3));
  EXPECT_EQ(file.metadata("format"), "pt");
}

TEST(safetensors, tensors_of_no_bytes_may_lie_between_others) {
  const std::string file = file_of(R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},)"
                                   R"("e":{"dtype":"F32","shape":[0],"data_offsets":[1,1]},)"
                                   R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                   3);

  const auto contents = parse_safetensors(detail::bytes_of(file), "x");

  ASSERT_EQ(contents.tensors.size(), 3U);
  EXPECT_EQ(contents.tensors[0].name, "a");
  EXPECT_EQ(contents.tensors[1].name, "e");
  EXPECT_EQ(contents.tensors[2].name, "b");
}

struct bad_header {
  const char* header;
  std::size_t data_bytes;
  const char* reason;
};

class safetensors_refuses : public ::testing::TestWithParam<bad_header> {};

TEST_P(safetensors_refuses, with_path_and_reason) {
  const auto message = refusal(GetParam().header, GetParam().data_bytes);

  EXPECT_THAT(message, HasSubstr("some.safetensors: "));
  EXPECT_THAT(message, HasSubstr(GetParam().reason));
}

const bad_header bad_headers[] = {
    {"", 0, "does not begin with a JSON object"},
    {" {}", 0, "does not begin with a JSON object"},
    {"[]", 0, "does not begin with a JSON object"},
    {"{", 0, "invalid JSON"},
    {"{}", 4, "last 4 bytes of the data belong to no tensor"},
    {R"({"x":1})", 0, "tensor \"x\""},
    {R"({"x":{"dtype":"F32","shape":[1]}})", 4, "no member \"data_offsets\""},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"y":1}})", 4, "fields other than"},
    {R"({"x":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1, "F8_E4M3"},
    {R"({"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, "expected an integer"},
    {R"({"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "expected an integer"},
    {R"({"x":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", 4, "expected an integer"},
    {R"({"x":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}})", 4, "negative dimension"},
    {R"({"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}})", 4,
     "overflows"},
    {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "needs 8 bytes"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "do not lie within"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 4, "do not lie within"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "not 2"},
    {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4, "do not lie within"},
    {R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, "bytes 0..1"},
    {R"({"__metadata__":{"a":1}})", 0, "metadata: JSON: expected a string"},
    {R"({"__metadata__":[]})", 0, "metadata: JSON: expected an object"}};

INSTANTIATE_TEST_SUITE_P(headers, safetensors_refuses, ::testing::ValuesIn(bad_headers));

TEST(safetensors, metadata_that_would_not_come_back_are_refused) {
  const temporary_directory directory;
  const auto refusal = [&](const safetensors_metadata& metadata) {
    return message_of<invalid_input>(
        [&] { write_safetensors(directory / "a.safetensors", {}, metadata); });
  };

  EXPECT_THAT(refusal({{"\xff", "value"}}), HasSubstr("the metadata key"));
  EXPECT_THAT(refusal({{"note", "\xff"}}), HasSubstr("the metadata of \"note\""));
  EXPECT_EQ(directory.count(), 0);
}

TEST(safetensors, a_header_that_the_reader_would_refuse_is_not_written) {
  const temporary_directory directory;
  // As many values as a header of 300 000 tensors, in the shape of one.
  const array value(dtype::u8, array_shape(2'000'000, 1));
  const std::vector<named_array_view> tensors{{"x", value}};

  const auto message =
      message_of<invalid_input>([&] { write_safetensors(directory / "a.safetensors", tensors); });

  EXPECT_THAT(message, HasSubstr("several files"));
  EXPECT_EQ(directory.count(), 0);
}

}  // namespace
}  // namespace flowkit
