// Learning rates against the reference curves.
#include <flowkit/io/npz.hpp>
#include <flowkit/train/schedule.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/files.hpp"

namespace flowkit {
namespace {

// Rates are formed in double by the same formula; only the last bits of the cosine may differ.
constexpr double tolerance = 1e-12;

void expect_rates(const learning_rate_schedule& schedule, const std::vector<double>& expected) {
  for (std::size_t s = 0; s < expected.size(); ++s) {
    EXPECT_NEAR(schedule(static_cast<index_t>(s)), expected[s], tolerance * expected[s]) << s;
  }
}

TEST(warmup_cosine, agrees_with_the_reference_run) {
  const auto file = read_npz(testing::golden("optimizer.npz"));
  const auto settings = file.at("settings").converted<double>();

  const warmup_cosine schedule(settings[0], static_cast<index_t>(settings[5]),
                               static_cast<index_t>(settings[6]));

  expect_rates(schedule, file.at("lr").converted<double>());
}

TEST(warmup_cosine, agrees_with_a_whole_curve) {
  const auto file = read_npz(testing::golden("optimizer.npz"));

  expect_rates(warmup_cosine(1e-4, 500, 2000), file.at("lr_curve").converted<double>());
}

TEST(warmup_cosine, stays_at_zero_after_the_end) {
  const warmup_cosine schedule(1, 0, 10);

  EXPECT_EQ(schedule(0), 1);
  EXPECT_EQ(schedule(10), 0);
  EXPECT_EQ(schedule(17), 0);
}

TEST(warmup_cosine, refuses_a_warm_up_that_never_ends) {
  const auto message = testing::message_of<invalid_input>([] { warmup_cosine(1e-4, 500, 500); });

  EXPECT_NE(message.find("500"), std::string::npos) << message;
  EXPECT_THROW(warmup_cosine(1e-4, -1, 500), invalid_input);
}

TEST(warmup_cosine, refuses_a_peak_that_is_no_rate) {
  for (const double peak : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    const auto message =
        testing::message_of<invalid_input>([&] { warmup_cosine(peak, 500, 2000); });

    EXPECT_NE(message.find(text("a learning rate of ", peak)), std::string::npos) << message;
  }
}

TEST(constant_rate, is_constant) {
  const learning_rate_schedule schedule = constant_rate{0.25};

  EXPECT_EQ(schedule(0), 0.25);
  EXPECT_EQ(schedule(1'000'000), 0.25);
}

}  // namespace
}  // namespace flowkit
