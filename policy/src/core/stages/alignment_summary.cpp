#include "core/stages/alignment_json.hpp"

namespace flowkit::policy {
namespace {

template <class Range>
json_value list(const Range& values) {
  json_array out;
  for (const auto& v : values) out.emplace_back(v);
  return out;
}

json_value json_of(const distance_summary& s) {
  return json_object{{"mean", s.mean},       {"median", s.median},
                     {"p90", s.p90},         {"largest", s.largest},
                     {"bin_end", s.bin_end}, {"histogram", list(s.histogram)}};
}

json_value json_of(const mode_balance& m) {
  return json_object{{"mode", list(m.mode)},     {"experts", list(m.experts)},
                     {"before", list(m.before)}, {"after", list(m.after)},
                     {"switched", m.switched},   {"counted", m.counted}};
}

template <class T>
std::vector<T> integers(const json_value& json) {
  std::vector<T> out;
  for (const json_value& v : json.as_array()) out.push_back(static_cast<T>(v.as_integer()));
  return out;
}

std::array<index_t, 4> four(const json_value& json) {
  const std::vector<index_t> all = integers<index_t>(json);
  FLOWKIT_VALIDATE(all.size() == 4, "a report with ", all.size(), " counts where 4 belong");
  return {all[0], all[1], all[2], all[3]};
}

distance_summary distances_from(const json_value& json) {
  return {.mean = json.at("mean").as_number(),
          .median = json.at("median").as_number(),
          .p90 = json.at("p90").as_number(),
          .largest = json.at("largest").as_number(),
          .histogram = integers<index_t>(json.at("histogram")),
          .bin_end = json.at("bin_end").as_number()};
}

mode_balance modes_from(const json_value& json) {
  return {.mode = integers<std::int32_t>(json.at("mode")),
          .experts = integers<index_t>(json.at("experts")),
          .before = integers<index_t>(json.at("before")),
          .after = integers<index_t>(json.at("after")),
          .switched = json.at("switched").as_integer(),
          .counted = json.at("counted").as_integer()};
}

std::string line(std::string_view label, const distance_summary& s) {
  return text(label, "mean ", s.mean, ", median ", s.median, ", 90 % below ", s.p90, "\n");
}

}  // namespace

json_value json_of(const alignment_summary& s) {
  json_value out = json_object{{"rule", s.rule},
                               {"settings", s.settings},
                               {"pairs", s.pairs},
                               {"replaced", s.replaced},
                               {"acceptance", s.acceptance()},
                               {"replaced_by_other_window", s.replaced_by_other_window},
                               {"by_reason", list(s.by_reason)},
                               {"before", json_of(s.before)},
                               {"after", json_of(s.after)},
                               {"pairs_by_phase", list(s.pairs_by_phase)},
                               {"replaced_by_phase", list(s.replaced_by_phase)}};
  if (s.modes) out.set("modes", json_of(*s.modes));
  return out;
}

alignment_summary summary_from_json(const json_value& json) {
  alignment_summary s{.rule = json.at("rule").as_string(),
                      .settings = json.at("settings"),
                      .pairs = json.at("pairs").as_integer(),
                      .replaced = json.at("replaced").as_integer(),
                      .replaced_by_other_window = json.at("replaced_by_other_window").as_integer(),
                      .by_reason = four(json.at("by_reason")),
                      .before = distances_from(json.at("before")),
                      .after = distances_from(json.at("after")),
                      .pairs_by_phase = four(json.at("pairs_by_phase")),
                      .replaced_by_phase = four(json.at("replaced_by_phase"))};
  if (const json_value* modes = json.find("modes")) s.modes = modes_from(*modes);
  return s;
}

std::string to_text(const alignment_summary& s) {
  return text(s.rule, ": replaced ", s.replaced, " of ", s.pairs, " couplings (",
              100 * s.acceptance(), " %), ", s.replaced_by_other_window,
              " by another window than their own\n") +
         line("distance to the expert before: ", s.before) +
         line("distance to the expert after:  ", s.after) +
         (s.modes ? text("moved to another mode: ", 100 * s.modes->share(s.modes->switched), " %\n")
                  : std::string());
}

namespace detail {

alignment_summary summary_of(const alignment_report& report) {
  alignment_summary s{.pairs = static_cast<index_t>(report.decisions.size()),
                      .replaced = report.replaced,
                      .replaced_by_other_window = report.replaced_by_other_window,
                      .before = report.before,
                      .after = report.after,
                      .pairs_by_phase = report.pairs_by_phase,
                      .replaced_by_phase = report.replaced_by_phase};
  for (const alignment_decision& d : report.decisions) {
    ++s.by_reason[static_cast<std::size_t>(d.reason)];
  }
  return s;
}

}  // namespace detail
}  // namespace flowkit::policy
