// A scale-free metric for observation features: standardised, shrunk, whitened.
#pragma once

#include <flowkit/core/platform.hpp>

#include <span>
#include <vector>

namespace flowkit {

/// Eigenvalues (descending) and the eigenvectors that belong to them of a symmetric matrix.
struct symmetric_eigen {
  std::vector<double> values;
  std::vector<double> vectors;  ///< [n, n] row-major, eigenvector k in column k
};

/// Cyclic Jacobi rotations until the off-diagonal part is rounding. `matrix` is [n, n] row-major.
[[nodiscard]] symmetric_eigen eigen_decomposition(std::vector<double> matrix, index_t n);

/// How features are whitened.
struct whitening_options {
  double shrinkage = 0.05;  ///< weight of the identity against the correlation matrix
  double explained = 0.99;  ///< share of the variance that the kept directions explain
};

/// The projection [f, q] of features with this covariance [f, f] whose differences have unit
/// variance in every kept direction: D^-1/2 V L^-1/2 of the shrunk correlation matrix V L V^T,
/// where D is the diagonal of the covariance. Features are divided by their deviation first, so
/// rescaling one changes nothing; a constant feature takes no part.
struct whitening {
  index_t inputs = 0;
  index_t outputs = 0;
  std::vector<double> projection;  ///< [inputs, outputs] row-major
};

/// From the covariance [features, features] of a set, row-major. Throws invalid_input for options
/// that are no shares. Allocates.
[[nodiscard]] whitening whiten(std::span<const double> covariance, index_t features,
                               const whitening_options& options = {});

}  // namespace flowkit
