// Optimisers against a reference run of 40 steps, and their laws.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/io/npz.hpp>
#include <flowkit/train/ema.hpp>
#include <flowkit/train/optimizer.hpp>
#include <flowkit/train/schedule.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "support/files.hpp"

namespace flowkit {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

static_assert(Optimizer<adamw<eigen<float>>, eigen<float>>);
static_assert(Optimizer<sgd<eigen<double>>, eigen<double>>);

/// Whether the average is updated in the optimiser's pass or in one of its own.
enum class passes { one, two };

/// The reference run: three parameters, 40 steps with given gradients.
template <class B>
class reference_run {
 public:
  using T = typename B::value_type;

  explicit reference_run(passes p) : passes_(p) {
    for (const char* name : {"a", "b", "c"}) add(name);
    values_ = tensor<B, 1>(be_, {layout_.size()});
    gradients_ = tensor<B, 1>(be_, {layout_.size()});
    be_.fill(values_.view(), T(0));
    be_.fill(gradients_.view(), T(0));
    for (const auto& e : layout_.entries()) write(values_.view(), e, array("param0_", e), 0);
  }

  void run_to_end() {
    const auto s = file_.at("settings").template converted<double>();
    const auto e = file_.at("ema_settings").template converted<double>();
    const ema_options averaging{static_cast<index_t>(e[0]), e[1], e[2], e[3], e[4]};
    const warmup_cosine rate(s[0], static_cast<index_t>(s[5]), static_cast<index_t>(s[6]));
    adamw<B> optimizer(be_, layout_, {s[1], s[2], s[3], s[4]});
    moving_average<B> average(be_, values_.view(), averaging);
    tensor<B, 0> one(be_, {});
    be_.fill(one.view(), T(1));
    for (index_t step = 0; step < 40; ++step) {
      for (const auto& p : layout_.entries()) write(gradients_.view(), p, array("grad_", p), step);
      step_settings<B> settings{rate(step), step, one.view(), average.rule(step)};
      trained_values<B> trained{values_.view(), gradients_.view(), average.values()};
      if (passes_ == passes::two) trained.average = {};
      optimizer.step(be_, trained, settings);
      if (passes_ == passes::two) average.step(be_, values_.view(), step);
      compare(average, step + 1);
    }
    EXPECT_EQ(compared_, 4 * 2 * 3);
  }

 private:
  static double tolerance() { return std::is_same_v<T, float> ? 2e-6 : 1e-12; }

  const flowkit::array& array(const std::string& what, const parameter_layout::entry& e) const {
    return file_.at(what + e.name);
  }

  void add(const std::string& name) {
    auto shape = file_.at("param0_" + name).shape();
    shape.insert(shape.begin(), 3 - shape.size(), 1);
    layout_.add(name, extents{shape[0], shape[1], shape[2]}, initializer::zeros());
  }

  void write(view_of<B, 1> flat, const parameter_layout::entry& e, const flowkit::array& from,
             index_t step) {
    const auto all = from.template converted<T>();
    const std::span<const T> part =
        std::span<const T>(all).subspan(static_cast<std::size_t>(step * e.size()));
    be_.upload(rows(flat, e.offset, e.size()), part.first(static_cast<std::size_t>(e.size())));
  }

  void compare(const moving_average<B>& average, index_t steps) {
    for (const auto& e : layout_.entries()) {
      const std::string suffix = e.name + "_step" + std::to_string(steps);
      if (!file_.contains("param_" + suffix)) continue;
      compare(std::as_const(values_).view(), "param_" + suffix, e);
      compare(average.values(), "ema_" + suffix, e);
    }
  }

  void compare(const_view_of<B, 1> flat, const std::string& name,
               const parameter_layout::entry& e) {
    const auto expected = file_.at(name).template converted<double>();
    for (index_t i = 0; i < e.size(); ++i) {
      EXPECT_NEAR(flat(e.offset + i), expected[static_cast<std::size_t>(i)], tolerance())
          << name << " " << i;
    }
    ++compared_;
  }

  passes passes_;
  B be_;
  std::map<std::string, flowkit::array> file_ = read_npz(testing::golden("optimizer.npz"));
  parameter_layout layout_;
  tensor<B, 1> values_;
  tensor<B, 1> gradients_;
  int compared_ = 0;
};

// Tolerances are those stated with the reference data: 1e-12 in double, and in float three times
// the largest deviation of the reference library's own float run from its double run.
TEST(adamw, agrees_with_the_reference_run_in_one_pass) {
  reference_run<eigen<double>>(passes::one).run_to_end();
  reference_run<eigen<float>>(passes::one).run_to_end();
}

TEST(adamw, agrees_with_the_reference_run_in_separate_passes) {
  reference_run<eigen<double>>(passes::two).run_to_end();
  reference_run<eigen<float>>(passes::two).run_to_end();
}

class one_value : public ::testing::Test {
 protected:
  using B = eigen<double>;

  one_value() {
    layout_.add("value", extents{index_t{1}}, initializer::zeros());
    values_ = tensor<B, 1>(be_, {layout_.size()});
    gradients_ = tensor<B, 1>(be_, {layout_.size()});
    be_.fill(factor_.view(), 1.0);
  }

  template <class O>
  double after_step(O& optimizer, double value, double gradient, index_t count = 0) {
    be_.fill(values_.view(), value);
    be_.fill(gradients_.view(), gradient);
    optimizer.step(be_, {values_.view(), gradients_.view()}, {0.5, count, factor_.view()});
    return values_.view()(0);
  }

  B be_;
  parameter_layout layout_;
  tensor<B, 1> values_;
  tensor<B, 1> gradients_;
  tensor<B, 0> factor_{be_, {}};
};

TEST_F(one_value, sgd_moves_by_its_momentum) {
  sgd<B> optimizer(be_, layout_, {.momentum = 0.5, .weight_decay = 0.1});

  // m = 2, then m = 0.5 * 2 + 4; value = (1 - 0.5 * 0.1) value - 0.5 m.
  EXPECT_DOUBLE_EQ(after_step(optimizer, 3, 2), 0.95 * 3 - 0.5 * 2);
  EXPECT_DOUBLE_EQ(after_step(optimizer, 3, 4), 0.95 * 3 - 0.5 * 5);
}

TEST_F(one_value, gradients_are_zero_after_a_step) {
  adamw<B> optimizer(be_, layout_);
  after_step(optimizer, 1, 2);
  EXPECT_EQ(gradients_.view()(0), 0);

  sgd<B> other(be_, layout_);
  after_step(other, 1, 2);
  EXPECT_EQ(gradients_.view()(0), 0);
}

TEST_F(one_value, the_gradient_factor_is_read_from_memory) {
  adamw<B> scaled(be_, layout_, {.epsilon = 1});
  adamw<B> smaller(be_, layout_, {.epsilon = 1});
  const double expected = after_step(smaller, 1, 0.5);
  be_.fill(factor_.view(), 0.25);

  EXPECT_EQ(after_step(scaled, 1, 2), expected);
}

TEST_F(one_value, a_new_optimizer_continues_from_copied_state) {
  adamw<B> first(be_, layout_);
  after_step(first, 1, 2);
  adamw<B> second(be_, layout_);

  for (std::size_t i = 0; i < 2; ++i) be_.copy(second.state()[i].values, first.state()[i].values);

  EXPECT_EQ(after_step(second, 1, 3, 1), after_step(first, 1, 3, 1));
}

TEST_F(one_value, unusable_options_are_refused_with_their_values) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto adam = [&](const adamw_options& options) {
    return message_of<invalid_input>([&] { adamw<B>(be_, layout_, options); });
  };
  const auto descent = [&](const sgd_options& options) {
    return message_of<invalid_input>([&] { sgd<B>(be_, layout_, options); });
  };

  EXPECT_THAT(adam({.beta1 = 1}), HasSubstr("beta1 1 and"));
  EXPECT_THAT(adam({.beta2 = -0.25}), HasSubstr("beta2 -0.25"));
  EXPECT_THAT(adam({.beta1 = nan}), HasSubstr("beta1 nan"));
  EXPECT_THAT(adam({.epsilon = 0}), HasSubstr("epsilon 0"));
  EXPECT_THAT(adam({.epsilon = infinity}), HasSubstr("epsilon inf"));
  EXPECT_THAT(adam({.epsilon = nan}), HasSubstr("epsilon nan"));
  EXPECT_THAT(adam({.weight_decay = -0.5}), HasSubstr("AdamW with a weight decay of -0.5"));
  EXPECT_THAT(adam({.weight_decay = nan}), HasSubstr("weight decay of nan"));
  EXPECT_THAT(descent({.momentum = 1}), HasSubstr("momentum of 1"));
  EXPECT_THAT(descent({.momentum = nan}), HasSubstr("momentum of nan"));
  EXPECT_THAT(descent({.weight_decay = -0.5}), HasSubstr("SGD with a weight decay of -0.5"));
  EXPECT_THAT(descent({.weight_decay = infinity}), HasSubstr("weight decay of inf"));
}

// 0 in float, where a value without a gradient would become 0 / 0.
TEST(adamw, refuses_an_epsilon_that_the_scalar_cannot_hold) {
  eigen<float> narrow;
  parameter_layout layout;
  layout.add("value", extents{index_t{1}}, initializer::zeros());

  const auto message =
      message_of<invalid_input>([&] { adamw<eigen<float>>(narrow, layout, {.epsilon = 1e-60}); });

  EXPECT_THAT(message, HasSubstr("epsilon 1e-60 (0 in the backend's scalar)"));
}

class one_float : public ::testing::Test {
 protected:
  using B = eigen<float>;

  one_float() {
    layout_.add("value", extents{index_t{1}}, initializer::zeros());
    values_ = tensor<B, 1>(be_, {layout_.size()});
    gradients_ = tensor<B, 1>(be_, {layout_.size()});
    be_.fill(factor_.view(), 1);
    be_.fill(values_.view(), 3);
    be_.fill(gradients_.view(), 2);
  }

  template <class O>
  std::string refusal(O optimizer, double rate) {
    return message_of<invalid_input>([&] {
      optimizer.step(be_, {values_.view(), gradients_.view()}, {rate, 0, factor_.view()});
    });
  }

  B be_;
  parameter_layout layout_;
  tensor<B, 1> values_;
  tensor<B, 1> gradients_;
  tensor<B, 0> factor_{be_, {}};
};

TEST_F(one_float, rates_that_leave_no_number_are_refused_before_anything_moves) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();

  EXPECT_THAT(refusal(sgd<B>(be_, layout_), 1e39),
              HasSubstr("SGD with a learning rate of 1e+39 would move values at a rate of 1e+39 "
                        "(inf in the backend's scalar)"));
  EXPECT_THAT(refusal(sgd<B>(be_, layout_), -0.5), HasSubstr("learning rate of -0.5"));
  EXPECT_THAT(refusal(adamw<B>(be_, layout_), nan), HasSubstr("learning rate of nan"));
  // Finite by itself, and not with the correction of the first step, 1 / (1 - 0.95).
  EXPECT_THAT(refusal(adamw<B>(be_, layout_), 1e38), HasSubstr("(inf in the backend's scalar)"));
  EXPECT_THAT(refusal(sgd<B>(be_, layout_, {.weight_decay = 1e10}), 1e30),
              HasSubstr("keep -1e+40 (-inf in the backend's scalar)"));

  EXPECT_EQ(values_.view()(0), 3);
  EXPECT_EQ(gradients_.view()(0), 2);
}

TEST_F(one_value, values_of_another_layout_are_refused) {
  parameter_layout larger;
  larger.add("value", extents{index_t{40}}, initializer::zeros());
  parameter_store<B> store(be_, larger, rng_key{1});
  const step_settings<B> settings{1e-3, 0, factor_.view()};
  adamw<B> adam(be_, layout_);
  sgd<B> descent(be_, layout_);

  EXPECT_THAT(message_of<invalid_input>([&] {
                adam.step(be_, {store.values(), store.gradients()}, settings);
              }),
              HasSubstr("an optimiser of 16 numbers was given 48 values"));
  EXPECT_THROW(descent.step(be_, {store.values(), store.gradients()}, settings), invalid_input);
}

}  // namespace
}  // namespace flowkit
