#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/report/couplings_record.hpp>
#include <flowkit/policy/stages/alignment_file.hpp>
#include <flowkit/policy/stages/couplings_file.hpp>
#include <flowkit/policy/tasks/suite.hpp>

#include <app/measures.hpp>
#include <app/run_directory.hpp>

#include <algorithm>
#include <filesystem>
#include <numeric>

namespace flowkit::app {
namespace {

constexpr index_t drawn_chunks = 40;

/// Chunks of the first couplings as paths of the hand: sums of the first two action dimensions.
class projector {
 public:
  explicit projector(const policy::policy_manifest& m) : actions_(&m.normalizers.action) {}

  [[nodiscard]] policy::projected_chunk operator()(std::span<const float> chunk) const {
    const std::vector<float> physical = policy::physical_actions(*actions_, chunk);
    policy::projected_chunk out;
    double x = 0;
    double y = 0;
    const auto d = static_cast<std::size_t>(actions_->size());
    for (std::size_t at = 0; at + d <= physical.size(); at += d) {
      out.x.push_back(x += static_cast<double>(physical[at]));
      out.y.push_back(y += static_cast<double>(physical[at + (d > 1 ? 1 : 0)]));
    }
    return out;
  }

 private:
  const policy::normalizer<policy::action_kind>* actions_;
};

policy::distance_histogram histogram_of(const distance_summary& s) {
  return {.counts = s.histogram,
          .bin_end = s.bin_end,
          .mean = s.mean,
          .median = s.median,
          .p90 = s.p90};
}

/// Names of the modes of the task; data of one's own have numbers only.
std::vector<std::string> mode_names(const context& c) {
  const std::string& task = c.values.string("task");
  return task.empty() ? std::vector<std::string>{} : policy::describe_task(task).modes;
}

policy::mode_counts counts_of(const std::vector<std::int32_t>& modes,
                              const std::vector<index_t>& pairs,
                              const std::vector<std::string>& names) {
  policy::mode_counts out;
  for (std::size_t i = 0; i < modes.size(); ++i) {
    const auto mode = static_cast<std::size_t>(modes[i]);  // the file's are not negative
    out.push_back({mode < names.size() ? names[mode] : text("mode ", modes[i]), pairs[i]});
  }
  return out;
}

void add_summary(const policy::alignment_summary& s, const std::vector<std::string>& names,
                 policy::couplings_record& out) {
  out.alignment = s.rule;
  out.pairs = s.pairs;
  out.replaced = s.replaced;
  out.replaced_by_other_window = s.replaced_by_other_window;
  const auto count = [&](alignment_reason r) { return s.by_reason[static_cast<std::size_t>(r)]; };
  out.identical = count(alignment_reason::identical);
  out.no_expert_action = count(alignment_reason::no_expert_action);
  out.no_expert_feature = count(alignment_reason::no_expert_feature);
  out.before = histogram_of(s.before);
  out.after = histogram_of(s.after);
  out.pairs_by_phase.assign(s.pairs_by_phase.begin(), s.pairs_by_phase.end());
  out.replaced_by_phase.assign(s.replaced_by_phase.begin(), s.replaced_by_phase.end());
  if (!s.modes) return;
  out.modes_before = counts_of(s.modes->mode, s.modes->before, names);
  out.modes_after = counts_of(s.modes->mode, s.modes->after, names);
}

/// Some couplings spread over the file: what the expert does, what was generated, what is left.
void add_chunks(const policy::couplings_view& n, std::span<const float> aligned,
                const projector& project, policy::couplings_record& out) {
  const auto row = [&](std::span<const float> all, index_t i) {
    return all.subspan(static_cast<std::size_t>(i * n.chunk), static_cast<std::size_t>(n.chunk));
  };
  const index_t count = std::min(drawn_chunks, n.size());
  for (index_t i = 0; i < count; ++i) {
    const index_t pair = i * n.size() / count;
    const index_t window = n.window[static_cast<std::size_t>(pair)];
    out.experts.push_back(project(row(n.experts, window)));
    out.generated.push_back(project(row(n.end_points, pair)));
    out.aligned.push_back(project(row(aligned, pair)));
  }
  out.x_label = "sum of the first action dimension";
  out.y_label = "sum of the second";
}

}  // namespace

void couplings_stage(const context& c) {
  const std::string path = c / couplings_name(c);
  const std::string aligned_path = c / "align/aligned.safetensors";
  if (!std::filesystem::exists(path) || !std::filesystem::exists(aligned_path)) return;
  const policy::couplings_file file(path);
  const policy::alignment_file aligned(aligned_path);
  if (aligned.couplings() != sha256_of_file(path) ||
      aligned.end_points().size() != file.numbers().end_points.size()) {
    c.say("align: its couplings have changed since, so the report leaves it out; align again");
    std::error_code ignored;  // a record that stays is marked by its own hash
    std::filesystem::remove(c / "align/couplings.json", ignored);
    return;
  }
  const policy::policy_file flow(policy_path(c, coupled_policy(c)));
  const policy::couplings_view& n = file.numbers();
  policy::couplings_record out;
  add_summary(policy::summary_from_json(read_json(c / "align/report.json")), mode_names(c), out);
  out.unfinished = file.header().failed;
  out.evaluations = std::accumulate(n.evaluations.begin(), n.evaluations.end(), 0.0) /
                    static_cast<double>(std::max<index_t>(n.size(), 1));
  add_chunks(n, aligned.end_points(), projector(flow.manifest()), out);
  policy::write_couplings_record(c / "align/couplings.json", out);
}

}  // namespace flowkit::app
