// Scene documents that are part of the library.
#pragma once

#include <span>
#include <string_view>

namespace flowkit::policy::detail {

/// An MJCF document of policy/assets: its name without ".xml", and its text.
struct asset {
  std::string_view name;
  std::string_view text;
};

[[nodiscard]] std::span<const asset> assets();
/// The text of an asset that is known to exist.
[[nodiscard]] std::string_view asset_text(std::string_view name);

}  // namespace flowkit::policy::detail
