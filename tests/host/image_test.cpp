// Image grids: PNG files decode to the pixels that were given; SVG holds one picture per image.
#include <flowkit/core/error.hpp>
#include <flowkit/host/image.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <limits>

namespace flowkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::temporary_directory;

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";

std::size_t big(const std::string& bytes, std::size_t at) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8U | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

TEST(png, begins_with_signature_and_header) {
  const std::vector<std::uint8_t> pixels(2 * 3 * 3);

  const std::string png = encode_png(pixels, 2, 3, 3);

  EXPECT_EQ(png.substr(0, 8), signature);
  EXPECT_EQ(png.substr(12, 4), "IHDR");
  EXPECT_EQ(big(png, 16), 3U);  // width
  EXPECT_EQ(big(png, 20), 2U);  // height
  EXPECT_EQ(png.substr(24, 5), std::string("\x08\x02\x00\x00\x00", 5));
  EXPECT_EQ(png.substr(png.size() - 8), "IEND\xAE\x42\x60\x82");  // CRC of an empty end chunk
}

TEST(png, equals_a_known_file) {
  // One black pixel. The bytes were checked with another decoder; the compressed data are those of
  // zlib's stored or fixed block, so only the parts around them are compared.
  const std::array<std::uint8_t, 1> black{0};

  const std::string png = encode_png(black, 1, 1, 1);

  EXPECT_EQ(
      png.substr(0, 33),
      std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55", 33));
}

TEST(png, wrong_sizes_are_refused) {
  const std::vector<std::uint8_t> pixels(6);

  EXPECT_THROW((void)encode_png(pixels, 2, 2, 1), invalid_input);
  EXPECT_THROW((void)encode_png(pixels, 3, 1, 2), invalid_input);
  EXPECT_THROW((void)encode_png(pixels, 0, 6, 1), invalid_input);
  EXPECT_THROW((void)encode_png(pixels, std::numeric_limits<index_t>::max(), 6, 1), invalid_input);
}

TEST(image_grid, a_png_file_has_the_size_of_the_grid) {
  const temporary_directory directory;
  const std::vector<float> pixels(5 * 2 * 3, 0.5F);

  write_png(directory / "a.png", {pixels, 5, 2, 3}, {.columns = 2, .scale = 10, .gap = 1});

  const std::string png = testing::read_text(directory / "a.png");
  EXPECT_EQ(png.substr(0, 8), signature);
  EXPECT_EQ(big(png, 16), 2U * 31 + 1);
  EXPECT_EQ(big(png, 20), 3U * 21 + 1);
}

TEST(image_grid, the_svg_holds_one_picture_and_caption_per_image) {
  const std::vector<float> pixels(3 * 4, 1.0F);
  const image_texts texts{.title = "digits & more", .captions = {"one", "two"}};

  const std::string svg = to_svg(image_batch{pixels, 3, 2, 2}, {}, texts);

  std::size_t images = 0;
  for (std::size_t at = 0; (at = svg.find("<image", at)) != svg.npos; ++at) ++images;
  EXPECT_EQ(images, 3U);
  for (const char* text :
       {">digits &amp; more<", ">one<", ">two<", "data:image/png;base64,iVBOR"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST(image_grid, values_outside_the_range_are_clamped) {
  const std::array<float, 4> odd{-1, 2, std::nanf(""), 0.5F};
  const std::array<float, 4> plain{0, 1, 0, 0.5F};

  EXPECT_EQ(to_svg(image_batch{odd, 1, 2, 2}), to_svg(image_batch{plain, 1, 2, 2}));
}

TEST(image_grid, black_and_white_may_be_any_two_values) {
  const std::array<float, 4> plain{0, 1, 0.25F, 0.5F};
  const std::array<float, 4> wide{-1, 1, -0.5F, 0};
  const std::array<float, 4> negative{1, 0, 0.75F, 0.5F};
  const std::string expected = to_svg(image_batch{plain, 1, 2, 2});

  EXPECT_EQ(to_svg(image_batch{.pixels = wide, .count = 1, .height = 2, .width = 2, .black = -1}),
            expected);
  EXPECT_EQ(to_svg(image_batch{negative, 1, 2, 2, 1, 1, 0}), expected);
}

TEST(image_grid, no_images_give_an_empty_picture) {
  const temporary_directory directory;

  write_png(directory / "a.png", {{}, 0, 8, 8});

  EXPECT_THAT(to_svg(image_batch{{}, 0, 8, 8}), HasSubstr("</svg>"));
  EXPECT_EQ(testing::read_text(directory / "a.png").substr(0, 8), signature);
}

TEST(image_grid, wrong_shapes_are_refused_with_the_values) {
  const std::vector<float> pixels(8);
  const auto refusal = [&](image_batch images, image_grid grid = {}) {
    return testing::message_of<invalid_input>([&] { (void)to_svg(images, grid); });
  };

  EXPECT_THAT(refusal({pixels, 1, 2, 2, 2}), HasSubstr("2 channels"));
  EXPECT_THAT(refusal({pixels, 1, 2, 2, 1}), HasSubstr("was given 8 values"));
  EXPECT_THAT(refusal({pixels, 1, -2, -4, 1}), HasSubstr("[1, -2, -4, 1]"));
  EXPECT_THAT(refusal({pixels, 2, 2, 2, 1}, {.scale = 0}), HasSubstr("scale 0"));
  EXPECT_THAT(refusal({pixels, 2, 2, 2, 1, 3, 3}), HasSubstr("black at 3 to white at 3"));
  EXPECT_THAT(refusal({pixels, index_t{1} << 62, 2, 2, 1}), HasSubstr("too large"));
  EXPECT_THAT(refusal({pixels, 2, 2, 2, 1}, {.scale = (index_t{1} << 24) - 1}),
              HasSubstr("at a scale of 16777215 are too large to draw; reduce the scale"));
  // Of no image: the product of all three is 2^64, which wraps around to nothing.
  constexpr index_t large = index_t{1} << 23;
  EXPECT_THAT(refusal({{}, 0, large, large, 1}, {.scale = index_t{1} << 18}),
              HasSubstr("[0, 8388608, 8388608, 1] is too large to draw"));
}

TEST(base64, equals_the_examples_of_rfc_4648) {
  const std::array<std::pair<const char*, const char*>, 7> examples{{{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, coded] : examples) EXPECT_EQ(detail::base64(plain), coded);
}

}  // namespace
}  // namespace flowkit
