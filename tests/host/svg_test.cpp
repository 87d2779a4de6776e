// Pieces of SVG documents.
#include <flowkit/host/svg.hpp>

#include <gtest/gtest.h>

namespace flowkit::detail {
namespace {

TEST(svg, coordinates_have_two_decimals_and_no_negative_zero) {
  EXPECT_EQ(pixel(1.23456), "1.23");
  EXPECT_EQ(pixel(-0.001), "0");
  EXPECT_EQ(pixel(12), "12");
}

TEST(svg, long_text_is_cut_between_characters) {
  const std::string text = "ééééééééééééééé";

  const std::string fitted = fitted_text(text, 10, 50);

  EXPECT_LE(text_width(fitted, 10), 60);
  EXPECT_TRUE(fitted.ends_with("é…"));
  EXPECT_EQ(fitted_text("short", 10, 500), "short");
}

TEST(svg, markup_in_text_is_neutralised) {
  EXPECT_EQ(xml_text("<a b=\"c\">&"), "&lt;a b=&quot;c&quot;&gt;&amp;");
  EXPECT_EQ(xml_text("a\tb\xc3"), "a b\xEF\xBF\xBD");
}

}  // namespace
}  // namespace flowkit::detail
