// The layer concepts, and that the check of their laws finds each way to break one.
#include <flowkit/nn/concepts.hpp>

#include <flowkit/nn/linear.hpp>
#include <flowkit/nn/residual.hpp>
#include <flowkit/nn/sequential.hpp>

#include "support/differentiable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

namespace flowkit::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Ways to break a law.
enum class mistake {
  none,
  impure,
  writes_input,
  other_value_in_jvp,
  wrong_tangent,
  wrong_input_gradient,
  wrong_parameter_gradient,
  overwrites_gradient,
  writes_between_slots,
  reads_stale_scratch,
};

/// y = a x^2 elementwise with one parameter: exactly what the concepts ask for, and one mistake.
class square_layer {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 1> x;
  };

  square_layer(parameter_layout& layout, mistake wrong)
      : wrong_(wrong), a_(layout.add("a", extents{1}, initializer::ones())) {}

  extents<1> output_shape(const extents<1>& shape) const { return shape; }

  template <class B>
  view_of<B, 1> forward(B&, const parameters<B>& p, const_view_of<B, 1> x, workspace<B>& ws,
                        saved<B>& s) const {
    static int calls = 0;
    s.x = x;
    const view_of<B, 1> y = ws.take(x.shape());
    for (index_t i = 0; i < x.size(); ++i) {
      if (wrong_ != mistake::reads_stale_scratch || i > 0) y(i) = p.value(a_)(0) * x(i) * x(i);
      if (wrong_ == mistake::impure) y(i) += ++calls;
      if (wrong_ == mistake::writes_input) const_cast<double&>(x(i)) = 0;
    }
    return y;
  }

  template <class B>
  view_of<B, 1> backward(B&, const parameters<B>& p, const saved<B>& s, const_view_of<B, 1> dy,
                         workspace<B>& ws) const {
    const view_of<B, 1> dx = ws.take(dy.shape());
    const double factor = wrong_ == mistake::wrong_input_gradient ? 1 : 2;
    double sum = 0;
    for (index_t i = 0; i < dy.size(); ++i) {
      dx(i) = factor * p.value(a_)(0) * s.x(i) * dy(i);
      sum += s.x(i) * s.x(i) * dy(i);
    }
    if (wrong_ == mistake::wrong_parameter_gradient) sum *= 1 + 1e-5;
    if (wrong_ == mistake::overwrites_gradient) p.gradient(a_)(0) = 0;
    if (wrong_ == mistake::writes_between_slots) p.gradients(3) = sum;
    p.gradient(a_)(0) += sum;
    return dx;
  }

  template <class B>
  tangent_pair<view_of<B, 1>> jvp(B& be, const parameters<B>& p, const_view_of<B, 1> x,
                                  const_view_of<B, 1> dx, workspace<B>& ws) const {
    saved<B> s;
    const view_of<B, 1> y = forward(be, p, x, ws, s);
    const view_of<B, 1> dy = ws.take(x.shape());
    const double factor = wrong_ == mistake::wrong_tangent ? 2.0001 : 2;
    for (index_t i = 0; i < x.size(); ++i) dy(i) = factor * p.value(a_)(0) * x(i) * dx(i);
    if (wrong_ == mistake::other_value_in_jvp) y(0) += 1;
    return {y, dy};
  }

 private:
  mistake wrong_;
  slot<1> a_;
};

static_assert(TangentLayer<square_layer, oracle, 1>);
static_assert(TangentLayer<sequential<square_layer, square_layer>, oracle, 1>);
static_assert(TangentLayer<residual<square_layer>, oracle, 1>);
static_assert(!Layer<square_layer, oracle, 2>);
static_assert(!Layer<slot<1>, oracle, 1>);

/// What the check says about a layer.
std::vector<std::string> complaints(mistake wrong) {
  parameter_layout layout;
  const square_layer layer(layout, wrong);
  ::testing::TestPartResultArray results;
  {
    const ::testing::ScopedFakeTestPartResultReporter reporter(&results);
    expect_differentiable("square", layout, layer, extents{3});
  }
  std::vector<std::string> out;
  for (int i = 0; i < results.size(); ++i) out.emplace_back(results.GetTestPartResult(i).message());
  return out;
}

TEST(ExpectDifferentiable, AcceptsTheArchetype) {
  EXPECT_THAT(complaints(mistake::none), IsEmpty());
}

TEST(ExpectDifferentiable, FindsEveryBrokenLaw) {
  const auto says = [](const char* text) { return Contains(HasSubstr(text)); };

  EXPECT_THAT(complaints(mistake::impure), says("forward differs from one call to the next"));
  EXPECT_THAT(complaints(mistake::writes_input), says("modified an input"));
  EXPECT_THAT(complaints(mistake::other_value_in_jvp), says("direction 0: other value"));
  EXPECT_THAT(complaints(mistake::wrong_tangent), says("disagrees with central differences"));
  EXPECT_THAT(complaints(mistake::wrong_input_gradient), says("<J v, w> differs"));
  EXPECT_THAT(complaints(mistake::wrong_parameter_gradient), says("gradient of 'a', element 0"));
  EXPECT_THAT(complaints(mistake::overwrites_gradient), says("backward does not add"));
  EXPECT_THAT(complaints(mistake::writes_between_slots), says("wrote between the slots"));
  EXPECT_THAT(complaints(mistake::reads_stale_scratch), says("not finite"));
}

TEST(ExpectDifferentiable, NamesTheLayerAndItsShape) {
  EXPECT_THAT(complaints(mistake::wrong_tangent), Contains(HasSubstr("square on [3]")));
}

TEST(Archetype, WorksInsideSequencesAndResiduals) {
  parameter_layout layout;
  const parameter_layout::scope first(layout, "first");
  const square_layer one(layout, mistake::none);
  const parameter_layout::scope second(layout, "second");
  const square_layer two(layout, mistake::none);

  expect_differentiable("sequence", layout, sequential(one, residual(two)), extents{5});
}

}  // namespace
}  // namespace flowkit::testing
