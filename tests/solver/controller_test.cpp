// The judgement of one attempt: factors, rejections and the ways to end.
#include <flowkit/solver/adaptive_batch.hpp>
#include <flowkit/solver/result.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

/// One sample as scalars; the functor is the one that runs over vectors.
struct sample {
  double t = 0;
  double step = 0.1;
  double previous = 1;
  double state = 0;
  double accepted = 0;
  double rejected = 0;
  double taken = 1;

  [[nodiscard]] sample_status status() const { return static_cast<sample_status>(state); }
};

/// Judges an attempt of length h with error norm e from t on towards t = 1.
sample judged(sample s, double e, double h, const adaptive_options& options = {}) {
  const detail::adaptive_setting<double> setting{{0, 1}, options};
  setting.judge(4, 1)(s.t, s.step, s.previous, s.state, s.accepted, s.rejected, s.taken,
                      e * e / (h * h), h);
  return s;
}

const adaptive_options integral{.controller = integral_control()};

TEST(judge_attempt, accepts_a_small_error_and_proposes_by_the_fifth_root) {
  const sample after = judged({}, 0.5, 0.1, integral);

  EXPECT_EQ(after.status(), sample_status::running);
  EXPECT_DOUBLE_EQ(after.t, 0.1);
  EXPECT_EQ(after.accepted, 1);
  EXPECT_EQ(after.rejected, 0);
  EXPECT_EQ(after.taken, 1);
  EXPECT_NEAR(after.step, 0.1 * 0.9 * std::pow(0.5, -0.2), 1e-15);
}

TEST(judge_attempt, rejects_a_large_error_and_stays) {
  const sample after = judged({}, 3, 0.1, integral);

  EXPECT_EQ(after.t, 0);
  EXPECT_EQ(after.accepted, 0);
  EXPECT_EQ(after.rejected, 1);
  EXPECT_EQ(after.taken, 0);
  EXPECT_NEAR(after.step, 0.1 * 0.9 * std::pow(3, -0.2), 1e-15);
}

TEST(judge_attempt, limits_its_factors) {
  EXPECT_DOUBLE_EQ(judged({}, 1e-9, 0.01, integral).step, 0.1);
  EXPECT_DOUBLE_EQ(judged({}, 0, 0.01, integral).step, 0.1);
  EXPECT_DOUBLE_EQ(judged({}, 1e9, 0.1, integral).step, 0.02);
  EXPECT_DOUBLE_EQ(judged({}, 1e-9, 0.5, {.longest_step = 0.7}).step, 0.7);
}

TEST(judge_attempt, does_not_grow_after_a_rejection) {
  const sample rejected = judged({}, 3, 0.1, integral);

  const sample accepted = judged(rejected, 1e-6, 0.08, integral);

  EXPECT_DOUBLE_EQ(accepted.step, 0.08);
  EXPECT_GT(judged(accepted, 1e-6, 0.08, integral).step, 0.5);
}

TEST(judge_attempt, looks_back_with_proportional_control) {
  const adaptive_options pi;
  sample calm;
  calm.previous = 0.01 * 0.01;
  sample rough;
  rough.previous = 0.9 * 0.9;

  // Errors that grew call for a shorter step than errors that stayed.
  const double after_calm = judged(calm, 0.5, 0.1, pi).step;
  const double after_rough = judged(rough, 0.5, 0.1, pi).step;

  EXPECT_LT(after_calm, after_rough);
  EXPECT_NEAR(after_calm, 0.09 * std::pow(0.5, -0.14) * std::pow(0.01, 0.08), 1e-14);
}

TEST(judge_attempt, arrives_exactly) {
  sample s;
  s.t = 0.9;

  const sample after = judged(s, 0.5, 1 - 0.9);

  EXPECT_EQ(after.t, 1);
  EXPECT_EQ(after.status(), sample_status::reached_end);
}

TEST(judge_attempt, gives_up_where_steps_vanish) {
  sample s;
  s.t = 0.5;

  EXPECT_EQ(judged(s, 1e9, 1e-15).status(), sample_status::minimum_step);
  EXPECT_EQ(judged(s, NAN, 1e-15).status(), sample_status::non_finite);
  EXPECT_EQ(judged(s, INFINITY, 1e-15).status(), sample_status::non_finite);
  EXPECT_EQ(judged(s, NAN, 0.1).status(), sample_status::running);
  EXPECT_DOUBLE_EQ(judged(s, NAN, 0.1).step, 0.02);
}

TEST(judge_attempt, counts_its_attempts) {
  sample s;
  s.accepted = 5;
  s.rejected = 4;

  EXPECT_EQ(judged(s, 0.5, 0.1, {.attempts = 10}).status(), sample_status::step_limit);
  EXPECT_EQ(judged(s, 0.5, 0.1, {.attempts = 11}).status(), sample_status::running);
  EXPECT_EQ(judged(s, 0.5, 1, {.attempts = 10}).status(), sample_status::reached_end);
}

TEST(judge_attempt, leaves_finished_samples_alone) {
  sample s;
  s.t = 0.4;
  s.state = static_cast<double>(sample_status::step_limit);

  const sample after = judged(s, 0.5, 0.1);

  EXPECT_EQ(after.t, 0.4);
  EXPECT_EQ(after.step, s.step);
  EXPECT_EQ(after.accepted, 0);
  EXPECT_EQ(after.rejected, 0);
  EXPECT_EQ(after.status(), sample_status::step_limit);
}

TEST(begin_attempt, cuts_the_last_step_and_stops_finished_samples) {
  const fn::begin_attempt<double> forwards{.end = 1, .direction = 1};
  const fn::begin_attempt<double> backwards{.end = 0, .direction = -1};
  double h = 0;

  forwards(h, 0.25, 0.5, 0.0);
  EXPECT_EQ(h, 0.5);
  forwards(h, 0.75, 0.5, 0.0);
  EXPECT_EQ(h, 0.25);
  forwards(h, 0.75, 0.5, 1.0);
  EXPECT_EQ(h, 0);
  backwards(h, 0.75, 0.5, 0.0);
  EXPECT_EQ(h, -0.5);
  backwards(h, 0.25, 0.5, 0.0);
  EXPECT_EQ(h, -0.25);
}

}  // namespace
}  // namespace flowkit
