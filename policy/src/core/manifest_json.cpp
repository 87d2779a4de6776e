#include "core/manifest_json.hpp"

namespace flowkit::policy::detail {
namespace {

constexpr std::string_view format_name = "flowkit-policy-1";

// 64-bit seeds are texts: JSON numbers of other programs are doubles.
std::string seed_text(std::uint64_t seed) { return text(seed); }

template <class Kind>
json_value normalizer_json(const normalizer<Kind>& n) {
  json_array rules;
  for (const scaling rule : n.options().rules) rules.emplace_back(to_text(rule));
  return json_object{{"rules", std::move(rules)},
                     {"nearly_constant", n.options().nearly_constant},
                     {"margin", n.options().margin},
                     {"count", n.statistics().count}};
}

template <class Kind>
normalizer<Kind> normalizer_from(const json_fields& f, column_statistics statistics) {
  constexpr index_t most_rows = index_t{1} << 53;
  normalizer_options o{
      .rules = {}, .nearly_constant = f.number("nearly_constant"), .margin = f.number("margin")};
  for (const std::string& name : f.strings("rules", max_dimensions)) {
    o.rules.push_back(scaling_from_text(name));
  }
  statistics.count = f.integer("count", 0, most_rows);
  return normalizer<Kind>(std::move(statistics), std::move(o));
}

json_value split_json(const split_origin& s) {
  return json_object{{"of", s.of},
                     {"validation", s.validation},
                     {"episodes", s.episodes},
                     {"seed", seed_text(s.seed)}};
}

split_origin split_from(const json_fields& f) {
  constexpr index_t most = index_t{1} << 53;
  return {.of = f.integer("of", 0, most),
          .validation = f.number("validation"),
          .episodes = f.integer("episodes", 0, most),
          .seed = f.seed("seed")};
}

json_value origin_json(const provenance& o) {
  json_object parents;
  json_object seeds;
  json_object thresholds;
  for (const auto& p : o.parents) parents.push_back({p.first, p.second});
  for (const auto& s : o.seeds) seeds.push_back({s.first, seed_text(s.second)});
  for (const auto& t : o.thresholds) thresholds.push_back({t.first, t.second});
  json_value out(json_object{{"parents", std::move(parents)},
                             {"seeds", std::move(seeds)},
                             {"thresholds", std::move(thresholds)}});
  if (!o.backend.empty()) out.set("backend", o.backend);
  if (!o.task.empty()) out.set("task", o.task);
  if (o.split) out.set("split", split_json(*o.split));
  out.set("version", o.version);
  return out;
}

provenance origin_from(const json_fields& f) {
  provenance o{.parents = {},
               .seeds = {},
               .thresholds = {},
               .backend = {},
               .task = {},
               .split = {},
               .version = f.string("version")};
  const auto each = [&](std::string_view name, auto&& add) {
    const json_fields all = f.object(name);
    for (const json_member& m : all.members()) add(m.name, m.value, all.full(m.name));
  };
  each("parents", [&](const std::string& name, const json_value& v, const std::string& full) {
    o.parents[name] = string_of(v, full);
  });
  each("seeds", [&](const std::string& name, const json_value& v, const std::string& full) {
    o.seeds[name] = seed_of(v, full);
  });
  each("thresholds", [&](const std::string& name, const json_value& v, const std::string& full) {
    o.thresholds[name] = number_of(v, full);
  });
  for (const json_member& m : f.members()) {  // files of earlier versions have none
    if (m.name == "backend") o.backend = string_of(m.value, f.full(m.name));
    if (m.name == "task") o.task = string_of(m.value, f.full(m.name));
    if (m.name == "split") o.split = split_from(f.object(m.name));
  }
  return o;
}

}  // namespace

json_value json_of(const inference_options& o) {
  return json_object{{"solver", o.solver == inference_solver::euler ? "euler" : "dormand_prince"},
                     {"steps", o.steps},
                     {"tolerance", o.tolerance},
                     {"epsilon", o.epsilon},
                     {"weights", o.weights == weight_set::average ? "average" : "raw"}};
}

inference_options inference_from(const json_fields& f) {
  const std::string solver = f.string("solver");
  const std::string weights = f.string("weights");
  FLOWKIT_VALIDATE(solver == "euler" || solver == "dormand_prince", f.full("solver"), " is '",
                   solver, "', not euler or dormand_prince");
  FLOWKIT_VALIDATE(weights == "average" || weights == "raw", f.full("weights"), " is '", weights,
                   "', not average or raw");
  constexpr index_t most_steps = 100'000;
  return {.solver = solver == "euler" ? inference_solver::euler : inference_solver::dormand_prince,
          .steps = f.integer("steps", 1, most_steps),
          .tolerance = f.number("tolerance"),
          .epsilon = f.number("epsilon"),
          .weights = weights == "average" ? weight_set::average : weight_set::raw};
}

json_value json_of(const policy_manifest& m) {
  return json_object{{"format", format_name},
                     {"spec", policy::json_of(m.specification)},
                     {"network", policy::json_of(m.network)},
                     {"normalizers", json_object{{"action", normalizer_json(m.normalizers.action)},
                                                 {"state", normalizer_json(m.normalizers.state)}}},
                     {"method", m.method},
                     {"inference", json_of(m.inference)},
                     {"provenance", origin_json(m.origin)}};
}

policy_manifest manifest_from_json(const json_value& json, manifest_statistics statistics) {
  const json_fields f(json, "");
  const std::string format = f.string("format");
  FLOWKIT_VALIDATE(format == format_name, "format is '", format, "', not ", format_name,
                   ": the file was written by another version");
  const json_fields normalizers = f.object("normalizers");
  policy_manifest m{.specification = spec_from_json(f.value("spec")),
                    .network = network_from_json(f.value("network")),
                    .normalizers = {normalizer_from<action_kind>(normalizers.object("action"),
                                                                 std::move(statistics.action)),
                                    normalizer_from<state_kind>(normalizers.object("state"),
                                                                std::move(statistics.state))},
                    .method = f.string("method"),
                    .inference = inference_from(f.object("inference")),
                    .origin = origin_from(f.object("provenance"))};
  validate(m);
  return m;
}

}  // namespace flowkit::policy::detail
