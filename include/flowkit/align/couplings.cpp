#include <flowkit/align/couplings.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowkit {
namespace {

constexpr std::size_t histogram_bins = 20;

double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::string line(const char* label, const distance_summary& s) {
  return text(label, "mean ", s.mean, ", median ", s.median, ", 90 % below ", s.p90, ", largest ",
              s.largest, "\n");
}

index_t count(const alignment_report& report, alignment_reason reason) {
  return std::count_if(report.decisions.begin(), report.decisions.end(),
                       [&](const alignment_decision& d) { return d.reason == reason; });
}

}  // namespace

distance_summary summarize(std::span<const double> values, double bin_end) {
  distance_summary s;
  s.histogram.assign(histogram_bins, 0);
  for (const double v : values) {
    FLOWKIT_VALIDATE(v >= 0 && std::isfinite(v), "a distance of ", v,
                     " cannot be counted: leave out samples that are not finite");
  }
  if (values.empty()) return s;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  s.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
  s.median = quantile(sorted, 0.5);
  s.p90 = quantile(sorted, 0.9);
  s.largest = sorted.back();
  s.bin_end = bin_end > 0 ? bin_end : s.largest;
  for (const double v : values) {
    const double share = s.bin_end > 0 ? std::min(v / s.bin_end, 1.0) : 0;
    const auto bin = static_cast<std::size_t>(share * static_cast<double>(histogram_bins));
    ++s.histogram[std::min(bin, histogram_bins - 1)];
  }
  return s;
}

std::string to_text(const alignment_report& report) {
  return text("couplings ", report.decisions.size(), ", replaced ", report.replaced, " (",
              100 * report.acceptance(), " %), by another window than their own ",
              report.replaced_by_other_window, "\n", "kept: no near action ",
              count(report, alignment_reason::no_expert_action), ", no near feature ",
              count(report, alignment_reason::no_expert_feature), ", identical ",
              count(report, alignment_reason::identical), "\n") +
         line("distance before: ", report.before) + line("distance after:  ", report.after);
}

}  // namespace flowkit
