// Counts heap allocations of the whole process, so that tests can show that a loop makes none.
#pragma once

#include <cstdint>

namespace flowkit::testing {

/// Allocations (malloc, operator new, aligned memory) by any thread since the program began.
[[nodiscard]] std::int64_t allocation_count() noexcept;

/// Allocations by any thread since the object was made.
class allocation_counter {
 public:
  [[nodiscard]] std::int64_t count() const noexcept { return allocation_count() - before_; }

 private:
  std::int64_t before_ = allocation_count();
};

}  // namespace flowkit::testing
