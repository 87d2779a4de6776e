// The backends of this build as a type list, for tests that run on all of them.
#pragma once

#include <flowkit/backends/eigen.hpp>

#include <gtest/gtest.h>

#include <string>

namespace flowkit::testing {

/// The Eigen backend with one scalar and one instruction set.
template <class T, instruction_set Set>
struct eigen_case {
  using backend = eigen<T>;
  static backend make(int threads = 2) {
    return backend(host_options{.threads = threads, .instructions = Set});
  }
  /// Whether this machine can run the case.
  static bool available() { return Set <= best_instruction_set(); }
  static std::string name() {
    constexpr const char* sets[] = {"base", "v3", "v4"};
    return std::string("eigen_") + (sizeof(T) == 4 ? "float_" : "double_") +
           sets[static_cast<int>(Set)];
  }
};

/// Adding a backend to all conformance tests is one line here.
using backend_cases = ::testing::Types<  //
    eigen_case<double, instruction_set::base>, eigen_case<double, instruction_set::v3>,
    eigen_case<double, instruction_set::v4>, eigen_case<float, instruction_set::base>,
    eigen_case<float, instruction_set::v3>, eigen_case<float, instruction_set::v4>>;

/// Names of the cases for TYPED_TEST_SUITE.
struct backend_case_names {
  template <class Case>
  static std::string GetName(int /*index*/) {
    return Case::name();
  }
};

}  // namespace flowkit::testing
