#include <flowkit/core/text.hpp>
#include <flowkit/policy/evaluation/result.hpp>

#include <algorithm>

namespace flowkit::policy {

std::string label_of(const evaluation_result& result) {
  if (result.steps > 0) return text(result.method, "@", result.steps);
  if (result.solver.empty()) return result.method;
  const bool usual = result.solver == "dormand_prince";  // there is no other adaptive one yet
  return text(result.method, "@", usual ? "adaptive" : result.solver);
}

proportion success_of(const evaluation_result& result) {
  const auto& all = result.episodes;
  return {std::count_if(all.begin(), all.end(), [](const auto& e) { return e.success; }),
          static_cast<index_t>(all.size())};
}

}  // namespace flowkit::policy
