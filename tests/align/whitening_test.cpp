#include <gtest/gtest.h>
#include <flowkit/align/whitening.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/core/rng.hpp>

#include <cmath>

namespace flowkit {
namespace {

/// A positive definite matrix A^T A + diagonal from a key.
std::vector<double> random_covariance(index_t n, rng_key key) {
  const auto size = static_cast<std::size_t>(n);
  std::vector<double> a(size * size);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = unit_interval(key.block(i).word[0], double{}) - 0.5;
  }
  std::vector<double> c(size * size, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      for (std::size_t k = 0; k < size; ++k) c[i * size + j] += a[k * size + i] * a[k * size + j];
    }
    c[i * size + i] += 0.01 * static_cast<double>(i + 1);
  }
  return c;
}

TEST(EigenDecomposition, RebuildsTheMatrixFromOrthonormalVectors) {
  const index_t n = 17;
  const std::vector<double> a = random_covariance(n, rng_key{1});

  const symmetric_eigen e = eigen_decomposition(a, n);

  const auto size = static_cast<std::size_t>(n);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      double rebuilt = 0;
      double product = 0;
      for (std::size_t k = 0; k < size; ++k) {
        rebuilt += e.vectors[i * size + k] * e.values[k] * e.vectors[j * size + k];
        product += e.vectors[k * size + i] * e.vectors[k * size + j];
      }
      EXPECT_NEAR(rebuilt, a[i * size + j], 1e-12);
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-12);
    }
  }
  EXPECT_TRUE(std::is_sorted(e.values.rbegin(), e.values.rend()));
}

TEST(Whitening, GivesUnitVarianceInEveryKeptDirection) {
  const index_t n = 6;
  const std::vector<double> c = random_covariance(n, rng_key{2});

  const whitening w = whiten(c, n, {.shrinkage = 0, .explained = 1});

  ASSERT_EQ(w.outputs, n);
  for (index_t p = 0; p < n; ++p) {
    for (index_t q = 0; q < n; ++q) {
      double variance = 0;
      for (index_t i = 0; i < n; ++i) {
        for (index_t j = 0; j < n; ++j) {
          variance += w.projection[static_cast<std::size_t>(i * n + p)] *
                      c[static_cast<std::size_t>(i * n + j)] *
                      w.projection[static_cast<std::size_t>(j * n + q)];
        }
      }
      EXPECT_NEAR(variance, p == q ? 1 : 0, 1e-10);
    }
  }
}

TEST(Whitening, DropsDirectionsBeyondTheExplainedShare) {
  // Two features that are almost one: correlation 0.9999.
  const whitening w =
      whiten(std::vector<double>{1, 0.9999, 0.9999, 1}, 2, {.shrinkage = 0, .explained = 0.99});

  EXPECT_EQ(w.outputs, 1);
}

TEST(Whitening, IgnoresConstantFeatures) {
  const whitening w = whiten(std::vector<double>{4, 0, 0, 0}, 2, {.shrinkage = 0, .explained = 1});

  ASSERT_EQ(w.outputs, 1);
  EXPECT_NEAR(std::abs(w.projection[0]), 0.5, 1e-15);
  EXPECT_EQ(w.projection[1], 0);
}

TEST(Whitening, RefusesSharesOutsideTheirRange) {
  EXPECT_THROW((void)whiten(std::vector<double>{1}, 1, {.shrinkage = 2}), invalid_input);
  EXPECT_THROW((void)whiten(std::vector<double>{1}, 1, {.explained = 0}), invalid_input);
}

}  // namespace
}  // namespace flowkit
