// Dual numbers carry the derivative of every operation.
#include <flowkit/fn/dual.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace flowkit::fn {
namespace {

using number = dual<double>;

struct named_function {
  const char* name;
  std::function<number(number)> f;
};

class every_function : public ::testing::TestWithParam<named_function> {};

// Central differences of step 1e-6 are good to about 1e-9 for functions of size 1.
TEST_P(every_function, has_the_slope_of_central_differences) {
  for (const double x : {0.3, 0.9, 1.7}) {
    const auto& f = GetParam().f;
    const double h = 1e-6;

    const number y = f({x, 2.0});

    EXPECT_DOUBLE_EQ(y.value, f({x, 0.0}).value);
    EXPECT_NEAR(y.slope, 2 * (f(x + h).value - f(x - h).value) / (2 * h), 1e-7) << "at " << x;
  }
}

INSTANTIATE_TEST_SUITE_P(
    functions, every_function,
    ::testing::Values(named_function{"sum", [](number x) { return 3 + x + x - 1; }},
                      named_function{"product", [](number x) { return 2 * x * x * -x; }},
                      named_function{"quotient", [](number x) { return (1 - x) / (x + 2); }},
                      named_function{"assignments",
                                     [](number x) {
                                       number y = x;
                                       y += 2 * x;
                                       y *= x;
                                       y -= 1;
                                       y /= x + 1;
                                       return y;
                                     }},
                      named_function{"exp", [](number x) { return exp(x); }},
                      named_function{"log", [](number x) { return log(x); }},
                      named_function{"sin", [](number x) { return sin(x); }},
                      named_function{"cos", [](number x) { return cos(x); }},
                      named_function{"tan", [](number x) { return tan(0.5 * x); }},
                      named_function{"atan", [](number x) { return atan(x); }},
                      named_function{"atan2", [](number x) { return atan2(x, 1 + x * x); }},
                      named_function{"sqrt", [](number x) { return sqrt(x); }},
                      named_function{"tanh", [](number x) { return tanh(x); }},
                      named_function{"erf", [](number x) { return erf(x); }},
                      named_function{"abs", [](number x) { return abs(-x); }},
                      named_function{"pow", [](number x) { return pow(x, 2.5); }},
                      named_function{"select",
                                     [](number x) { return select(x > 1.0, x * x, 3 * x); }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(dual, powers_of_negative_numbers_are_differentiable) {
  const number y = pow(number(-2.0, 1.0), 3);

  EXPECT_DOUBLE_EQ(y.value, -8);
  EXPECT_DOUBLE_EQ(y.slope, 12);
}

TEST(dual, compares_values_only) {
  const number a(1.0, 5.0);
  const number b(1.0, -5.0);

  EXPECT_TRUE(a == b);
  EXPECT_TRUE(a <= b && a >= b);
  EXPECT_TRUE(a < number(2.0) && number(2.0) > a);
}

}  // namespace
}  // namespace flowkit::fn
