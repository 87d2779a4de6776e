#include <flowkit/nn/time_condition.hpp>

#include <support/differentiable.hpp>
#include <support/files.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using namespace testing;
using ::testing::HasSubstr;

/// Times and condition as a layer of two inputs.
struct two_inputs {
  template <class B>
  using saved = saved_of<time_condition, B>;
  template <class B>
  using matrix = const_view_of<B, 2>;
  template <class B>
  struct gradient {
    view_of<B, 2> time;
    view_of<B, 2> condition;
  };

  const time_condition* layer;

  template <class B>
  auto forward(B& be, const parameters<B>& p, matrix<B> t, matrix<B> c, workspace<B>& ws,
               saved<B>& s) const {
    return layer->forward(be, p, field_input<B>{t, t, c}, ws, s);
  }
  template <class B>
  gradient<B> backward(B& be, const parameters<B>& p, const saved<B>& s, matrix<B> dy,
                       workspace<B>& ws) const {
    const auto g = layer->backward(be, p, s, dy, ws);
    return {g.time, g.condition};
  }
  template <class B>
  auto jvp(B& be, const parameters<B>& p, matrix<B> t, matrix<B> c, matrix<B> dt, matrix<B> dc,
           workspace<B>& ws) const {
    return layer->jvp(be, p, field_input<B>{t, t, c}, field_input<B>{dt, dt, dc}, ws);
  }
};

void expect_laws(const std::string& name, const time_condition_options& o) {
  parameter_layout layout;
  const time_condition layer(layout, o);

  expect_differentiable(name, layout, two_inputs{&layer}, extents{3, o.times},
                        extents{3, o.condition});
}

TEST(TimeCondition, IsDifferentiable) {
  expect_laws("one time", {.condition = 2, .time_embedding = 4});
}

TEST(TimeCondition, IsDifferentiableInTwoTimes) {
  expect_laws("two times", {.condition = 2, .time_embedding = 4, .times = 2, .time_scale = 2});
}

TEST(TimeCondition, IsDifferentiableWithoutCondition) {
  expect_laws("no condition", {.time_embedding = 6});
}

// A network with one time can be continued with two: what it has learnt keeps its names.
TEST(TimeCondition, KeepsItsNamesWithASecondTime) {
  parameter_layout one;
  parameter_layout two;
  const time_condition first(one, {.time_embedding = 4});
  const time_condition second(two, {.time_embedding = 4, .times = 2});

  for (const auto& e : one.entries()) EXPECT_NE(two.find(e.name), nullptr) << e.name;
  EXPECT_EQ(two.parameter_count(), 2 * one.parameter_count());
}

TEST(TimeCondition, ExplainsUnusableOptions) {
  const auto error = [](const time_condition_options& o) {
    parameter_layout layout;
    return message_of<invalid_input>([&] { time_condition(layout, o); });
  };

  EXPECT_THAT(error({.time_embedding = 4, .times = 0}), HasSubstr("0 times"));
  EXPECT_THAT(error({.condition = -1, .time_embedding = 4}), HasSubstr("of size -1"));
  EXPECT_THAT(error({.time_embedding = 5}), HasSubstr("dimension 5"));
  EXPECT_THAT(error({.condition = std::numeric_limits<index_t>::max(), .time_embedding = 4}),
              HasSubstr("below 2^31"));
  EXPECT_THAT(error({.time_embedding = index_t{1} << 62}), HasSubstr("below 2^31"));
}

}  // namespace
}  // namespace flowkit
