// Step control per sample: golden runs of SciPy, independence of the batch, and every way to end.
#include "ode_problems.hpp"
#include "support/allocation.hpp"

#include <flowkit/field/conditioned.hpp>
#include <flowkit/field/counted.hpp>
#include <flowkit/field/joined.hpp>
#include <flowkit/solver/adaptive.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using testing::golden_ode;
using ::testing::HasSubstr;
using testing::host;
using testing::matrix;

template <class T>
class adaptive_golden : public ::testing::Test {
 protected:
  using backend = eigen<T>;

  /// One row with the whole state, as SciPy sees it. In double: the accepted times and states
  /// within `allowed` and the same number of evaluations. In float: the end within 100 tolerances.
  template <class V>
  void expect_scipy(V&& field, const std::string& name, const std::string& start, double tolerance,
                    double allowed) {
    SCOPED_TRACE(name);
    const auto span = ode_[start + "_span"];
    const auto y0 = ode_[start + "_y0"];
    const auto times = ode_[name + "_t"];
    const auto states = ode_[name + "_y"];
    std::vector<double> seen_times;
    std::vector<double> seen_states;
    const auto observe = [&](backend&, const_view_of<backend, 1> t, const_view_of<backend, 2> x) {
      seen_times.push_back(t(0));
      for (const double v : host(x)) seen_states.push_back(v);
    };
    auto x = matrix(be_, 1, y0);
    integration_result result;

    integrate(be_, dormand_prince{}, field, x.view(), {span[0], span[1]},
              {.relative = tolerance, .absolute = tolerance, .controller = integral_control()}, ws_,
              result, observe);

    EXPECT_EQ(result.samples[0].status, sample_status::reached_end);
    if constexpr (std::same_as<T, double>) {
      EXPECT_LE(testing::relative_difference(seen_times, times), allowed);
      EXPECT_LE(testing::relative_difference(seen_states, states), allowed);
      EXPECT_EQ(result.samples[0].evaluations, ode_.counts(name + "_nfev")[0]);
      EXPECT_EQ(result.samples[0].accepted, static_cast<index_t>(times.size()) - 1);
    } else {
      const auto d = static_cast<std::ptrdiff_t>(y0.size());
      EXPECT_LE(testing::relative_difference(host(x), {states.end() - d, states.end()}),
                100 * tolerance);
    }
  }

  /// At both tolerances in double, at the loose one in float. As stated with the reference data,
  /// but for what is allowed at the tight one.
  template <class V>
  void expect_scipy_runs(V&& field, const std::string& start, double allowed = 1e-9) {
    expect_scipy(field, start + "_rk45_1e-5", start, 1e-5, 1e-9);
    if constexpr (std::same_as<T, double>) {
      expect_scipy(field, start + "_rk45_1e-8", start, 1e-8, allowed);
    }
  }

  golden_ode ode_;
  backend be_;
  workspace<backend> ws_{be_};
};

using scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(adaptive_golden, scalars);

TYPED_TEST(adaptive_golden, meets_scipy_on_the_linear_problem) {
  this->expect_scipy_runs(this->ode_.linear(), "linear");
  // At 1e-8 the one exception of tests/data/README.md, which says why.
  this->expect_scipy_runs(this->ode_.linear(), "linear_backward", 2e-8);
}

TYPED_TEST(adaptive_golden, meets_scipy_on_points_joined_to_one_state) {
  this->expect_scipy_runs(joined(this->ode_.swirl(), 16, this->ws_), "swirl");
}

TYPED_TEST(adaptive_golden, meets_scipy_on_the_stiff_problem) {
  this->expect_scipy_runs(this->ode_.stiff(), "stiff");
}

using backend = eigen<double>;

/// Van der Pol oscillators from starts that need different numbers of steps.
constexpr auto van_der_pol = [](auto, auto p) {
  return point{p[1], 3 * (1 - p[0] * p[0]) * p[1] - p[0]};
};

std::vector<double> starts(index_t n) {
  std::vector<double> out;
  for (index_t i = 0; i < n; ++i) {
    out.push_back(0.25 * static_cast<double>(i % 17) - 2);
    out.push_back(0.5 * static_cast<double>(i % 11) - 2.5);
  }
  return out;
}

class adaptive : public ::testing::Test {
 protected:
  backend be_;
  workspace<backend> ws_{be_};
  integration_result result_;
  const std::vector<double> starts_ = starts(100);
};

/// How often each sample was stepped and where it ended, bit for bit.
struct outcome {
  std::vector<double> x;
  std::vector<std::pair<index_t, index_t>> steps;
  friend bool operator==(const outcome&, const outcome&) = default;
};

template <class V>
outcome run(V&& field, index_t n, const std::vector<double>& x0, const adaptive_options& options) {
  backend be;
  auto x = matrix(be, n, x0);
  const auto result = integrate(be, dormand_prince{}, field, x, {0, 4}, options);
  outcome out{host(x), {}};
  for (const auto& s : result.samples) out.steps.emplace_back(s.accepted, s.rejected);
  return out;
}

TEST_F(adaptive, gives_a_row_the_same_result_in_any_batch) {
  const index_t n = 300;
  const auto x0 = starts(n);
  const auto field = [] { return counted(analytic_field<2>(van_der_pol)); };

  const outcome together = run(field(), n, x0, {});
  const outcome in_blocks = run(field(), n, x0, {.block_rows = 7});
  for (const std::size_t i : {std::size_t{0}, std::size_t{17}, std::size_t{211}}) {
    const outcome alone = run(field(), 1, {x0[2 * i], x0[2 * i + 1]}, {});

    EXPECT_EQ(alone.x[0], together.x[2 * i]);
    EXPECT_EQ(alone.x[1], together.x[2 * i + 1]);
    EXPECT_EQ(alone.steps[0], together.steps[i]);
  }
  EXPECT_EQ(in_blocks, together);
}

// Steps in registers and steps in passes over the batch round differently, hence the tolerance.
TEST_F(adaptive, steps_points_as_it_steps_batches) {
  const index_t n = 33;
  const auto x0 = starts(n);

  const outcome batch = run(counted(analytic_field<2>(van_der_pol)), n, x0, {});
  const outcome points = run(analytic_field<2>(van_der_pol), n, x0, {});
  const outcome lanes = run(analytic_field<2>(branch_free{van_der_pol}), n, x0, {});

  EXPECT_EQ(points.steps, batch.steps);
  EXPECT_EQ(lanes.steps, batch.steps);
  EXPECT_LE(testing::relative_difference(points.x, batch.x), 1e-11);
  EXPECT_LE(testing::relative_difference(lanes.x, batch.x), 1e-11);
}

TEST_F(adaptive, retires_finished_samples) {
  // Sample i turns i times as fast, so the first are done long before the last.
  const index_t n = 64;
  std::vector<double> x0;
  for (index_t i = 0; i < n; ++i) {
    for (const double v : {1.0, 0.0, 1.0 + static_cast<double>(i)}) x0.push_back(v);
  }
  auto field = counted(analytic_field<3>([](auto, auto p) {
    return point{-p[2] * p[1], p[2] * p[0], 0 * p[2]};
  }));
  auto x = matrix(be_, n, x0);

  integrate(be_, tsitouras{}, field, x.view(), {0, 1}, {}, ws_, result_);

  EXPECT_TRUE(result_.all_reached_end());
  const auto total = result_.total();
  const index_t longest = result_.samples.back().evaluations;
  EXPECT_GE(field.rows(), total.evaluations);
  EXPECT_LE(static_cast<double>(field.rows()), 1.34 * static_cast<double>(total.evaluations))
      << "a quarter of the rows may idle";
  EXPECT_LT(field.rows(), n * longest);
  for (index_t i = 0; i < n; ++i) {
    EXPECT_NEAR(x.view()(i, 0), std::cos(1.0 + static_cast<double>(i)), 2e-3) << "sample " << i;
  }
}

TEST_F(adaptive, keeps_conditions_with_their_samples) {
  const index_t n = 50;
  std::vector<double> rates;
  for (index_t i = 0; i < n; ++i) rates.push_back(1 + static_cast<double>((i * 7) % n));
  const auto condition = matrix(be_, n, rates);
  const auto decay = [](backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
                        const_view_of<backend, 2> c, view_of<backend, 2> dx) {
    be.for_each([](double& v, double y, double rate) { v = -rate * y; }, dx, x, c);
  };
  auto field = conditioned(be_, decay, condition.view());
  auto x = matrix(be_, n, std::vector<double>(static_cast<std::size_t>(n), 1.0));

  integrate(be_, dormand_prince{}, field, x.view(), {0, 0.1},
            {.relative = 1e-9, .absolute = 1e-9, .block_rows = 20}, ws_, result_);

  for (index_t i = 0; i < n; ++i) {
    EXPECT_NEAR(x.view()(i, 0), std::exp(-0.1 * rates[static_cast<std::size_t>(i)]), 1e-7);
  }
}

TEST_F(adaptive, reports_a_velocity_that_is_not_finite_for_its_sample_only) {
  // The velocity of the second sample is not a number from x = 2 on; the third one's at once.
  const auto field = analytic_field<1>([](auto, auto p) {
    using std::sqrt;
    return point{1 + sqrt(2 - p[0])};
  });
  auto x = matrix(be_, 3, std::vector<double>{-10, 1.9, 3});

  integrate(be_, dormand_prince{}, field, x.view(), {0, 3}, {}, ws_, result_);

  EXPECT_EQ(result_.samples[0].status, sample_status::reached_end);
  EXPECT_EQ(result_.samples[1].status, sample_status::non_finite);
  EXPECT_EQ(result_.samples[2].status, sample_status::non_finite);
  EXPECT_EQ(result_.samples[2].accepted, 0);
  EXPECT_LE(x.view()(1, 0), 2) << "the last accepted state";
  EXPECT_EQ(x.view()(2, 0), 3);
}

TEST_F(adaptive, refuses_times_that_the_scalar_cannot_hold) {
  const auto field = analytic_field<1>([](auto, auto p) { return point{-p[0]}; });
  eigen<float> narrow;
  auto x = matrix(narrow, 1, std::vector<double>{1});

  EXPECT_THROW(integrate(narrow, dormand_prince{}, field, x, time_span{0, 1e39}, {}),
               invalid_input);
  EXPECT_THROW(integrate(narrow, dormand_prince{}, field, x, time_span{-3e38, 3e38}, {}),
               invalid_input);
}

TEST_F(adaptive, reports_a_singularity_as_steps_too_short) {
  // x' = x^2 from 1 has a pole at t = 1.
  const auto field = analytic_field<1>([](auto, auto p) { return point{p[0] * p[0]}; });
  auto x = matrix(be_, 2, std::vector<double>{1, -1});

  integrate(be_, dormand_prince{}, field, x.view(), {0, 2}, {}, ws_, result_);

  EXPECT_THAT(result_.samples[0].status,
              ::testing::AnyOf(sample_status::minimum_step, sample_status::non_finite));
  EXPECT_EQ(result_.samples[1].status, sample_status::reached_end);
  EXPECT_NEAR(x.view()(1, 0), -1.0 / 3, 1e-5);
}

TEST_F(adaptive, reports_a_stiff_sample_at_the_limit_of_attempts) {
  const auto field = analytic_field<2>([](auto t, auto p) {
    using std::cos;
    return point{-p[1] * (p[0] - cos(t)), 0 * p[1]};
  });
  auto x = matrix(be_, 2, std::vector<double>{0, 1e6, 0, 1});

  integrate(be_, dormand_prince{}, field, x.view(), {0, 1}, {.attempts = 100}, ws_, result_);

  EXPECT_EQ(result_.samples[0].status, sample_status::step_limit);
  EXPECT_EQ(result_.samples[0].accepted + result_.samples[0].rejected, 100);
  EXPECT_EQ(result_.samples[1].status, sample_status::reached_end);
  EXPECT_EQ(result_.count(sample_status::step_limit), 1);
}

TEST_F(adaptive, integrates_backwards_to_where_it_came_from) {
  const auto field = analytic_field<2>(van_der_pol);
  const adaptive_options tight{.relative = 1e-10, .absolute = 1e-10};
  auto x = matrix(be_, 3, std::vector<double>{1, 0, 0.5, 0.5, -1, 0.2});

  integrate(be_, tsitouras{}, field, x.view(), {0.5, 1.5}, tight, ws_, result_);
  integrate(be_, tsitouras{}, field, x.view(), {1.5, 0.5}, tight, ws_, result_);

  EXPECT_LE(testing::relative_difference(host(x), {1, 0, 0.5, 0.5, -1, 0.2}), 1e-7);
}

TEST_F(adaptive, begins_and_ends_at_the_same_time) {
  auto x = matrix(be_, 1, std::vector<double>{0.3, 0.4});

  integrate(be_, dormand_prince{}, analytic_field<2>(van_der_pol), x.view(), {0.7, 0.7}, {}, ws_,
            result_);

  EXPECT_TRUE(result_.all_reached_end());
  EXPECT_EQ(x.view()(0, 0), 0.3);
}

TEST_F(adaptive, takes_a_batch_without_samples) {
  auto x = matrix(be_, 0, std::vector<double>{});

  integrate(be_, dormand_prince{}, analytic_field<2>(van_der_pol), x.view(), {0, 1}, {}, ws_,
            result_);

  EXPECT_TRUE(result_.samples.empty());
}

TEST_F(adaptive, obeys_first_and_longest_step) {
  auto field = counted(analytic_field<1>([](auto, auto) { return point{1.0}; }));
  auto x = matrix(be_, 1, std::vector<double>{0});

  integrate(be_, dormand_prince{}, field, x.view(), {0, 1},
            {.first_step = 0.125, .longest_step = 0.25}, ws_, result_);

  EXPECT_EQ(result_.samples[0].accepted, 5);  // 0.125, 3 x 0.25, and the rest
  EXPECT_EQ(result_.samples[0].evaluations, 1 + 6 * 5);
  EXPECT_EQ(field.calls(), 1 + 6 * 5);
}

/// Heun's method with Euler's as the embedded result: its last stage is not the first of the next
/// step.
struct heun_euler {
  static constexpr rk_table<2> table{.order = 2,
                                     .c = {0, 1},
                                     .a = {{}, {1}},
                                     .b = {0.5, 0.5},
                                     .error_order = 1,
                                     .error = {-0.5, 0.5}};
};

TEST_F(adaptive, takes_methods_of_users) {
  const auto field = testing::driven_logistic();
  auto counting = counted(field);
  auto points = matrix(be_, 1, std::vector<double>{0.2});
  auto batch = matrix(be_, 1, std::vector<double>{0.2});
  const adaptive_options options{.relative = 1e-6, .absolute = 1e-6};

  integrate(be_, heun_euler{}, field, points.view(), {0, 2}, options, ws_, result_);
  integrate(be_, heun_euler{}, counting, batch.view(), {0, 2}, options, ws_, result_);

  const double exact = testing::driven_logistic_solution(0.2, 0, 2);
  EXPECT_NEAR(points.view()(0, 0), exact, 1e-4);
  EXPECT_NEAR(batch.view()(0, 0), exact, 1e-4);
  EXPECT_EQ(counting.rows(), result_.samples[0].evaluations);
}

TEST_F(adaptive, takes_the_archetype_of_a_field) {
  testing::archetype_field field(0);
  auto x = matrix(be_, 1, std::vector<double>{1, 2, 3});

  const auto result = integrate(be_, bogacki_shampine{}, field, x, {0, 1}, {.relative = 1e-6});

  EXPECT_TRUE(result.all_reached_end());
  EXPECT_NEAR(x.view()(0, 2), 3 * std::exp(-1), 1e-4);
}

TEST_F(adaptive, keeps_the_batch_whole_while_somebody_watches) {
  auto x = matrix(be_, 3, std::vector<double>{2, 0, 0.1, 0, 1, 1});
  index_t calls = 0;
  std::vector<double> last_times;
  const auto observe = [&](backend&, const_view_of<backend, 1> t, const_view_of<backend, 2> y) {
    ++calls;
    ASSERT_EQ(y.shape()[0], 3);
    last_times = host(t);
  };

  integrate(be_, dormand_prince{}, analytic_field<2>(van_der_pol), x.view(), {0, 2},
            {.block_rows = 1}, ws_, result_, observe);

  EXPECT_GT(calls, 5);
  EXPECT_THAT(last_times, ::testing::Each(2.0));
}

TEST_F(adaptive, refuses_settings_that_cannot_work) {
  const auto field = analytic_field<2>(van_der_pol);
  auto x = matrix(be_, 1, std::vector<double>{1, 1});
  const auto attempt = [&](const time_span& span, const adaptive_options& options) {
    integrate(be_, dormand_prince{}, field, x.view(), span, options, ws_, result_);
  };

  const auto refusal = [&](const adaptive_options& options) {
    return testing::message_of<invalid_input>([&] { attempt({0, 1}, options); });
  };

  EXPECT_THROW(attempt({0, INFINITY}, {}), invalid_input);
  EXPECT_THROW(attempt({NAN, 1}, {}), invalid_input);
  EXPECT_THAT(refusal({.relative = -1}), HasSubstr("relative -1"));
  EXPECT_THAT(refusal({.relative = 0, .absolute = 0}), HasSubstr("one must be positive"));
  EXPECT_THAT(refusal({.relative = 1e-17, .absolute = 0}), HasSubstr("cannot be met"));
  EXPECT_THAT(refusal({.relative = NAN}), HasSubstr("relative nan"));
  eigen<float> narrow;
  auto state = matrix(narrow, 1, std::vector<double>{1, 1});
  EXPECT_THAT(testing::message_of<invalid_input>([&] {
                (void)integrate(narrow, dormand_prince{}, field, state, time_span{0, 1},
                                adaptive_options{.relative = 0, .absolute = 1e-60});
              }),
              HasSubstr("absolute 1e-60 (0 in the backend's scalar)"));
  EXPECT_THAT(refusal({.relative = INFINITY}), HasSubstr("relative inf"));
  EXPECT_THAT(refusal({.first_step = -0.1}), HasSubstr("first step -0.1"));
  EXPECT_THAT(refusal({.longest_step = 0}), HasSubstr("longest step 0"));
  EXPECT_THAT(refusal({.attempts = 0}), HasSubstr("attempts 0"));
  EXPECT_THAT(refusal({.controller = {.safety = 1.5}}), HasSubstr("safety 1.5"));
  EXPECT_THAT(refusal({.controller = {.largest_factor = 0.5}}), HasSubstr("to 0.5"));
}

TEST_F(adaptive, allocates_nothing_when_warm) {
  const auto points = analytic_field<2>(van_der_pol);
  auto batch = counted(points);
  auto x = matrix(be_, 100, starts(100));
  const auto go = [&] {
    be_.upload(flatten(x.view()), std::span<const double>(starts_));
    integrate(be_, dormand_prince{}, points, x.view(), {0, 4}, {}, ws_, result_);
    integrate(be_, tsitouras{}, batch, x.view(), {4, 0}, {.attempts = 40}, ws_, result_);
  };
  go();
  go();

  const testing::allocation_counter allocations;
  go();

  EXPECT_EQ(allocations.count(), 0);
}

}  // namespace
}  // namespace flowkit
