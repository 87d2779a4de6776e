// Holding values changes no result, on backends that do something and on those that do not.
#include "conformance.hpp"

#include <flowkit/backend/hold.hpp>

#include <utility>

namespace flowkit::testing {
namespace {

template <class Case>
class hold_conformance : public conformance<Case> {};

TYPED_TEST_SUITE(hold_conformance, backend_cases, backend_case_names);

TYPED_TEST(hold_conformance, changes_no_bit) {
  auto& be = this->backend_;
  using B = std::remove_reference_t<decltype(be)>;
  using T = typename B::value_type;
  const auto a = on_backend(be, random_array(extents<2>{5, 331}, 1));
  const auto w = on_backend(be, random_array(extents<2>{331, 603}, 2));
  tensor<B, 2> c(be, {5, 603});
  const auto multiply = [&] {
    be.gemm(transpose::no, transpose::no, T(1), a.view(), w.view(), T(0), c.view());
    return on_host(be, c).values;
  };
  const auto expected = multiply();

  held_by<B> held = hold(be, flatten(w.view()));
  held_by<B> moved = std::move(held);

  EXPECT_EQ(multiply(), expected);
  EXPECT_EQ(multiply(), expected);
}

}  // namespace
}  // namespace flowkit::testing
