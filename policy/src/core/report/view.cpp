#include "core/report/view.hpp"

#include "core/report/charts.hpp"

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

constexpr std::string_view usual_reference = "base@100";

bool same_row(const evaluation_result& a, const evaluation_result& b) {
  return a.task == b.task && label_of(a) == label_of(b);
}

/// Rows of equal task and label; the run's evaluations are sorted.
std::vector<method_row> rows_of(const std::vector<evaluation_result>& all) {
  std::vector<method_row> rows;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    std::vector<evaluation_result> group;
    method_row row;
    for (; end < all.size() && same_row(all[begin], all[end]); ++end) {
      group.push_back(all[end]);
      row.evaluations.push_back(end);
    }
    row.summary = summarize(group);
    rows.push_back(std::move(row));
  }
  return rows;
}

void choose_colours(std::vector<method_row>& rows) {
  std::vector<std::string> labels;
  for (method_row& row : rows) {
    const auto found = std::find(labels.begin(), labels.end(), row.summary.label);
    row.colour = colour_of(static_cast<std::size_t>(found - labels.begin()));
    if (found == labels.end()) labels.push_back(row.summary.label);
  }
}

bool better_reference(const method_row& candidate, const method_row* best) {
  if (candidate.summary.method != "base") return false;
  if (best == nullptr) return true;
  return candidate.summary.label == usual_reference && best->summary.label != usual_reference;
}

}  // namespace

const method_row* report_view::reference_of(const method_row& row) const {
  const method_row* best = nullptr;
  for (const method_row& candidate : rows) {
    if (candidate.summary.task == row.summary.task && better_reference(candidate, best)) {
      best = &candidate;
    }
  }
  return best;
}

bool report_view::several_tasks() const {
  return std::any_of(rows.begin(), rows.end(), [this](const method_row& row) {
    return row.summary.task != rows.front().summary.task;
  });
}

report_view view_of(const run_record& run) {
  report_view out{.run = &run, .rows = rows_of(run.evaluations)};
  choose_colours(out.rows);
  if (out.rows.empty()) return out;
  // The cheapest solver of the last method, unless the run names another.
  std::size_t primary = 0;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const method_summary& s = out.rows[i].summary;
    if (s.task != out.rows.front().summary.task) break;
    primary = i;
    if (s.label == run.info.primary) break;
  }
  out.primary = primary;
  const method_row* reference = out.reference_of(out.rows[primary]);
  if (reference != nullptr && reference != &out.rows[primary]) {
    out.reference = static_cast<std::size_t>(reference - out.rows.data());
  }
  return out;
}

}  // namespace flowkit::policy::detail
