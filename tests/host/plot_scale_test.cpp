// Axes of plots: ranges, ticks and their labels.
#include <flowkit/host/plot_scale.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace flowkit::detail {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> labels(const plot_scale& scale, int wanted) {
  std::vector<std::string> out;
  for (const plot_tick& tick : scale.ticks(wanted)) {
    if (!tick.label.empty()) out.push_back(tick.label);
  }
  return out;
}

TEST(plot_scale, linear_ticks_are_round_numbers_inside_the_range) {
  EXPECT_THAT(labels({axis_scale::linear, 0, 1}, 5),
              ElementsAre("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(labels({axis_scale::linear, -1.1, 1.1}, 4), ElementsAre("−1", "0", "1"));
  EXPECT_THAT(labels({axis_scale::linear, 3, 47}, 5), ElementsAre("10", "20", "30", "40"));
}

TEST(plot_scale, very_large_and_small_ticks_have_powers_of_ten) {
  EXPECT_THAT(labels({axis_scale::linear, 0, 3e6}, 3), ElementsAre("0", "1·10⁶", "2·10⁶", "3·10⁶"));
  EXPECT_THAT(labels({axis_scale::linear, -2e-5, 0}, 2), ElementsAre("−2·10⁻⁵", "−1·10⁻⁵", "0"));
}

TEST(plot_scale, logarithmic_ticks_are_powers_of_ten_with_a_fine_grid) {
  const plot_scale scale(axis_scale::log, 0.01, 10);

  EXPECT_THAT(labels(scale, 5), ElementsAre("10⁻²", "10⁻¹", "10⁰", "10¹"));
  EXPECT_EQ(scale.ticks(5).size(), 4U + 3 * 8);
}

TEST(plot_scale, many_decades_are_labelled_sparsely) {
  EXPECT_THAT(labels({axis_scale::log, 1e-9, 1}, 3), ElementsAre("10⁻⁹", "10⁻⁶", "10⁻³", "10⁰"));
}

TEST(plot_scale, less_than_a_decade_gets_linear_ticks) {
  EXPECT_THAT(labels({axis_scale::log, 1, 4}, 3), ElementsAre("1", "2", "3", "4"));
}

TEST(plot_scale, the_range_follows_the_usable_values) {
  const std::vector<double> values{2, 4, -1, std::numeric_limits<double>::infinity(), std::nan("")};

  const auto linear = plot_scale::fit({}, values, 0);
  const auto logarithmic = plot_scale::fit({.label = "", .scale = axis_scale::log}, values, 0);

  EXPECT_EQ(linear.low(), -1);
  EXPECT_EQ(linear.high(), 4);
  EXPECT_NEAR(logarithmic.low(), 2, 1e-12);
  EXPECT_NEAR(logarithmic.high(), 4, 1e-12);
}

TEST(plot_scale, given_ends_are_kept_exactly) {
  const auto scale = plot_scale::fit({.label = "", .low = 0.0, .high = 3.0}, {1, 2}, 0.1);

  EXPECT_EQ(scale.low(), 0);
  EXPECT_EQ(scale.high(), 3);
}

TEST(plot_scale, share_is_linear_or_logarithmic) {
  EXPECT_DOUBLE_EQ(plot_scale(axis_scale::linear, 2, 4).share(3), 0.5);
  EXPECT_DOUBLE_EQ(plot_scale(axis_scale::log, 1, 100).share(10), 0.5);
}

}  // namespace
}  // namespace flowkit::detail
