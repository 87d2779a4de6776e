// What tells this build from others that may compute other numbers.
#pragma once

#include <string_view>

namespace flowkit::policy::detail {

/// A digest of the sources of library, backends, policies and command (but for reports and
/// pictures), and of how they are compiled; written while building, see cmake/FlowkitDigest.cmake.
[[nodiscard]] std::string_view build_digest();

}  // namespace flowkit::policy::detail
