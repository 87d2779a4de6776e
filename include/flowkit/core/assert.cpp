#include <flowkit/core/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace flowkit::detail {

void assertion_failed(const char* kind, const char* expression, const char* file,
                      int line) noexcept {
  std::fprintf(stderr, "%s:%d: %s failed: %s\n", file, line, kind, expression);
  std::abort();
}

}  // namespace flowkit::detail
