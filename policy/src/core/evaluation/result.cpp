#include <flowkit/core/text.hpp>
#include <flowkit/policy/evaluation/result.hpp>

#include <algorithm>

namespace flowkit::policy {

std::string label_of(const evaluation_result& result) {
  if (result.steps > 0) return text(result.method, "@", result.steps);
  return result.solver.empty() ? result.method : text(result.method, "@", result.solver);
}

proportion success_of(const evaluation_result& result) {
  const auto& all = result.episodes;
  return {std::count_if(all.begin(), all.end(), [](const auto& e) { return e.success; }),
          static_cast<index_t>(all.size())};
}

}  // namespace flowkit::policy
