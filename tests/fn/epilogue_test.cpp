// Epilogues of group normalisation: the way back is that of the value.
#include <flowkit/fn/kernels.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace flowkit::fn {
namespace {

template <class F>
class EpilogueLaws : public ::testing::Test {};

template <class List>
struct as_test_types;
template <class... F>
struct as_test_types<type_list<F...>> {
  using type = ::testing::Types<F...>;
};
TYPED_TEST_SUITE(EpilogueLaws, as_test_types<epilogues>::type);

/// f(h, others...) with argument i moved by `step`; others are 1.25, 1.5.
template <class F>
double moved(double h, std::size_t i, double step) {
  double at[3] = {h, 1.25, 1.5};
  at[i] += step;
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return F::value(at[0], at[1 + I]...); }
  (std::make_index_sequence<F::others>{});
}

TYPED_TEST(EpilogueLaws, PullIsTheGradientTimesTheDerivative) {
  static_assert(Epilogue<TypeParam>);
  constexpr double step = 1e-6;  // central differences are off by 1e-8 at most
  for (const double h : {-30.0, -2.0, -0.3, 0.4, 3.0, 19.0, 25.0}) {
    const auto pulled = [&]<std::size_t... I>(std::index_sequence<I...>) {
      constexpr double others[] = {1.25, 1.5};
      return TypeParam::pull(3.0, h, others[I]...);
    }
    (std::make_index_sequence<TypeParam::others>{});

    for (std::size_t i = 0; i <= TypeParam::gradients; ++i) {
      const double slope =
          (moved<TypeParam>(h, i, step) - moved<TypeParam>(h, i, -step)) / (2 * step);
      EXPECT_NEAR(pulled.value[i], 3 * slope, 1e-7) << "h " << h << ", argument " << i;
    }
  }
}

TYPED_TEST(EpilogueLaws, OtherOperandsAreAdded) {
  for (std::size_t i = TypeParam::gradients; i < TypeParam::others; ++i) {
    EXPECT_NEAR(moved<TypeParam>(0.7, 1 + i, 2) - moved<TypeParam>(0.7, 1 + i, 0), 2, 1e-15);
  }
}

}  // namespace
}  // namespace flowkit::fn
