#include "core/report/run_lines.hpp"

#include <algorithm>

namespace flowkit::policy::detail {

const method_row* run_line::find(std::string_view label) const {
  for (const method_row& row : view->rows) {
    if (row.summary.task == task && row.summary.label == label) return &row;
  }
  return nullptr;
}

std::vector<report_view> views_of(std::span<const run_record> runs) {
  std::vector<report_view> out;
  for (const run_record& run : runs) out.push_back(view_of(run));
  return out;
}

std::vector<run_line> lines_of(const std::vector<report_view>& views) {
  std::vector<run_line> out;
  for (const report_view& view : views) {
    for (const method_row& row : view.rows) {
      const bool known =
          !out.empty() && out.back().view == &view && out.back().task == row.summary.task;
      if (!known) out.push_back({&view, row.summary.task});
    }
  }
  return out;
}

std::vector<std::string> labels_of(const std::vector<report_view>& views) {
  std::vector<std::string> out;
  for (const report_view& view : views) {
    for (const method_row& row : view.rows) {
      if (std::find(out.begin(), out.end(), row.summary.label) == out.end()) {
        out.push_back(row.summary.label);
      }
    }
  }
  return out;
}

}  // namespace flowkit::policy::detail
