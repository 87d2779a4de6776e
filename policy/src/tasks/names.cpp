#include <tasks/names.hpp>

namespace flowkit::policy::detail {

std::string listed(std::span<const std::string> names) {
  if (names.empty()) return "none";
  std::string list = names[0];
  for (std::size_t i = 1; i < names.size(); ++i) {
    list += i + 1 < names.size() ? ", " : " and ";
    list += names[i];
  }
  return list;
}

}  // namespace flowkit::policy::detail
