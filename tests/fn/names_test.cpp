// Functors and functions of one name: all of them can be used in one program.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/flowkit.hpp>

#include <gtest/gtest.h>

#include <type_traits>

namespace flowkit {
namespace {

template <class V>
V squashed(const V& x) {
  using std::tanh;
  return tanh(x);
}

TEST(functor_names, an_activation_is_a_type_beside_the_function_of_its_name) {
  static_assert(std::is_class_v<fn::tanh>);

  EXPECT_DOUBLE_EQ(fn::tanh::value(0.5), std::tanh(0.5));
}

TEST(functor_names, elementary_functions_of_number_types_are_found_by_their_arguments) {
  const fn::dual<double> x{0.5, 1.0};
  const fn::lanes<double, 2> both(0.5);

  EXPECT_DOUBLE_EQ(squashed(x).value, std::tanh(0.5));
  EXPECT_DOUBLE_EQ(squashed(both).lane[1], std::tanh(0.5));
}

}  // namespace
}  // namespace flowkit
