// Squared errors: values from the definition, gradients by differences.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/objective/loss.hpp>

#include <gmock/gmock.h>

#include "support/files.hpp"

#include <cmath>
#include <vector>

namespace flowkit {
namespace {

using B = eigen<double>;
using ::testing::HasSubstr;

constexpr index_t n = 4;
constexpr index_t d = 3;

/// A prediction, a target and both kinds of weights, all different.
class squared_error : public ::testing::Test {
 protected:
  squared_error() {
    be_.normal(y_.view(), {1});
    be_.normal(target_.view(), {2});
    be_.uniform(samples_.view(), {3});
    be_.uniform(elements_.view(), {4});
    elements_.view()(1, 2) = 0;
  }

  double loss(const error_weights<B>& weights) {
    const scratch_scope scope(ws_);
    return mean_squared_error(be_, y_.view(), target_.view(), weights, ws_).loss();
  }

  /// The same from the definition, element by element.
  double defined(const error_weights<B>& w) {
    double total = 0;
    for (index_t i = 0; i < n; ++i) total += defined(w, i) * d;
    return total / (n * d);
  }

  double defined(const error_weights<B>& w, index_t i) {
    double total = 0;
    for (index_t j = 0; j < d; ++j) {
      const double difference = y_.view()(i, j) - target_.view()(i, j);
      const double sample = w.samples.empty() ? 1 : w.samples(i);
      const double element = w.elements.empty() ? 1 : w.elements(i, j);
      total += w.factor * sample * element * difference * difference;
    }
    return total / d;
  }

  /// The four combinations of weights, the last with a factor.
  std::vector<error_weights<B>> combinations() {
    return {error_weights<B>{},
            {samples_.view()},
            {.elements = elements_.view()},
            {samples_.view(), elements_.view(), 0.3}};
  }

  B be_;
  workspace<B> ws_{be_};
  tensor<B, 2> y_{be_, {n, d}};
  tensor<B, 2> target_{be_, {n, d}};
  tensor<B, 1> samples_{be_, {n}};
  tensor<B, 2> elements_{be_, {n, d}};
};

// A dozen additions in double: a few units in the last place.
constexpr double rounding = 1e-14;

TEST_F(squared_error, loss_is_the_weighted_mean) {
  for (const auto& weights : combinations()) {
    EXPECT_NEAR(loss(weights), defined(weights), rounding);
  }
}

TEST_F(squared_error, gradient_agrees_with_central_differences) {
  // The loss is quadratic, so central differences are exact but for rounding, eps / step.
  constexpr double step = 1e-4;
  for (const auto& weights : combinations()) {
    const scratch_scope scope(ws_);
    const auto result = mean_squared_error(be_, y_.view(), target_.view(), weights, ws_);
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < d; ++j) {
        const double y = y_.view()(i, j);
        y_.view()(i, j) = y + step;
        const double above = loss(weights);
        y_.view()(i, j) = y - step;
        const double below = loss(weights);
        y_.view()(i, j) = y;
        EXPECT_NEAR(result.gradient(i, j), (above - below) / (2 * step), 1e-10);
      }
    }
  }
}

TEST_F(squared_error, masked_elements_have_no_gradient) {
  const auto result =
      mean_squared_error(be_, y_.view(), target_.view(), {.elements = elements_.view()}, ws_);

  EXPECT_EQ(result.gradient(1, 2), 0);
  EXPECT_NE(result.gradient(1, 1), 0);
}

TEST_F(squared_error, per_sample_errors_have_the_loss_as_mean) {
  tensor<B, 1> errors(be_, {n});
  for (const auto& weights : combinations()) {
    squared_errors(be_, y_.view(), target_.view(), weights, errors.view(), ws_);

    double mean = 0;
    for (index_t i = 0; i < n; ++i) {
      EXPECT_NEAR(errors.view()(i), defined(weights, i), rounding);
      mean += errors.view()(i) / n;
    }
    EXPECT_NEAR(mean, loss(weights), rounding);
  }
}

TEST_F(squared_error, shapes_that_do_not_fit_are_refused) {
  tensor<B, 2> few(be_, {n - 1, d});
  tensor<B, 1> errors(be_, {n});
  const auto of = [&](const_view_of<B, 2> y, const_view_of<B, 2> target,
                      const error_weights<B>& weights) {
    return testing::message_of<invalid_input>(
        [&] { mean_squared_error(be_, y, target, weights, ws_); });
  };

  EXPECT_THAT(of(y_.view(), few.view(), {}),
              HasSubstr("shape [4, 3] cannot be compared with a target of shape [3, 3]"));
  EXPECT_THAT(of(rows(few.view(), 0, 0), rows(few.view(), 0, 0), {}), HasSubstr("no elements"));
  EXPECT_THAT(of(few.view(), few.view(), {samples_.view()}), HasSubstr("there are 4 weights"));
  EXPECT_THAT(of(few.view(), few.view(), {.elements = elements_.view()}),
              HasSubstr("weights of shape [4, 3] for a prediction of shape [3, 3]"));
  EXPECT_THROW(squared_errors(be_, y_.view(), few.view(), {}, errors.view(), ws_), invalid_input);
  EXPECT_THROW(squared_errors(be_, few.view(), few.view(), {}, errors.view(), ws_), invalid_input);
}

}  // namespace
}  // namespace flowkit
