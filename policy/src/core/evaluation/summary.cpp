#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/summary.hpp>

#include <algorithm>
#include <functional>
#include <map>

namespace flowkit::policy {
namespace {

using results = std::span<const evaluation_result>;

void validate_group(results all) {
  FLOWKIT_VALIDATE(!all.empty(), "no evaluation was given, so there is nothing to summarise");
  for (const evaluation_result& r : all) {
    FLOWKIT_VALIDATE(r.task == all.front().task && label_of(r) == label_of(all.front()),
                     "evaluations of ", label_of(all.front()), " on ", all.front().task, " and of ",
                     label_of(r), " on ", r.task, " are different rows: summarise them separately");
  }
}

std::optional<double> mean_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return estimate_mean(values).mean;
}

/// Mean over whatever `collect(result, values)` appends for each result.
template <class Collect>
std::optional<double> collected_mean(results all, const Collect& collect) {
  std::vector<double> values;
  for (const evaluation_result& r : all) collect(r, values);
  return mean_of(values);
}

void append_optional(std::vector<double>& values, const std::optional<double>& value) {
  if (value) values.push_back(*value);
}

/// Network evaluations of all chunks over their number.
std::optional<double> evaluations_per_chunk(results all) {
  double evaluations = 0;
  double chunks = 0;
  for (const evaluation_result& r : all) {
    for (const episode_result& e : r.episodes) {
      evaluations += e.evaluations * static_cast<double>(e.chunks);
      chunks += static_cast<double>(e.chunks);
    }
  }
  if (chunks == 0) return std::nullopt;
  return evaluations / chunks;
}

/// Success of a result on the starts that all its repetitions had; nothing if it has fewer, or has
/// no repetitions.
std::optional<double> on_repeated_starts(const evaluation_result& r) {
  if (r.noise.empty()) return std::nullopt;
  const index_t starts = r.noise.front().episodes;
  const bool equal = std::all_of(r.noise.begin(), r.noise.end(),
                                 [&](const noise_outcome& n) { return n.episodes == starts; });
  if (!equal || starts == 0 || starts > static_cast<index_t>(r.episodes.size())) {
    return std::nullopt;
  }
  const auto successes = std::count_if(r.episodes.begin(), r.episodes.begin() + starts,
                                       [](const episode_result& e) { return e.success; });
  return proportion{successes, starts}.share();
}

/// Least and largest success over the noise seeds of all results, if there are at least two. Their
/// own seed is left out where one of them has no episodes on the starts of the repetitions.
void count_noise(method_summary& out, results all) {
  std::vector<double> own;
  std::vector<double> shares;
  index_t repeated = 0;
  for (const evaluation_result& r : all) {
    for (const noise_outcome& n : r.noise) {
      if (n.episodes > 0) shares.push_back(proportion{n.successes, n.episodes}.share());
    }
    repeated += r.noise.empty() ? 0 : 1;
    append_optional(own, on_repeated_starts(r));
  }
  out.own_noise = repeated > 0 && static_cast<index_t>(own.size()) == repeated;
  if (out.own_noise) shares.insert(shares.end(), own.begin(), own.end());
  if (shares.size() < 2) return;
  const auto ends = std::minmax_element(shares.begin(), shares.end());
  out.over_noise = interval{*ends.first, *ends.second};
}

std::optional<mean_estimate> success_over_seeds(results all) {
  std::vector<double> shares;
  for (const evaluation_result& r : all) {
    if (!r.episodes.empty()) shares.push_back(success_of(r).share());
  }
  if (shares.size() < 2) return std::nullopt;
  return estimate_mean(shares);
}

std::optional<latency_summary> latency_of(results all,
                                          std::vector<double> evaluation_result::*which) {
  std::vector<double> samples;
  for (const evaluation_result& r : all) {
    samples.insert(samples.end(), (r.*which).begin(), (r.*which).end());
  }
  if (samples.empty()) return std::nullopt;
  return summarize_latency(samples);
}

void count_observations(method_summary& out, results all) {
  index_t outside = 0;
  index_t clipped = 0;
  index_t observed = 0;
  index_t actions = 0;
  for (const evaluation_result& r : all) {
    for (const episode_result& e : r.episodes) {
      outside += e.outside;
      clipped += e.clipped;
      observed += e.observed;
      actions += e.chunks * r.executed;  // the guard looks at whole plans
      out.guarded += e.guarded;
      count_mode(out.modes, e.mode);
    }
  }
  if (actions > 0) {
    out.guarded_share = static_cast<double>(out.guarded) / static_cast<double>(actions);
  }
  if (observed == 0) return;
  out.outside = static_cast<double>(outside) / static_cast<double>(observed);
  out.clipped = static_cast<double>(clipped) / static_cast<double>(observed);
}

/// Whether distances are over the same actions. A chunk begins observe - 1 steps before the
/// present, which is what a window is known by; records that do not say so must execute equally
/// many.
bool same_windows(const evaluation_result& a, const evaluation_result& b) {
  const bool same_chunks =
      a.horizon == b.horizon && a.observe == b.observe && a.executed == b.executed;
  return same_chunks && !a.windows.distance.empty() && a.windows.episode == b.windows.episode &&
         a.windows.offset == b.windows.offset;
}

paired_outcomes pair_by_seed(const evaluation_result& first, const evaluation_result& second) {
  std::map<index_t, bool> of_second;
  for (const episode_result& e : second.episodes) of_second[e.seed] = e.success;
  paired_outcomes out;
  for (const episode_result& e : first.episodes) {
    const auto partner = of_second.find(e.seed);
    if (partner == of_second.end()) continue;
    if (e.success) {
      ++(partner->second ? out.both : out.only_first);
    } else {
      ++(partner->second ? out.only_second : out.neither);
    }
  }
  return out;
}

}  // namespace

method_summary summarize(results all) {
  validate_group(all);
  method_summary out{.task = all.front().task,
                     .method = all.front().method,
                     .label = label_of(all.front()),
                     .expert_modes = all.front().expert_modes};
  for (const evaluation_result& r : all) {
    const proportion one = success_of(r);
    out.success.successes += one.successes;
    out.success.trials += one.trials;
  }
  out.success_range = wilson_interval(out.success);
  out.over_seeds = success_over_seeds(all);
  count_noise(out, all);
  out.distance = collected_mean(all, [](const auto& r, auto& values) {
    values.insert(values.end(), r.windows.distance.begin(), r.windows.distance.end());
  });
  out.seam = collected_mean(all, [](const auto& r, auto& values) {
    for (const episode_result& e : r.episodes) append_optional(values, e.seam);
  });
  out.acceptance = collected_mean(
      all, [](const auto& r, auto& values) { append_optional(values, r.acceptance); });
  out.action_spread = collected_mean(
      all, [](const auto& r, auto& values) { append_optional(values, r.action_spread); });
  out.evaluations = evaluations_per_chunk(all);
  out.latency = latency_of(all, &evaluation_result::latency_ms);
  out.following = latency_of(all, &evaluation_result::following_ms);
  count_observations(out, all);
  return out;
}

method_comparison compare_methods(const evaluation_result& first, const evaluation_result& second) {
  FLOWKIT_VALIDATE(first.task == second.task, "evaluations on ", first.task, " and on ",
                   second.task, " cannot be paired: their seeds mean different starts");
  method_comparison out{.first = label_of(first), .second = label_of(second)};
  out.outcomes = pair_by_seed(first, second);
  out.difference = newcombe_interval(out.outcomes);
  out.mcnemar_p = mcnemar_exact(out.outcomes);
  if (same_windows(first, second)) {
    out.distances = compare_distances(group_means(first.windows.distance, first.windows.episode),
                                      group_means(second.windows.distance, second.windows.episode));
  }
  return out;
}

std::optional<double> latency_reduction(const method_summary& first, const method_summary& second) {
  if (!first.latency || !second.latency || !(second.latency->p50 > 0)) return std::nullopt;
  return 1 - first.latency->p50 / second.latency->p50;
}

std::optional<double> gap_closed(const method_summary& student, const method_summary& plain,
                                 const method_summary& teacher) {
  if (!student.distance || !plain.distance || !teacher.distance) return std::nullopt;
  const double gap = *plain.distance - *teacher.distance;
  if (!(gap > 0)) return std::nullopt;
  return (*plain.distance - *student.distance) / gap;
}

}  // namespace flowkit::policy
