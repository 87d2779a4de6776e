#include "core/stages/documents.hpp"

namespace flowkit::policy::detail {

json_value json_of(const normalizer_options& o) {
  json_array rules;
  for (const scaling rule : o.rules) rules.emplace_back(to_text(rule));
  return json_object{
      {"rules", std::move(rules)}, {"nearly_constant", o.nearly_constant}, {"margin", o.margin}};
}

json_value json_of(const fit_summary& s) {
  json_value out = json_object{{"steps", s.steps}, {"kept_step", s.kept_step}};
  if (s.held_out_loss) out.set("held_out_loss", *s.held_out_loss);
  return out;
}

fit_summary fit_from(const json_value& json) {
  fit_summary s{.steps = json.at("steps").as_integer(),
                .kept_step = json.at("kept_step").as_integer()};
  if (const json_value* loss = json.find("held_out_loss")) s.held_out_loss = loss->as_number();
  return s;
}

}  // namespace flowkit::policy::detail
