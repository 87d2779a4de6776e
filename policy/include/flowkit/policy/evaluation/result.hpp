// What the evaluation of one policy with one solver measured. Written as results.json.
#pragma once

#include <flowkit/policy/evaluation/intervals.hpp>
#include <flowkit/policy/evaluation/modes.hpp>

#include <optional>
#include <string>
#include <vector>

namespace flowkit::policy {

/// One episode. Episodes of different methods with equal seeds begin in the same state.
struct episode_result {
  index_t seed = 0;
  bool success = false;
  index_t steps = 0;       ///< control steps until success or the end
  std::string mode{};      ///< which way it went, e.g. "left"; empty: undecided or one way only
  index_t chunks = 0;      ///< predictions made
  double evaluations = 0;  ///< of the network, mean per chunk
  std::optional<double> seam{};  ///< mean distance between the last executed action of a chunk and
                                 ///< the first of the next, both as the guard left them, action
                                 ///< units; none with a single chunk
  index_t guarded = 0;           ///< actions that the guard had to change
  index_t observed = 0;          ///< observations made
  index_t outside = 0;           ///< of which some dimension left the range of the demonstrations
  index_t clipped = 0;           ///< of which some dimension was so far outside that it was clipped
};

/// Success of the same policy with another seed of its noise, on the first starts of the result.
struct noise_outcome {
  index_t seed = 0;
  index_t successes = 0;
  index_t episodes = 0;
};

/// Distances of predicted chunks to the expert's at held-out windows: mean over steps of the
/// Euclidean distance, action units. The three columns have one row per window. Equal windows come
/// in equal order for every method, so that methods can be paired.
struct window_distances {
  std::vector<index_t> episode{};
  std::vector<index_t> offset{};
  std::vector<double> distance{};
};

/// Everything measured with one policy file, one solver and one task. Parts that were not measured
/// stay empty; the report says so.
struct evaluation_result {
  std::string task{};
  std::string method{};                    ///< what was trained: "base", "reflow", "sefa", ...
  std::string solver = "euler";            ///< e.g. "euler", "dormand_prince"
  index_t steps = 1;                       ///< of a fixed-step solver; 0: adaptive
  double tolerance = 0;                    ///< of an adaptive solver; 0: fixed steps
  std::string observation{};               ///< what the policy sees: "state" or "images"
  std::string policy_hash{};               ///< of the policy file
  std::optional<index_t> training_seed{};  ///< nothing: not known
  index_t noise_seed = 0;
  index_t horizon = 0;   ///< predicted steps of a chunk
  index_t observe = 0;   ///< steps observed, the last of which is the present; 0: not known
  index_t executed = 0;  ///< steps of it that are executed
  /// What computed, and in which number format; empty: not known, of an earlier version.
  std::string backend{};
  std::string precision{};
  std::optional<double> largest_step{};  ///< of the guard between two actions; none: no limit
  std::vector<episode_result> episodes{};
  std::vector<double> latency_ms{};    ///< observation in, action out, where a chunk is predicted
  std::vector<double> following_ms{};  ///< the same for the other actions of a chunk
  window_distances windows{};
  std::string without_windows{};  ///< why there are none though they were asked for, for people
  std::optional<double> acceptance{};     ///< share of the student's couplings that were replaced
  std::optional<double> action_spread{};  ///< deviation of chunks over noise at one observation,
                                          ///< mean over steps, action units
  std::vector<noise_outcome> noise{};
  mode_counts expert_modes{};  ///< of the demonstrations; empty: one way only
};

/// How tables and figures call it: method and steps, "base@100"; "base@adaptive" for the adaptive
/// solver that methods are asked for by that name, with the name of the solver for another; the
/// method alone where nothing is solved, "expert".
[[nodiscard]] std::string label_of(const evaluation_result& result);

/// In what two evaluations were made in different ways that change results, in words, such as
/// "precision f32 and bf16"; empty: in nothing, or it is not known.
[[nodiscard]] std::string ways_apart(const evaluation_result& a, const evaluation_result& b);

/// Successes over all episodes, noise seed of the result only.
[[nodiscard]] proportion success_of(const evaluation_result& result);

}  // namespace flowkit::policy
