#include "core/stages/documents.hpp"

#include <charconv>

namespace flowkit::policy::detail {

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

std::uint64_t seed_of(const json_fields& f, std::string_view name) {
  const std::string digits = f.string(name);
  std::uint64_t seed = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  FLOWKIT_VALIDATE(problem == std::errc{} && end == digits.data() + digits.size(), f.full(name),
                   " is '", digits, "', not a seed of 64 bits");
  return seed;
}

}  // namespace flowkit::policy::detail
