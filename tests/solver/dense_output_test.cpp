// States between the steps: order of the interpolants, times of every sample, refusals.
#include "ode_problems.hpp"
#include "support/allocation.hpp"

#include <flowkit/field/counted.hpp>
#include <flowkit/solver/adaptive.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::host;
using testing::matrix;

class dense_output : public ::testing::Test {
 protected:
  template <class M>
  std::vector<double> states(const std::vector<double>& times, const time_span& span,
                             const adaptive_options& options, const std::vector<double>& x0) {
    auto x = matrix(be_, static_cast<index_t>(x0.size()), x0);
    tensor<backend, 3> out(be_, {static_cast<index_t>(times.size()), x.shape()[0], 1});
    integrate(be_, M{}, testing::driven_logistic(), x.view(), span, options, ws_, result_,
              save_at<backend>{times, out.view()});
    return host(out);
  }

  /// Largest error inside one step of length h from t = 0.3.
  template <class M>
  double error_inside(double h) {
    std::vector<double> times;
    for (int i = 1; i < 10; ++i) times.push_back(0.3 + 0.1 * i * h);
    // Tolerances that every step meets, so that one step of the wanted length is taken.
    const auto inside =
        states<M>(times, {0.3, 0.3 + h}, {.relative = 1, .absolute = 1, .first_step = h}, {0.2});
    EXPECT_EQ(result_.samples[0].accepted, 1);
    double worst = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const double exact = testing::driven_logistic_solution(0.2, 0.3, times[i]);
      worst = std::max(worst, std::abs(inside[i] - exact));
    }
    return worst;
  }

  backend be_;
  workspace<backend> ws_{be_};
  integration_result result_;
};

// The error of an interpolant of order p inside one step falls as h^(p + 1).
TEST_F(dense_output, of_dormand_prince_has_order_four) {
  const double slope =
      std::log2(error_inside<dormand_prince>(0.1) / error_inside<dormand_prince>(0.05));

  EXPECT_NEAR(slope, 5, 0.2);
}

TEST_F(dense_output, by_cubics_has_order_three) {
  const auto slope = [&]<class M>(M) {
    return std::log2(error_inside<M>(0.02) / error_inside<M>(0.01));
  };

  EXPECT_NEAR(slope(tsitouras{}), 4, 0.1);
  EXPECT_NEAR(slope(bogacki_shampine{}), 4, 0.1);
}

TEST_F(dense_output, gives_every_sample_its_state_at_every_time) {
  const std::vector<double> times{0, 0.01, 0.5, 0.5, 1.7, 3};
  const std::vector<double> x0{0.01, 0.5, 0.99, 0.2};

  const auto saved =
      states<dormand_prince>(times, {0, 3}, {.relative = 1e-8, .absolute = 1e-8}, x0);

  for (std::size_t i = 0; i < times.size(); ++i) {
    for (std::size_t j = 0; j < x0.size(); ++j) {
      const double exact = testing::driven_logistic_solution(x0[j], 0, times[i]);
      EXPECT_NEAR(saved[i * x0.size() + j], exact, 1e-6) << "time " << times[i] << ", sample " << j;
    }
  }
}

TEST_F(dense_output, works_backwards_from_a_time_that_is_not_zero) {
  const std::vector<double> times{2, 1.25, 0.5};
  const double start = testing::driven_logistic_solution(0.3, 0, 2);

  const auto saved =
      states<dormand_prince>(times, {2, 0.5}, {.relative = 1e-9, .absolute = 1e-9}, {start});

  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_NEAR(saved[i], testing::driven_logistic_solution(0.3, 0, times[i]), 1e-6);
  }
}

TEST_F(dense_output, costs_no_evaluation_and_changes_no_step) {
  const adaptive_options options{.relative = 1e-6, .absolute = 1e-6};
  auto plain = counted(testing::driven_logistic());
  auto saving = counted(testing::driven_logistic());
  auto x = matrix(be_, 1, std::vector<double>{0.1});
  auto y = matrix(be_, 1, std::vector<double>{0.1});
  const std::vector<double> times{0.5, 1, 1.5};
  tensor<backend, 3> out(be_, {3, 1, 1});

  integrate(be_, dormand_prince{}, plain, x.view(), {0, 2}, options, ws_, result_);
  integrate(be_, dormand_prince{}, saving, y.view(), {0, 2}, options, ws_, result_,
            save_at<backend>{times, out.view()});

  EXPECT_EQ(saving.calls(), plain.calls());
  EXPECT_EQ(y.view()(0, 0), x.view()(0, 0));
}

TEST_F(dense_output, marks_times_that_a_sample_did_not_reach) {
  auto x = matrix(be_, 2, std::vector<double>{1, -1});
  const std::vector<double> times{0.5, 1.5};
  tensor<backend, 3> out(be_, {2, 2, 1});
  const auto field = analytic_field<1>([](auto, auto p) { return point{p[0] * p[0]}; });

  integrate(be_, dormand_prince{}, field, x.view(), {0, 2}, {}, ws_, result_,
            save_at<backend>{times, out.view()});

  const auto saved = host(out);
  EXPECT_NEAR(saved[0], 2, 1e-3);
  EXPECT_TRUE(std::isnan(saved[2])) << "the pole is at t = 1";
  EXPECT_NEAR(saved[3], -0.4, 1e-4);
}

TEST_F(dense_output, refuses_times_it_does_not_pass_and_states_that_do_not_fit) {
  const std::vector<double> late{0.5, 1.5};
  const std::vector<double> unsorted{0.5, 0.25};
  const auto refusal = [&](const std::vector<double>& times) {
    return testing::message_of<invalid_input>([&] {
      states<dormand_prince>(times, {0, 1}, {}, {0.1});
    });
  };
  EXPECT_THAT(refusal(late), HasSubstr("cannot save at time 1.5"));
  EXPECT_THAT(refusal(unsorted), HasSubstr("0.25 after 0.5"));

  auto x = matrix(be_, 1, std::vector<double>{0.1});
  tensor<backend, 3> small(be_, {1, 1, 1});
  const auto message = testing::message_of<invalid_input>([&] {
    integrate(be_, dormand_prince{}, testing::driven_logistic(), x.view(), {0, 2}, {}, ws_, result_,
              save_at<backend>{late, small.view()});
  });
  EXPECT_THAT(message, HasSubstr("need dense [2, 1, 1]: make a tensor of that shape"));
}

// In float 0.1000000001 is the start itself, which no step passes.
TEST_F(dense_output, gives_the_start_for_a_time_that_rounds_to_it) {
  eigen<float> narrow;
  workspace<eigen<float>> ws(narrow);
  auto x = matrix(narrow, 1, std::vector<float>{0.25F});
  const std::vector<double> times{0.1000000001, 0.5};
  tensor<eigen<float>, 3> out(narrow, {2, 1, 1});

  integrate(narrow, dormand_prince{}, testing::driven_logistic(), x.view(), {0.1, 1}, {}, ws,
            result_, save_at<eigen<float>>{times, out.view()});

  const auto saved = host(out);
  EXPECT_EQ(saved[0], 0.25);
  EXPECT_NEAR(saved[1], testing::driven_logistic_solution(0.25, 0.1, 0.5), 1e-4);
}

TEST_F(dense_output, allocates_nothing_when_warm) {
  const std::vector<double> times{0.5, 1};
  tensor<backend, 3> out(be_, {2, 3, 1});
  auto x = matrix(be_, 3, std::vector<double>{0.1, 0.2, 0.3});
  const auto go = [&] {
    integrate(be_, dormand_prince{}, testing::driven_logistic(), x.view(), {0, 1}, {}, ws_, result_,
              save_at<backend>{times, out.view()});
  };
  go();
  go();

  const testing::allocation_counter allocations;
  go();

  EXPECT_EQ(allocations.count(), 0);
}

}  // namespace
}  // namespace flowkit
