// What the run found, in a sentence, its evidence, and four numbers.
#include "core/report/pairing.hpp"
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <cmath>

namespace flowkit::policy::detail {
namespace {

markup strong(std::string_view text) { return element("strong", words(text)); }

markup chip(std::string_view name, const std::string& value) {
  if (value.empty()) return {};
  return element("li", words(text(name, " ")) + element("b", words(value)));
}

markup chips(const run_info& info) {
  markup out =
      chip("task", info.task) + chip("sees", info.observation) + chip("preset", info.preset);
  for (const named_number& p : info.parameters) out += chip(p.name, text(p.value));
  for (const named_text& fact : info.facts) out += chip(fact.name, fact.value);
  return out.empty() ? out : element("ul", {{"class", "chips"}}, out);
}

markup success_of(const method_summary& s) {
  return strong(s.label) + words(" succeeds in ") + strong(percent(s.success.share())) +
         words(text(" of ", grouped(s.success.trials), " episodes"));
}

/// "with 1 network evaluation per chunk", if it was counted.
markup cost_of(const method_summary& s) {
  if (!s.evaluations) return {};
  return words(text(" with ", evaluations(*s.evaluations), " per chunk"));
}

markup sentence(const method_summary& first, const method_summary* second) {
  markup out = success_of(first) + cost_of(first);
  if (second != nullptr && second->success.trials > 0) {
    out += words("; ") + strong(second->label) + words(" reaches ") +
           strong(percent(second->success.share())) + cost_of(*second);
  }
  out += words(".");
  const auto saved = second != nullptr ? latency_reduction(first, *second) : std::nullopt;
  if (saved && *saved > 0) {
    out += words(" It decides in ") + strong(significant(first.latency->p50) + " ms") +
           words(" instead of ") + strong(significant(second->latency->p50) + " ms") +
           words(text(": ", percent(*saved), " less."));
  }
  return element("p", {{"class", "headline"}}, out);
}

/// What the paired episodes allow to say.
std::string verdict(const method_comparison& pair) {
  // The interval and the exact test are two approximations: they may differ where it is close.
  const bool interval_decides = pair.difference.low > 0 || pair.difference.high < 0;
  if (interval_decides && pair.mcnemar_p < significant_p) {
    return text(pair.first, " succeeds ", pair.difference.low > 0 ? "more" : "less", " often.");
  }
  if (interval_decides || pair.mcnemar_p < significant_p) {
    return "Interval and test disagree, so this is a hint and no more.";
  }
  const double bound = std::max(std::abs(pair.difference.low), std::abs(pair.difference.high));
  return text("These episodes do not tell the two apart; a difference of more than ",
              fixed(100 * bound, 1), " points is unlikely.");
}

/// How the windows of one row stand to those of another, if they may be compared.
standing standing_in(const report_view& view, const method_row& first, const method_row& second) {
  if (!why_apart(view, first, second).empty()) return standing::unknown;
  return standing_of(compared(view, first, second));
}

/// A share of a gap in words: more than all and less than nothing are no percentages.
std::string won_back(double share) {
  if (share < 0) return "nothing";
  return share > 1 ? "all of it and more" : percent(share, 0);
}

/// How much of what a plain student loses is won back, if the windows tell the students apart.
std::string share_of(const report_view& view, const method_row& plain) {
  const method_row& student = *view.primary_row();
  const method_row& teacher = *view.reference_row();
  const standing s = standing_in(view, student, plain);
  if (s == standing::unknown) return {};
  const auto share = gap_closed(view, student, plain, teacher);
  if (!share) return {};
  if (s == standing::not_told_apart) {
    return text(" In distance to the expert ", student.summary.label, " is not told apart from ",
                plain.summary.label, ".");
  }
  return text(" Of the distance to the expert that ", plain.summary.label, " loses against ",
              teacher.summary.label, ", ", student.summary.label, " wins ", won_back(*share),
              " back.");
}

/// The same where the run has such a student, whose loss is more than chance.
std::string regained(const report_view& view) {
  const method_summary& student = view.primary_row()->summary;
  for (const method_row& row : view.rows) {
    const bool plain = row.summary.task == student.task && row.summary.method == "reflow";
    if (!plain || student.method == "reflow") continue;
    if (standing_in(view, row, *view.reference_row()) != standing::farther) continue;
    std::string found = share_of(view, row);
    if (!found.empty()) return found;
  }
  return {};
}

/// How many episodes each of the two has, where not all of them are the same starts.
std::string counts_of(const method_summary& first, const method_summary& second, index_t paired) {
  if (first.success.trials == paired && second.success.trials == paired) return {};
  return text(" (of ", grouped(first.success.trials), " with ", first.label, " and ",
              grouped(second.success.trials), " with ", second.label, ")");
}

markup evidence(const report_view& view) {
  if (view.reference_row() == nullptr) return {};
  const method_row& primary = *view.primary_row();
  const method_row& reference = *view.reference_row();
  const std::string apart = why_apart(view, primary, reference);
  if (!apart.empty()) {
    return paragraph(text(primary.summary.label, " and ", reference.summary.label,
                          " are not compared: ", apart, "."),
                     "evidence");
  }
  const method_comparison pair = compared(view, primary, reference);
  const index_t paired = pair.outcomes.episodes();
  if (paired == 0) return {};
  return paragraph(
      text("On the same ", grouped(paired), " starts",
           counts_of(primary.summary, reference.summary, paired), " the difference is ",
           points(pair.outcomes.difference()), " points (95 % interval ",
           points(pair.difference.low), " to ", points(pair.difference.high), ", ",
           p_value(pair.mcnemar_p), "). ", verdict(pair), regained(view)),
      "evidence");
}

markup card(std::string_view name, const std::string& value, const std::string& note) {
  return element("div", {{"class", "card"}},
                 element("dt", words(name)) + element("dd", {{"class", "value"}}, words(value)) +
                     element("dd", {{"class", "note"}}, words(note)));
}

markup cards(const method_summary& s, const method_summary* base) {
  markup out;
  if (s.success.trials > 0) {
    out += card(text("Success of ", s.label), percent(s.success.share()),
                text("95 % interval ", percent(s.success_range)));
  }
  if (s.latency) {
    out += card("Time per chunk", significant(s.latency->p50) + " ms",
                text("median; 99 % within ", significant(s.latency->p99), " ms"));
  }
  if (s.evaluations) {
    out += card("Network evaluations", fixed(*s.evaluations, *s.evaluations < 10 ? 1 : 0),
                base != nullptr && base->evaluations
                    ? text("per chunk; ", fixed(*base->evaluations, 0), " with ", base->label)
                    : "per chunk");
  }
  if (s.distance) {
    out += card("Distance to the expert", fixed(*s.distance, 3),
                base != nullptr && base->distance
                    ? text("action units; ", fixed(*base->distance, 3), " with ", base->label)
                    : "action units, held-out windows");
  }
  return out.empty() ? out : element("dl", {{"class", "cards"}}, out);
}

}  // namespace

markup headline(const report_view& view) {
  const run_info& info = view.run->info;
  markup out = paragraph(text("flowkit · run ", view.run->name), "eyebrow");
  out += element("h1", words(info.title.empty() ? view.run->name : info.title));
  if (!info.description.empty()) out += paragraph(info.description, "lead");
  out += chips(info);
  const method_row* primary = view.primary_row();
  if (primary == nullptr || primary->summary.success.trials == 0) {
    return out + element("p", {{"class", "headline"}},
                         words("This run has not been evaluated yet. The page shows how far it "
                               "got."));
  }
  const method_row* reference = view.reference_row();
  const bool together = reference != nullptr && why_apart(view, *primary, *reference).empty();
  const method_summary* base = together ? &reference->summary : nullptr;
  return out + sentence(primary->summary, base) + evidence(view) + cards(primary->summary, base);
}

}  // namespace flowkit::policy::detail
