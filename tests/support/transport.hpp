// Cost matrices of transport problems for tests, and the golden point sets.
#pragma once

#include <flowkit/core/rng.hpp>
#include <flowkit/io/npz.hpp>

#include "support/files.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace flowkit::testing {

/// Entry (i, j) from word i * columns + j of a key, through `value(word)`.
template <class T, class F>
std::vector<T> filled_costs(index_t rows, index_t columns, rng_key key, F value) {
  std::vector<T> costs(static_cast<std::size_t>(rows * columns));
  for (std::size_t k = 0; k < costs.size(); ++k) costs[k] = value(key.block(k / 4).word[k % 4]);
  return costs;
}

/// Uniform in (0, 1).
template <class T>
std::vector<T> uniform_costs(index_t rows, index_t columns, rng_key key) {
  return filled_costs<T>(rows, columns, key,
                         [](std::uint32_t word) { return unit_interval(word, T{}); });
}

/// Integers 0 .. bound - 1: sums are exact, and equal ones are common.
template <class T>
std::vector<T> integer_costs(index_t rows, index_t columns, std::uint32_t bound, rng_key key) {
  return filled_costs<T>(rows, columns, key,
                         [=](std::uint32_t word) { return static_cast<T>(bounded(word, bound)); });
}

/// Squared Euclidean distances of all pairs of rows, in double; points row-major [n, d].
template <class T>
std::vector<T> squared_distances(const std::vector<double>& x0, const std::vector<double>& x1,
                                 std::size_t d) {
  std::vector<T> costs;
  for (std::size_t i = 0; i < x0.size() / d; ++i) {
    for (std::size_t j = 0; j < x1.size() / d; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < d; ++k) {
        const double difference = x0[i * d + k] - x1[j * d + k];
        sum += difference * difference;
      }
      costs.push_back(static_cast<T>(sum));
    }
  }
  return costs;
}

/// tests/data/golden/ot.npz: couplings of SciPy and POT.
class golden_transport {
 public:
  [[nodiscard]] std::vector<double> values(const std::string& name) const {
    return arrays_.at(name).converted<double>();
  }
  [[nodiscard]] std::vector<row_t> rows(const std::string& name) const {
    return arrays_.at(name).converted<row_t>();
  }
  /// Costs of a case: "a" (64 points, 8-D), "b" (128, 2-D), "g" (64, 8-D), "ties" (24, 2-D).
  template <class T>
  [[nodiscard]] std::vector<T> costs(const std::string& set) const {
    const auto& x0 = arrays_.at(set + "_x0");
    return squared_distances<T>(x0.converted<double>(), values(set + "_x1"),
                                static_cast<std::size_t>(x0.shape()[1]));
  }

 private:
  std::map<std::string, array> arrays_ = read_npz(golden("ot.npz"));
};

}  // namespace flowkit::testing
