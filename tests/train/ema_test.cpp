// The decay of the average against the reference curves, and the average itself.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/io/npz.hpp>
#include <flowkit/train/ema.hpp>

#include <gmock/gmock.h>

#include "support/files.hpp"

#include <cmath>
#include <limits>

namespace flowkit {
namespace {

using ::testing::HasSubstr;

// Both sides evaluate one power in double.
constexpr double tolerance = 1e-12;

TEST(ema_decay, agrees_with_the_reference_run) {
  const auto file = read_npz(testing::golden("optimizer.npz"));
  const auto s = file.at("ema_settings").converted<double>();
  const ema_options options{static_cast<index_t>(s[0]), s[1], s[2], s[3], s[4]};
  const auto expected = file.at("ema_decay").converted<double>();

  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_NEAR(ema_decay(options, static_cast<index_t>(k)), expected[k], tolerance) << k;
  }
}

TEST(ema_decay, agrees_with_the_curve_of_a_long_run) {
  const auto file = read_npz(testing::golden("optimizer.npz"));
  const auto steps = file.at("ema_curve_k").converted<std::int64_t>();
  const auto expected = file.at("ema_curve_decay").converted<double>();

  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_NEAR(ema_decay({}, steps[i]), expected[i], tolerance) << steps[i];
  }
}

TEST(ema_decay, is_zero_until_averaging_begins) {
  const ema_options options{.update_after_step = 5, .minimum = 0.5};

  EXPECT_EQ(ema_decay(options, 6), 0);
  EXPECT_EQ(ema_decay(options, 7), 0.5);
}

TEST(moving_average, starts_as_a_copy_and_follows) {
  eigen<double> be;
  tensor<eigen<double>, 1> values(be, {3});
  be.fill(values.view(), 4.0);
  moving_average<eigen<double>> average(be, values.view(), {.minimum = 0.75, .maximum = 0.75});
  be.fill(values.view(), 8.0);

  average.step(be, values.view(), 2);

  EXPECT_DOUBLE_EQ(average.values()(1), 0.75 * 4 + 0.25 * 8);
  average.step(be, values.view(), 0);  // decay 0: a copy
  EXPECT_EQ(average.values()(1), 8);
}

TEST(moving_average, refuses_decays_that_average_nothing) {
  eigen<float> be;
  tensor<eigen<float>, 1> values(be, {3});

  EXPECT_THROW(moving_average(be, values.view(), {.inverse_gamma = 0}), invalid_input);
  EXPECT_THROW(moving_average(be, values.view(), {.minimum = 0.9, .maximum = 0.5}), invalid_input);
  EXPECT_THROW(moving_average(be, values.view(), {.maximum = 1.5}), invalid_input);
}

TEST(moving_average, refuses_a_power_by_which_the_decay_does_not_grow) {
  eigen<float> be;
  tensor<eigen<float>, 1> values(be, {3});

  for (const double power : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    const auto message = testing::message_of<invalid_input>(
        [&] { moving_average(be, values.view(), {.power = power}); });

    EXPECT_THAT(message, HasSubstr(text("the power ", power)));
  }
}

TEST(moving_average, refuses_values_of_another_layout) {
  eigen<float> be;
  tensor<eigen<float>, 1> values(be, {3});
  tensor<eigen<float>, 1> more(be, {4});
  moving_average average(be, values.view());

  EXPECT_THAT(testing::message_of<invalid_input>([&] { average.step(be, more.view(), 1); }),
              HasSubstr("an average of 3 numbers cannot include 4 values"));
}

}  // namespace
}  // namespace flowkit
