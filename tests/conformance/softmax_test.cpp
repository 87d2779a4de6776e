// Softmax over positions, and the product with its Jacobian.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

template <class Case>
class softmax_conformance : public conformance<Case> {
 protected:
  using base = conformance<Case>;

  template <class F>
  void for_all(const F& f) {
    for (const extents<3>& shape : {extents<3>{2, 49, 32}, extents<3>{3, 5, 7}, extents<3>{1, 1, 3},
                                    extents<3>{0, 4, 2}, extents<3>{2, 600, 17}}) {
      SCOPED_TRACE(to_text(shape));
      f(random_array(shape, 1));
    }
  }

  host_array<3> run(const host_array<3>& x) {
    auto y = nan_tensor(this->backend_, x.shape);
    this->backend_.softmax(on_backend(this->backend_, x).view(), y.view());
    return on_host(this->backend_, y);
  }
};

TYPED_TEST_SUITE(softmax_conformance, backend_cases, backend_case_names);

TYPED_TEST(softmax_conformance, value) {
  using scalar = typename TypeParam::backend::value_type;
  this->for_all([&](const auto& x) {
    const auto actual = this->run(x);

    // Terms of the sum are positive: its relative error stays at a few roundings.
    expect_close(actual, softmax_of(x), rounding<scalar>(8));
  });
}

TYPED_TEST(softmax_conformance, sums_are_one) {
  using scalar = typename TypeParam::backend::value_type;
  this->for_all([&](const auto& x) {
    const auto y = this->run(x);

    for (index_t n = 0; n < x.shape[0]; ++n) {
      for (index_t c = 0; c < x.shape[2]; ++c) {
        double total = 0;
        for (index_t p = 0; p < x.shape[1]; ++p) total += y(n, p, c);
        EXPECT_NEAR(total, 1, rounding<scalar>(x.shape[1]));
      }
    }
  });
}

TYPED_TEST(softmax_conformance, large_inputs_do_not_overflow) {
  using scalar = typename TypeParam::backend::value_type;
  auto x = random_array(extents<3>{1, 6, 5}, 1);
  auto shifted = x;
  for (double& value : shifted.values) value += 4096;
  for (double& value : x.values)
    value = static_cast<double>(static_cast<scalar>(value + 4096)) - 4096;

  expect_close(this->run(shifted), softmax_of(x), rounding<scalar>(8));
}

TYPED_TEST(softmax_conformance, jacobian_product) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  this->for_all([&](const auto& x) {
    const auto y = softmax_of(x);
    const auto v = random_array(x.shape, 2);
    auto jv = nan_tensor(be, x.shape);

    be.softmax_product(on_backend(be, y).view(), on_backend(be, v).view(), jv.view());

    // J = diag(y) - y y^T
    host_array<3> expected(x.shape);
    for (index_t n = 0; n < x.shape[0]; ++n) {
      for (index_t c = 0; c < x.shape[2]; ++c) {
        double mean = 0;
        for (index_t p = 0; p < x.shape[1]; ++p) mean += y(n, p, c) * v(n, p, c);
        for (index_t p = 0; p < x.shape[1]; ++p) {
          expected(n, p, c) = y(n, p, c) * (v(n, p, c) - mean);
        }
      }
    }
    expect_close(on_host(be, jv), expected, rounding<scalar>(8));
  });
}

}  // namespace
}  // namespace flowkit::testing
