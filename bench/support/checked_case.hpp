// Cases of single operations, whose result is checked before they are timed.
#pragma once

#include "support/call_times.hpp"
#include "support/rates.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace flowkit::bench {

/// Fails the case: a figure of a wrong result is worth nothing.
inline void expect_near(double actual, double expected, double tolerance, const std::string& what) {
  if (std::abs(actual - expected) <= tolerance) return;
  throw std::runtime_error(text(what, ": ", actual, " instead of ", expected));
}

/// The same for many numbers, by their largest difference relative to the largest one.
template <class T>
void expect_close(const std::vector<T>& actual, const std::vector<double>& expected,
                  const std::string& what) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error = std::max(error, std::abs(static_cast<double>(actual[i]) - expected[i]));
    size = std::max(size, std::abs(expected[i]));
  }
  expect_near(error / size, 0, 1e-4, text("relative error of ", what));
}

/// Bytes of a number of a backend.
template <class B>
inline constexpr double number_size = sizeof(typename B::value_type);

/// Rounding of a sum of `terms` products of normal numbers, with room for an outlier.
template <class T>
double rounding(index_t terms) {
  return static_cast<double>(std::numeric_limits<T>::epsilon()) *
         (8.0 + 2.0 * static_cast<double>(terms));
}

/// Times `step` on a backend after `check` found its first result right.
template <class B, class Check, class Step>
void time_case(benchmark::State& state, B& be, const work& w, const Check& check,
               const Step& step) {
  step();
  check();
  time_throughput(state, be, step);
  report(state, be, w);
}

}  // namespace flowkit::bench
