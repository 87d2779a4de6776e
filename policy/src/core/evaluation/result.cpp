#include <flowkit/core/text.hpp>
#include <flowkit/policy/evaluation/result.hpp>

#include <algorithm>
#include <limits>

namespace flowkit::policy {

std::string label_of(const evaluation_result& result) {
  if (result.steps > 0) return text(result.method, "@", result.steps);
  if (result.solver.empty()) return result.method;
  const bool usual = result.solver == "dormand_prince";  // there is no other adaptive one yet
  return text(result.method, "@", usual ? "adaptive" : result.solver);
}

std::string ways_apart(const evaluation_result& a, const evaluation_result& b) {
  if (a.backend.empty() || b.backend.empty()) return {};
  std::string out;
  const auto compare = [&out](std::string_view what, const auto& first, const auto& second) {
    if (first != second) out += text(out.empty() ? "" : ", ", what, " ", first, " and ", second);
  };
  constexpr double none = std::numeric_limits<double>::infinity();
  compare("backend", a.backend, b.backend);
  compare("precision", a.precision, b.precision);
  compare("largest step", a.largest_step.value_or(none), b.largest_step.value_or(none));
  return out;
}

proportion success_of(const evaluation_result& result) {
  const auto& all = result.episodes;
  return {std::count_if(all.begin(), all.end(), [](const auto& e) { return e.success; }),
          static_cast<index_t>(all.size())};
}

}  // namespace flowkit::policy
