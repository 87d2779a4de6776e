// Twenty steps of training from one key end where those of eigen<double> end, as far as the format
// of products allows.
#include "conformance.hpp"

#include <support/unet_run.hpp>
#include <support/unrecorded.hpp>

namespace flowkit::testing {
namespace {

/// Where 20 steps in a format may end. Each step of Adam divides a gradient by its own size: where
/// a gradient is close to 0 its rounding decides the direction, so parameters differ by more than
/// losses. Rounding operands to 8 bits changes a gradient by about 2^-9 of its size times the
/// square root of the layers it passed; tf32 has three bits more, of which cutting
/// instead of rounding may cost one.
template <class Case>
divergence allowed() {
  if (sizeof(typename Case::backend::value_type) == sizeof(double)) return {1e-12, 1e-10};
  switch (Case::products) {
    case precision::bf16:
      return {2e-2, 0.3};
    case precision::tf32:
      return {5e-3, 0.075};
    default:
      return {2e-5, 5e-3};
  }
}

template <class Case>
class training_conformance : public conformance<Case> {};

TYPED_TEST_SUITE(training_conformance, backend_cases, backend_case_names);

TYPED_TEST(training_conformance, twenty_steps_end_where_those_in_double_end) {
  const divergence found = after_20_steps(std::move(this->backend_));

  EXPECT_LE(found.loss, allowed<TypeParam>().loss);
  EXPECT_LE(found.parameters, allowed<TypeParam>().parameters);
}

TYPED_TEST(training_conformance, recorded_steps_have_the_bits_of_plain_ones) {
  using B = typename TypeParam::backend;
  unet_run<B> recorded{TypeParam::make()};
  unet_run<never_recorded<B>> plain{never_recorded<B>{TypeParam::make()}};

  EXPECT_EQ(recorded.train(6), plain.train(6));
  EXPECT_EQ(recorded.values(), plain.values());
  EXPECT_GE(recorded.step.launches(), RecordingBackend<B> ? 3 : 0);
  EXPECT_EQ(plain.step.launches(), 0);
}

}  // namespace
}  // namespace flowkit::testing
