// What goes in comes out, and what is damaged is refused.
#include <flowkit/core/error.hpp>
#include <flowkit/core/rng.hpp>
#include <flowkit/policy/data/compressor.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace flowkit::policy {
namespace {

using flowkit::testing::message_of;
using ::testing::HasSubstr;

/// Bytes that compress, with noise in between.
std::vector<std::byte> sample_bytes(std::size_t size) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t noise = rng_key{7}.block(i / 64).word[0];
    out[i] = static_cast<std::byte>(i % 64 < 8 ? noise >> (i % 4) : i / 64);
  }
  return out;
}

std::vector<compressor> all_compressors() {
  std::vector<compressor> out{{compression::none}, {compression::zlib, 6}, {compression::gzip, 1}};
  for (const auto codec : {blosc_codec::blosclz, blosc_codec::lz4, blosc_codec::lz4hc,
                           blosc_codec::zlib, blosc_codec::zstd}) {
    for (const auto shuffle : {blosc_shuffle::none, blosc_shuffle::bytes, blosc_shuffle::bits}) {
      out.push_back({compression::blosc, 5, codec, shuffle});
    }
  }
  return out;
}

TEST(compressor, gives_back_every_byte) {
  for (const compressor& how : all_compressors()) {
    for (const std::size_t size : {std::size_t{8}, std::size_t{200'000}}) {
      const auto bytes = sample_bytes(size);
      const auto packed = compress(how, bytes, 4);

      const blob again = decompress(how, {packed, nullptr}, static_cast<index_t>(size));

      EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), again.bytes.begin(), again.bytes.end()))
          << to_json(to_json_value(how)) << " " << size;
    }
  }
}

TEST(compressor, reads_back_its_own_description) {
  for (const compressor& how : all_compressors()) {
    compressor expected = how;
    if (how.method == compression::none) expected.level = compressor{}.level;
    EXPECT_EQ(parse_compressor(to_json_value(how)).method, how.method);
    if (how.method == compression::blosc) {
      EXPECT_EQ(parse_compressor(to_json_value(how)), expected);
    }
  }
}

TEST(compressor, refuses_every_truncation) {
  const auto bytes = sample_bytes(5000);
  for (const compressor& how : all_compressors()) {
    const auto packed = compress(how, bytes, 4);
    for (std::size_t cut = 0; cut < packed.size(); cut += 97) {
      const byte_view part = byte_view(packed).first(cut);
      EXPECT_THROW((void)decompress(how, {part, nullptr}, 5000), invalid_input)
          << to_json(to_json_value(how)) << " cut to " << cut;
    }
  }
}

TEST(compressor, refuses_another_size_than_the_stream_has) {
  const auto bytes = sample_bytes(5000);
  for (const compressor& how : all_compressors()) {
    const auto packed = compress(how, bytes, 4);
    for (const index_t size : {index_t{4999}, index_t{5001}, index_t{1} << 30, index_t{1} << 40}) {
      EXPECT_THROW((void)decompress(how, {packed, nullptr}, size), invalid_input)
          << to_json(to_json_value(how)) << " as " << size;
    }
  }
}

TEST(compressor, does_not_believe_a_small_file_that_promises_much) {
  // A Blosc header that declares one gibibyte in 32 bytes of a single block.
  const std::uint32_t header[] = {0x04012102, 1U << 30, 1U << 30, 32, 20, 8, 0, 0};
  const auto bytes = std::as_bytes(std::span(header));

  const auto message = message_of<invalid_input>([&] {
    (void)decompress({compression::blosc}, {bytes, nullptr}, index_t{1} << 30);
  });

  EXPECT_THAT(message, HasSubstr("cannot come out of 32"));
}

TEST(compressor, refuses_levels_that_do_not_exist) {
  EXPECT_THROW((void)compress({compression::zlib, 10}, sample_bytes(8), 1), invalid_input);
  EXPECT_THROW((void)parse_compressor(json_object{{"id", "zlib"}, {"level", 99}}), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
