#include <flowkit/align/frame.hpp>

#include <map>

namespace flowkit::detail {

std::vector<std::uint8_t> window_phases(std::span<const row_t> episode,
                                        std::span<const row_t> offset) {
  std::map<row_t, row_t> length;
  for (std::size_t i = 0; i < episode.size(); ++i) {
    row_t& longest = length[episode[i]];
    longest = std::max(longest, offset[i] + 1);
  }
  std::vector<std::uint8_t> phases(episode.size());
  for (std::size_t i = 0; i < episode.size(); ++i) {
    phases[i] = static_cast<std::uint8_t>(4 * index_t{offset[i]} / length[episode[i]]);
  }
  return phases;
}

void count_decisions(alignment_report& report, std::span<const row_t> own,
                     std::span<const std::uint8_t> phases) {
  for (std::size_t i = 0; i < report.decisions.size(); ++i) {
    const alignment_decision& d = report.decisions[i];
    const bool replaced = d.reason == alignment_reason::replaced;
    report.replaced += replaced ? 1 : 0;
    if (own[i] < 0) continue;
    report.replaced_by_other_window += replaced && d.window != own[i] ? 1 : 0;
    if (phases.empty()) continue;
    const std::size_t phase = phases[static_cast<std::size_t>(own[i])];
    ++report.pairs_by_phase[phase];
    report.replaced_by_phase[phase] += replaced ? 1 : 0;
  }
}

std::vector<row_t> replaced_pairs(const std::vector<alignment_decision>& decisions) {
  std::vector<row_t> pairs;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (decisions[i].reason == alignment_reason::replaced) pairs.push_back(static_cast<row_t>(i));
  }
  return pairs;
}

}  // namespace flowkit::detail
