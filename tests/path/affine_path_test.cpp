// Laws of paths: ends, and a velocity that is the derivative of the state.
#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/path/affine_path.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::host;
using testing::matrix;

struct quadratic_schedule {
  template <class V>
  fn::path_coefficients<V> operator()(V t) const {
    return {t * t, 1 - t * t, 2 * t, -2 * t};
  }
};

template <class P>
class path_law : public ::testing::Test {
 protected:
  struct sample {
    std::vector<double> xt;
    std::vector<double> ut;
  };

  sample at(double t) {
    const auto times = testing::vector(be_, std::vector<double>{t, t});
    const auto x0 = matrix(be_, 2, x0_);
    const auto x1 = matrix(be_, 2, x1_);
    tensor<backend, 2> xt(be_, x0.shape());
    tensor<backend, 2> ut(be_, x0.shape());
    P{}.sample(be_, times.view(), x0.view(), x1.view(), xt.view(), ut.view());
    return {host(xt), host(ut)};
  }

  backend be_;
  std::vector<double> x0_{1, -2, 0.5, 3, 0, -1};
  std::vector<double> x1_{0.25, 4, -3, 1, 7, 2};
};

using paths =
    ::testing::Types<linear_path, affine_path<cosine_schedule>,
                     affine_path<variance_preserving_schedule>, affine_path<quadratic_schedule>>;
TYPED_TEST_SUITE(path_law, paths);

// The diffusion starts with 0.7 % of the data mixed in.
TYPED_TEST(path_law, begins_at_the_noise_and_ends_at_the_data) {
  static_assert(Path<TypeParam, backend>);
  const bool diffusion = std::same_as<TypeParam, affine_path<variance_preserving_schedule>>;
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(this->at(0).xt[i], this->x0_[i], diffusion ? 0.05 : 1e-15);
    EXPECT_NEAR(this->at(1).xt[i], this->x1_[i], 1e-15);
  }
}

TYPED_TEST(path_law, has_the_velocity_of_its_state) {
  const double h = 1e-6;
  for (const double t : {0.1, 0.5, 0.9}) {
    const auto before = this->at(t - h).xt;
    const auto after = this->at(t + h).xt;
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(this->at(t).ut[i], (after[i] - before[i]) / (2 * h), 1e-7);
    }
  }
}

TEST(linear_path, has_a_time_for_every_row) {
  backend be;
  const auto t = testing::vector(be, std::vector<double>{0.25, 0.75});
  const auto x0 = matrix(be, 2, std::vector<double>{0, 4});
  const auto x1 = matrix(be, 2, std::vector<double>{4, 8});
  tensor<backend, 2> xt(be, x0.shape());
  tensor<backend, 2> ut(be, x0.shape());

  linear_path{}.sample(be, t.view(), x0.view(), x1.view(), xt.view(), ut.view());

  EXPECT_EQ(host(xt), (std::vector<double>{1, 7}));
  EXPECT_EQ(host(ut), (std::vector<double>{4, 4}));
}

TEST(linear_path, refuses_shapes_that_do_not_match) {
  backend be;
  const auto t = testing::vector(be, std::vector<double>{0.5});
  const auto x = matrix(be, 2, std::vector<double>{1, 2});
  tensor<backend, 2> out(be, x.shape());

  const auto message = testing::message_of<invalid_input>(
      [&] { linear_path{}.sample(be, t.view(), x.view(), x.view(), out.view(), out.view()); });

  EXPECT_THAT(message, HasSubstr("[2, 1]"));
}

}  // namespace
}  // namespace flowkit
