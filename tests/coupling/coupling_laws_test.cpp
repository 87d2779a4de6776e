// Laws that every coupling obeys.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/coupling/entropic_ot.hpp>
#include <flowkit/coupling/independent.hpp>
#include <flowkit/coupling/minibatch_ot.hpp>
#include <flowkit/coupling/stored.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace flowkit {
namespace {

/// Gives back stored noise, which is another for every key.
struct stored_noise {
  template <class B>
  void draw(B& be, const pair_batch<B>& batch, rng_key key, workspace<B>& ws) const {
    tensor<B, 2> noise(be, batch.x0.shape());
    be.normal(noise.view(), key);
    stored_coupling<B>{std::as_const(noise).view()}.draw(be, batch, key, ws);
  }
};

/// A coupling in the scalar of a backend.
template <class C, class T>
struct law_case {
  using coupling = C;
  using backend = eigen<T>;
  static_assert(Coupling<C, backend>);
};

template <class Case>
struct CouplingLaws : ::testing::Test {
  using backend = typename Case::backend;
  using matrix = std::vector<double>;
  static constexpr index_t samples = 128;

  /// Data around two points, whose number is their condition: couplings that mixed conditions
  /// would give each the noise on its side.
  explicit CouplingLaws() {
    be.normal(x1.view(), rng_key{1});
    for (index_t i = 0; i < samples; ++i) {
      condition.view()(i, 0) = static_cast<typename backend::value_type>(i % 2);
      x1.view()(i, 0) += i % 2 == 0 ? 3 : -3;
    }
  }

  matrix draw(rng_key key) {
    coupling.draw(be, {x0.view(), std::as_const(x1).view(), std::as_const(condition).view()}, key,
                  ws);
    return elements(x0);
  }
  static matrix elements(const tensor<backend, 2>& m) {
    return {m.view().data(), m.view().data() + m.size()};
  }

  backend be;
  workspace<backend> ws{be};
  typename Case::coupling coupling;
  tensor<backend, 2> x0{be, {samples, 2}};
  tensor<backend, 2> x1{be, {samples, 2}};
  tensor<backend, 2> condition{be, {samples, 1}};
};

using cases =
    ::testing::Types<law_case<independent_coupling, float>, law_case<independent_coupling, double>,
                     law_case<minibatch_ot<float>, float>, law_case<minibatch_ot<double>, double>,
                     law_case<entropic_ot<float>, float>, law_case<entropic_ot<double>, double>,
                     law_case<stored_noise, float>, law_case<stored_noise, double>>;
TYPED_TEST_SUITE(CouplingLaws, cases);

TYPED_TEST(CouplingLaws, EqualKeysGiveEqualPairs) {
  const auto first = this->draw(rng_key{5});
  const auto other = this->draw(rng_key{6});

  EXPECT_EQ(this->draw(rng_key{5}), first);
  EXPECT_NE(other, first);
}

TYPED_TEST(CouplingLaws, DataAndConditionsStayWhereTheyAre) {
  const auto data = this->elements(this->x1);
  const auto conditions = this->elements(this->condition);

  this->draw(rng_key{7});

  EXPECT_EQ(this->elements(this->x1), data);
  EXPECT_EQ(this->elements(this->condition), conditions);
}

// Means of N = 64 * 16 normal numbers deviate by 1 / sqrt(N) = 0.03, their mean squares by
// sqrt(2 / N) = 0.045. Five times that, and twice for entropic_ot, which draws rows repeatedly.
// Noise of the other side would have a mean of 0.8.
TYPED_TEST(CouplingLaws, NoiseIsStandardNormalGivenItsCondition) {
  constexpr int draws = 16;
  double sum[2][2] = {};
  double squares[2][2] = {};
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    const auto noise = this->draw(rng_key{seed});
    for (std::size_t at = 0; at < noise.size(); ++at) {
      sum[at / 2 % 2][at % 2] += noise[at];
      squares[at / 2 % 2][at % 2] += noise[at] * noise[at];
    }
  }

  constexpr double count = draws * TestFixture::samples / 2.0;
  for (const int group : {0, 1}) {
    for (const int axis : {0, 1}) {
      EXPECT_NEAR(sum[group][axis] / count, 0, 0.3) << "condition " << group << ", axis " << axis;
      EXPECT_NEAR(squares[group][axis] / count, 1, 0.45) << "condition " << group;
    }
  }
}

}  // namespace
}  // namespace flowkit
