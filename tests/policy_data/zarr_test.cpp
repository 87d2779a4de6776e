// Arrays that Python's zarr wrote, and descriptions that must be refused.
#include <flowkit/core/error.hpp>
#include <flowkit/io/npy.hpp>
#include <flowkit/policy/data/zarr.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace flowkit::policy {
namespace {

using flowkit::testing::golden;
using flowkit::testing::message_of;
using flowkit::testing::temporary_directory;
using flowkit::testing::write_raw;
using ::testing::HasSubstr;

constexpr index_t block_limit = index_t{1} << 20;

/// All rows of an array of the reference store.
array read_rows(const std::string& name) {
  const zarr_field field(open_directory(golden("formats/blosc.zarr")), name, block_limit);
  std::vector<std::byte> bytes;
  for (index_t block = 0; block < field.blocks(); ++block) {
    const frame_block part = field.load(block);
    EXPECT_EQ(part.first, block * field.block_frames());
    bytes.insert(bytes.end(), part.bytes.begin(), part.bytes.end());
  }
  return {field.info().type, field.metadata().shape, std::move(bytes)};
}

class reference_array : public ::testing::TestWithParam<const char*> {};

TEST_P(reference_array, holds_the_formula_it_was_written_from) {
  const std::vector<double> values = read_rows(GetParam()).converted<double>();

  // Small integers: exact in every element type.
  ASSERT_GE(values.size(), 3000U);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(values[i], static_cast<double>((i * i + 3 * i) % 251)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(compressors, reference_array,
                         ::testing::Values("zstd_bit_f4", "zstd_byte_f8", "zstd_none_u1",
                                           "lz4_byte_f4", "lz4_bit_i8", "zstd_bit_f4_blocks",
                                           "lz4_byte_f8_blocks", "raw_f4", "zlib_f4", "gzip_f4"),
                         [](const auto& one) { return std::string(one.param); });

TEST(zarr_field, reads_incompressible_chunks) {
  const array expected = read_npy(golden("formats/expected/blosc_random_u1.npy"));

  EXPECT_EQ(read_rows("random_u1").converted<std::int64_t>(), expected.converted<std::int64_t>());
}

TEST(zarr_field, reads_chunks_that_cut_both_axes_in_both_orders) {
  for (const char* name : {"two_d_f4", "two_d_order_f"}) {
    const std::vector<float> values = read_rows(name).converted<float>();

    ASSERT_EQ(values.size(), 35U);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(values[i], static_cast<float>(i % 11)) << name << " " << i;
    }
  }
}

TEST(zarr_field, absent_chunks_hold_the_fill_value) {
  const std::vector<float> values = read_rows("missing_chunks_f4").converted<float>();

  const std::vector<float> expected{2.5F, 2.5F, 2.5F, 2.5F, 1, 2, 3, 4, 2.5F, 2.5F};
  EXPECT_EQ(values, expected);
}

TEST(zarr_field, names_a_compressor_it_lacks) {
  const auto message = message_of<file_error>([] { (void)read_rows("zstdplain_f4"); });

  EXPECT_THAT(message, HasSubstr("blosc.zarr: field zstdplain_f4: "));
  EXPECT_THAT(message, HasSubstr("compressor \"zstd\" is not supported"));
}

TEST(zarr_field, swaps_big_endian_elements) {
  flowkit::testing::temporary_directory dir;
  std::filesystem::create_directory(dir / "x");
  flowkit::testing::write_raw(
      dir / "x/.zarray",
      R"({"zarr_format": 2, "shape": [2, 2], "chunks": [2, 2], "dtype": ">i2", "order": "C",
          "compressor": null, "fill_value": 0, "filters": []})");
  flowkit::testing::write_raw(dir / "x/0.0", std::string("\0\1\0\2\1\0\xFF\xFF", 8));

  const zarr_field field(open_directory(dir.path()), "x", block_limit);
  const frame_block block = field.load(0);

  const array_view values(dtype::i16, {4}, block.bytes);
  EXPECT_EQ(values.converted<std::int64_t>(), (std::vector<std::int64_t>{1, 2, 256, -1}));
}

/// The last byte of a raw chunk of so many 'x' whose file is filled with 'y' after it was loaded: a
/// map shows what the file holds now, a copy what it held.
char after_rewriting(index_t bytes) {
  const temporary_directory folder;
  write_raw(folder / ".zarray",
            text(R"({"zarr_format": 2, "shape": [)", bytes, R"(], "chunks": [)", bytes,
                 R"(], "dtype": "|u1", "order": "C", "compressor": null, "fill_value": 0,
                 "filters": null})"));
  const auto size = static_cast<std::size_t>(bytes);
  write_raw(folder / "0", std::string(size, 'x'));
  const auto parent = std::filesystem::path(folder.path());
  const zarr_field field(open_directory(parent.parent_path().string()), parent.filename().string(),
                         block_limit);
  const frame_block once = field.load(0);

  // In its place: of a file that is made shorter no page may be looked at.
  std::fstream(folder / "0", std::ios::in | std::ios::out | std::ios::binary)
      << std::string(size, 'y');

  return static_cast<char>(once.bytes.back());
}

// Every map counts against a limit of the system, however small: caches would reach it.
TEST(zarr_field, uses_raw_chunks_where_they_lie_unless_they_are_small) {
  EXPECT_EQ(after_rewriting(65'536), 'y');
  EXPECT_EQ(after_rewriting(65'535), 'x');
  EXPECT_EQ(after_rewriting(16), 'x');
}

/// A valid document with one member replaced.
std::string document_with(const char* name, json_value value) {
  json_value document = parse_json(
      R"({"zarr_format": 2, "shape": [4, 3], "chunks": [2, 3], "dtype": "<f4", "order": "C",
          "compressor": null, "fill_value": 0.0, "filters": null})");
  document.set(name, std::move(value));
  return to_json(document);
}

TEST(zarr_metadata, is_what_python_wrote_after_reading_and_writing) {
  const std::string document =
      flowkit::testing::read_text(golden("formats/blosc.zarr/zstd_bit_f4/.zarray"));

  const json_value again = parse_json(to_zarray(parse_zarray(document)));

  EXPECT_EQ(to_json(again), to_json(parse_json(document)));
}

TEST(zarr_metadata, reads_fill_values_of_every_kind) {
  const auto fill = [](json_value value) {
    const zarr_metadata read = parse_zarray(document_with("fill_value", std::move(value)));
    return array_view(read.type, {1}, read.fill).converted<double>().front();
  };

  EXPECT_EQ(fill(nullptr), 0);
  EXPECT_EQ(fill(-3), -3);
  EXPECT_EQ(fill(0.5), 0.5);
  EXPECT_TRUE(std::isnan(fill("NaN")));
  EXPECT_EQ(fill("-Infinity"), -INFINITY);
}

struct bad_member {
  const char* name;
  json_value value;
  const char* reason;
};

TEST(zarr_metadata, refuses_what_it_cannot_read_exactly) {
  const json_array huge{std::int64_t{1} << 40, std::int64_t{1} << 40};
  const bad_member cases[] = {
      {"zarr_format", 3, "zarr format 3"},
      {"dtype", "|O", "element type \"|O\""},
      {"dtype", "<U10", "element type \"<U10\""},
      {"dtype", json_array{}, "structured"},
      {"dtype", "<f16", "element type"},
      {"shape", json_array{-1, 3}, "below 0"},
      {"shape", json_array{4}, "shape has 1 axes, but its chunks have 2"},
      {"shape", huge, "exceed 2^62 bytes"},
      {"shape", "4", "array"},
      {"chunks", json_array{0, 3}, "below 1"},
      {"chunks", huge, "exceed 2^62 bytes"},
      {"order", "Z", "neither C nor F"},
      {"dimension_separator", "../", "neither '.' nor '/'"},
      {"filters", json_array{json_object{{"id", "delta"}}}, "delta"},
      {"fill_value", "abc", ""},
      {"compressor", json_object{{"id", "blosc"}, {"cname", "nope"}}, "no codec \"nope\""},
      {"compressor", json_object{{"id", "jpegxl"}}, "\"jpegxl\" is not supported"},
      {"compressor", 7, ""}};
  for (const bad_member& bad : cases) {
    const auto message =
        message_of<invalid_input>([&] { (void)parse_zarray(document_with(bad.name, bad.value)); });
    EXPECT_THAT(message, HasSubstr(bad.reason)) << bad.name << " " << to_json(bad.value);
  }
}

TEST(zarr_metadata, refuses_two_members_of_one_name) {
  EXPECT_THROW((void)parse_zarray(R"({"zarr_format": 2, "zarr_format": 2})"), invalid_input);
}

/// An array of this shape and these chunks without any chunk.
std::string message_of_opening(const array_shape& shape, const array_shape& chunks) {
  flowkit::testing::temporary_directory dir;
  std::filesystem::create_directory(dir / "x");
  zarr_metadata metadata;
  metadata.shape = shape;
  metadata.chunks = chunks;
  metadata.fill.resize(4);
  flowkit::testing::write_raw(dir / "x/.zarray", to_zarray(metadata));
  return message_of<file_error>(
      [&] { (void)zarr_field(open_directory(dir.path()), "x", block_limit); });
}

TEST(zarr_field, refuses_to_reserve_what_a_document_promises) {
  EXPECT_THAT(message_of_opening({4}, {index_t{1} << 40}), HasSubstr("more than the limit"));
  EXPECT_THAT(message_of_opening({4, index_t{1} << 40}, {1, 4}), HasSubstr("more than 65536"));
  EXPECT_THAT(message_of_opening({4, index_t{1} << 30}, {4, index_t{1} << 15}),
              HasSubstr("more than the limit"));
  EXPECT_THAT(message_of_opening({4, 0}, {1, 1}), HasSubstr("length 0"));
  EXPECT_THAT(message_of_opening({}, {}), HasSubstr("scalar"));
}

}  // namespace
}  // namespace flowkit::policy
