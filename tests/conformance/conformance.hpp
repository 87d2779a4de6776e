// What every conformance test starts with: one backend object of the case under test.
#pragma once

#include <support/backends.hpp>
#include <support/reference.hpp>

namespace flowkit::testing {

/// Skips where the machine lacks the instruction set of the case.
template <class Case>
class conformance : public ::testing::Test {
 protected:
  using backend_type = typename Case::backend;
  using element = typename backend_type::value_type;

  void SetUp() override {
    if (!Case::available()) GTEST_SKIP() << Case::name() << " needs another processor";
  }

  backend_type backend_ = Case::make();
};

}  // namespace flowkit::testing
