#include "core/stages/train_base_body.hpp"

namespace flowkit::policy::detail {

json_value options_of(const train_base_options& o, std::string_view backend) {
  return json_object{{"backend", backend},
                     {"selection", policy::json_of(o.data)},
                     {"network", policy::json_of(o.network)},
                     {"action", json_of(o.action)},
                     {"state", json_of(o.state)},
                     {"fit", policy::json_of(o.fit)},
                     {"inference", json_of(o.inference)},
                     {"seed", text(o.seed)}};
}

result_key key_of(const train_base_options& o, std::string_view backend, const std::string& data) {
  return {.name = "train_base", .options = options_of(o, backend), .hashes = {{"data", data}}};
}

json_value json_of(const train_base_result& r) {
  return json_object{
      {"fit", json_of(r.fit)}, {"windows", r.windows}, {"held_out_windows", r.held_out_windows}};
}

train_base_result base_result(const result_folder& place, const json_value& json) {
  return {.end = stage_end::unchanged,
          .policy = place / policy_name,
          .fit = fit_from(json.at("fit")),
          .windows = json.at("windows").as_integer(),
          .held_out_windows = json.at("held_out_windows").as_integer()};
}

policy_manifest base_manifest(const demonstrations& data, const train_base_options& o,
                              const std::string& hash) {
  policy_manifest m{.specification = spec_of(data, o.data),
                    .network = o.network,
                    .normalizers = fit_normalizers(data, o.data, o.action, o.state),
                    .method = "base",
                    .inference = o.inference};
  m.origin.parents = {{"data", hash}, {"selection", selection_hash(o.data)}};
  m.origin.seeds = {{"train_base", o.seed}, {"split", o.data.seed}};
  m.origin.task = task_of(data);
  m.origin.split = {.of = data.episodes(),
                    .validation = o.data.validation,
                    .episodes = o.data.episodes,
                    .seed = o.data.seed};
  validate(m);
  return m;
}

}  // namespace flowkit::policy::detail
