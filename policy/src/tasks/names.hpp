// Lists of names in messages.
#pragma once

#include <span>
#include <string>

namespace flowkit::policy::detail {

/// "a, b and c"; "none" for nothing.
[[nodiscard]] std::string listed(std::span<const std::string> names);

}  // namespace flowkit::policy::detail
