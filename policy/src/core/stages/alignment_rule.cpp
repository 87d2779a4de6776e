#include <flowkit/policy/stages/align.hpp>

namespace flowkit::policy {
namespace {

/// Settings of an operator as a document, whatever they are.
struct settings_of {
  json_value operator()(const identity_alignment&) const { return json_object{}; }
  json_value operator()(const nearest_alignment& a) const {
    return json_object{{"radius", a.radius}};
  }
  json_value operator()(const selective_alignment& a) const {
    const bool all = a.search == alignment_search::all_windows;
    return json_object{{"action_radius", a.action_radius},
                       {"feature_radius", a.feature_radius},
                       {"search", all ? "all_windows" : "own_window"}};
  }
  json_value operator()(const adaptive_alignment& a) const {
    return json_object{{"neighbours", a.neighbours},
                       {"quantile", a.quantile},
                       {"scale", a.scale},
                       {"separation", a.separation},
                       {"move", a.move == alignment_move::replace ? "replace" : "pull"},
                       {"shrinkage", a.features.shrinkage},
                       {"explained", a.features.explained}};
  }
};

constexpr std::string_view names[] = {"identity", "nearest", "selective", "adaptive"};

}  // namespace

std::string_view name_of(const alignment_rule& rule) { return names[rule.index()]; }

alignment_rule rule_from_text(std::string_view name) {
  if (name == names[0]) return identity_alignment{};
  if (name == names[1]) return nearest_alignment{};
  if (name == names[2]) return selective_alignment{};
  FLOWKIT_VALIDATE(name == names[3], "there is no alignment '", name,
                   "': choose identity, nearest, selective or adaptive");
  return adaptive_alignment{};
}

json_value json_of(const alignment_rule& rule) {
  json_value out = std::visit(settings_of{}, rule);
  out.set("rule", name_of(rule));
  return out;
}

std::map<std::string, double> thresholds_of(const json_value& rule) {
  std::map<std::string, double> out;
  for (const json_member& m : rule.as_object()) {
    if (m.value.is_number()) out["align." + m.name] = m.value.as_number();
  }
  return out;
}

std::vector<alignment_rule> selective_sweep(std::span<const double> action_radii,
                                            const selective_alignment& rule) {
  std::vector<alignment_rule> rules;
  for (const double radius : action_radii) {
    selective_alignment one = rule;
    one.action_radius = radius;
    rules.emplace_back(one);
  }
  return rules;
}

}  // namespace flowkit::policy
