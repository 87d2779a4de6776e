#include "core/stages/stage_files.hpp"

#include <flowkit/io/sha256.hpp>

#include <filesystem>

namespace flowkit::policy {

std::string_view to_text(stage_end end) {
  constexpr std::string_view names[] = {"finished", "stopped", "unchanged"};
  return names[static_cast<std::size_t>(end)];
}

namespace detail {

bool exists(const std::string& path) {
  std::error_code problem;
  return std::filesystem::exists(path, problem);
}

std::string hash_of(std::string_view text) { return sha256_of(flowkit::detail::bytes_of(text)); }

}  // namespace detail
}  // namespace flowkit::policy
