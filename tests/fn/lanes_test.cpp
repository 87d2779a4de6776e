// Lanes compute what their numbers would compute one by one.
#include <flowkit/fn/lanes.hpp>

#include <gtest/gtest.h>

namespace flowkit::fn {
namespace {

using four = lanes<double, 4>;

four numbers() {
  four x{};
  const double values[] = {-1.5, 0.25, 1, 3};
  for (std::size_t i = 0; i < 4; ++i) x.lane[i] = values[i];
  return x;
}

template <class F>
void expect_by_lane(const F& f) {
  const four x = numbers();
  const four y = f(x);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ(y.lane[i], f(x.lane[i])) << "lane " << i;
}

TEST(lanes, compute_arithmetic) {
  expect_by_lane([](const auto& x) { return 2 * x * x - x / 4 + 1 - (-x); });
}

TEST(lanes, compute_functions) {
  using std::abs;
  using std::cos;
  using std::exp;
  using std::log;
  using std::sin;
  using std::sqrt;
  using std::tanh;
  expect_by_lane([](const auto& x) { return exp(x) + sin(x) * cos(x) + tanh(x); });
  expect_by_lane([](const auto& x) { return log(abs(x)) + sqrt(abs(x)); });
}

TEST(lanes, choose_without_branches) {
  expect_by_lane([](const auto& x) {
    using fn::select;
    using value = std::remove_cvref_t<decltype(x)>;
    return select(x > value(0.5), x, select(x < value(0.0), -x, value(7.0)));
  });
  const four larger = max(numbers(), four(0.5));
  EXPECT_EQ(larger.lane[0], 0.5);
  EXPECT_EQ(larger.lane[3], 3);
}

}  // namespace
}  // namespace flowkit::fn
