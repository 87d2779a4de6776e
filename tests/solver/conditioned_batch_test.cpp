// Fields with data per sample must have them for exactly the samples that are integrated.
#include <gtest/gtest.h>
#include <flowkit/backends/eigen.hpp>
#include <flowkit/field/conditioned.hpp>
#include <flowkit/solver/adaptive.hpp>

namespace flowkit {
namespace {

using backend = eigen<float>;

/// dx/dt = c
struct constant_speed {
  void operator()(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2>,
                  const_view_of<backend, 2> condition, view_of<backend, 2> dx) const {
    be.copy(dx, condition);
  }
};

integration_result integrate_with(index_t samples, index_t conditions) {
  backend be;
  tensor<backend, 2> x(be, {samples, 2});
  tensor<backend, 2> c(be, {conditions, 2});
  be.fill(x.view(), 0.0F);
  be.fill(c.view(), 1.0F);
  conditioned field(be, constant_speed{}, c.view());
  // Blocks of 8 samples: rows are selected before the field is called for the first time.
  return integrate(be, dormand_prince{}, field, x, time_span{0, 1}, {.block_rows = 8});
}

TEST(ConditionedBatch, OneConditionPerSampleIsIntegratedInBlocks) {
  const integration_result result = integrate_with(20, 20);

  for (const auto& sample : result.samples) EXPECT_EQ(sample.status, sample_status::reached_end);
}

TEST(ConditionedBatch, TooFewOrTooManyConditionsAreRefusedBeforeAnyStep) {
  EXPECT_THROW(integrate_with(20, 4), invalid_input);
  EXPECT_THROW(integrate_with(20, 30), invalid_input);
}

}  // namespace
}  // namespace flowkit
