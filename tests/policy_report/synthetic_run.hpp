// A run directory as the stages leave it, with made-up but plausible numbers.
#pragma once

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/metrics.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/report/run_record.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

namespace flowkit::policy::testing {

/// Numbers in [0, 1) from a linear congruential generator: equal on every machine.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed * 2654435761U + 12345U) { (void)roll(); }
  double roll() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 11U) / 9007199254740992.0;
  }
  /// Roughly normal, mean 0, deviation 1.
  double noise() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += roll();
    return sum;
  }

 private:
  std::uint64_t state_;
};

/// What one method is made to reach.
struct target {
  std::string method;
  index_t steps;
  double success;
  double distance;
  double seam;
  double milliseconds;
  double left;  ///< share of the episodes that go left
};

inline std::vector<target> usual_targets() {
  return {{"base", 100, 0.970, 0.091, 0.195, 278.0, 0.56},
          {"base", 10, 0.967, 0.089, 0.182, 28.1, 0.55},
          {"base", 1, 0.873, 0.145, 0.397, 2.95, 0.71},
          {"reflow", 1, 0.943, 0.106, 0.260, 2.98, 0.64},
          {"sefa", 1, 0.960, 0.095, 0.211, 2.91, 0.57}};
}

/// An evaluation near its target. Starts that are hard for one method are hard for the others.
inline evaluation_result make_evaluation(const target& t, index_t episodes = 300) {
  evaluation_result out{.task = "reach_detour",
                        .method = t.method,
                        .steps = t.steps,
                        .observation = "images",
                        .policy_hash = "b3c1f09e7a55d2",
                        .training_seed = 1,
                        .noise_seed = 7,
                        .horizon = 16,
                        .executed = 8};
  if (t.method == "sefa") out.acceptance = 0.913;
  out.action_spread = 0.04 + 0.02 / static_cast<double>(t.steps);
  out.expert_modes = {{"left", 27}, {"right", 23}};
  dice hard(3);
  dice own(static_cast<std::uint64_t>(t.success * 1000) + static_cast<std::uint64_t>(t.steps));
  for (index_t i = 0; i < episodes; ++i) {
    const bool success = 0.8 * hard.roll() + 0.2 * own.roll() < t.success - 0.02;
    out.episodes.push_back({.seed = 1000 + i,
                            .success = success,
                            .steps = success ? 80 + static_cast<index_t>(60 * own.roll()) : 300,
                            .mode = own.roll() < t.left ? "left" : "right",
                            .chunks = 18,
                            .evaluations = static_cast<double>(t.steps),
                            .seam = t.seam * std::exp(0.2 * own.noise()),
                            .guarded = own.roll() < 0.02 ? 1 : 0,
                            .observed = 5616,
                            .outside = 31,
                            .clipped = static_cast<index_t>(30 * own.roll())});
    if (i % 17 == 16) out.episodes.back().mode.clear();
  }
  for (int i = 0; i < 800; ++i) {
    const double tail = own.roll() < 0.02 ? 1.6 : 1;
    out.latency_ms.push_back(t.milliseconds * tail * std::exp(0.03 * own.noise()));
    out.following_ms.push_back(0.001 * tail);
  }
  for (index_t window = 0; window < 400; ++window) {
    out.windows.episode.push_back(window / 40);
    out.windows.offset.push_back(window % 40);
    const double common = std::exp(0.35 * hard.noise());
    out.windows.distance.push_back(t.distance * common * std::exp(0.1 * own.noise()) * 0.93);
  }
  for (index_t seed = 0; seed < 3; ++seed) {
    const double share = t.success + 0.006 * own.noise();
    const auto count = std::min<index_t>(300, std::lround(300 * share));
    out.noise.push_back({.seed = seed, .successes = count, .episodes = 300});
  }
  return out;
}

inline run_info make_info() {
  return {
      .title = "Reaching around a wall",
      .task = "reach_detour",
      .description = "A gripper reaches a goal behind a wall, around its left or its right end.",
      .observation = "images",
      .preset = "standard",
      .parameters = {{"demonstrations", 50}, {"expert noise", 0.05}},
      .facts = {{"windows", "5 940"}, {"expert success", "98.5 %"}},
      .provenance = {{"version", "0.1.0 (5f38f4a)"},
                     {"compiler", "g++ 12.2.0, Release"},
                     {"processor", "two cores, AVX-512"},
                     {"threads", "2"},
                     {"seeds", "training 1, noise 7, starts 1000 to 1299"},
                     {"demonstrations", "sha256 9f1c…e07a"}},
      .stages = {{"collect", 21.4},
                 {"train", 312},
                 {"couple", 74.1},
                 {"align", 0.21},
                 {"distill", 151},
                 {"evaluate", 188}}};
}

/// A chunk that bends around a wall; `side` is +1 or -1, or between for an average of both.
inline projected_chunk make_chunk(double side, dice& random, double noise) {
  projected_chunk out;
  const double bend = side * (0.16 + 0.02 * random.noise());
  const double shift = 0.01 * random.noise();
  for (int i = 0; i <= 16; ++i) {
    const double t = i / 16.0;
    out.x.push_back(bend * std::sin(std::numbers::pi * t) + shift * t + noise * random.noise());
    out.y.push_back(0.45 * t + 0.2 * noise * random.noise());
  }
  return out;
}

inline couplings_record make_couplings() {
  dice random(11);
  couplings_record out{.alignment = "adaptive",
                       .pairs = 59'400,
                       .replaced = 54'232,
                       .replaced_by_other_window = 40'112,
                       .identical = 12,
                       .no_expert_action = 4'903,
                       .no_expert_feature = 253,
                       .before = {.bin_end = 0.4, .mean = 0.056, .median = 0.048, .p90 = 0.109},
                       .after = {.bin_end = 0.4, .mean = 0.019, .median = 0.011, .p90 = 0.06},
                       .pairs_by_phase = {15'120, 14'940, 14'760, 14'580},
                       .replaced_by_phase = {12'650, 13'870, 13'920, 13'792},
                       .modes_before = {{"left", 32'900}, {"right", 26'500}},
                       .modes_after = {{"left", 32'300}, {"right", 27'100}},
                       .evaluations = 58.7,
                       .generate_seconds = 73.6,
                       .align_seconds = 0.21,
                       .x_label = "sideways, m",
                       .y_label = "forwards, m"};
  for (int bin = 0; bin < 20; ++bin) {
    const double x = bin + 0.5;
    out.before.counts.push_back(std::lround(14'000 * x * std::exp(-x / 1.6)));
    out.after.counts.push_back(std::lround(31'000 * std::exp(-x / 1.1) + 500 * std::exp(-x / 4)));
  }
  for (int i = 0; i < 36; ++i) {
    const double side = i % 9 < 5 ? -1 : 1;
    out.experts.push_back(make_chunk(side, random, 0.001));
    const double drawn = i % 12 == 0 ? 0.2 * side : side;
    out.generated.push_back(make_chunk(drawn, random, 0.006));
    out.aligned.push_back(i % 12 == 0 ? out.generated.back() : out.experts.back());
  }
  return out;
}

inline flow_record make_flow() {
  flow_record out;
  for (const auto& [method, size] : {std::pair{"base", 0.62}, std::pair{"reflow", 0.09}}) {
    straightness_curve curve{.method = method, .total = size * 0.41};
    for (int i = 0; i <= 40; ++i) {
      const double t = i / 40.0;
      curve.time.push_back(t);
      curve.deviation.push_back(size * (0.15 + 0.85 * t * t * t + 0.3 * (1 - t) * (1 - t)));
    }
    out.straightness.push_back(curve);
  }
  for (const double n : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0}) {
    out.errors.push_back({"base", "euler", n, 0.42 / n});
    out.errors.push_back({"reflow", "euler", n, 0.07 / n});
  }
  for (const auto& [n, error] :
       {std::pair{61.0, 7e-3}, std::pair{140.0, 2e-3}, std::pair{305.0, 6e-4}}) {
    out.errors.push_back({"base", "dormand_prince", n, error});
  }
  return out;
}

inline sweep_record make_sweep() {
  sweep_record out{.parameter = "radius, action units",
                   .caption = "Selective alignment with a fixed radius, against the adaptive one.",
                   .scale = axis_scale::log};
  index_t successes = 281;
  for (const double radius : {0.02, 0.05, 0.1, 0.2, 0.5, 1.0}) {
    const double accepted = 1 - std::exp(-radius / 0.07);
    out.points.push_back({.series = "selective",
                          .value = radius,
                          .success = proportion{successes, 300},
                          .distance = 0.106 - 0.02 * accepted,
                          .acceptance = accepted,
                          .coverage = 0.97 - 0.3 * radius});
    successes += radius < 0.1 ? 4 : -9;
  }
  out.points.push_back({.series = "adaptive",
                        .success = proportion{288, 300},
                        .distance = 0.09,
                        .acceptance = 0.913,
                        .coverage = 0.96});
  return out;
}

/// A film of a block that moves around a wall: [count, side, side, 3].
inline std::vector<std::uint8_t> make_frames(index_t count, index_t side, double direction) {
  std::vector<std::uint8_t> out;
  for (index_t f = 0; f < count; ++f) {
    const double t = static_cast<double>(f) / static_cast<double>(count - 1);
    const double cx = 0.5 + direction * 0.33 * std::sin(std::numbers::pi * t);
    const double cy = 0.88 - 0.72 * t;
    for (index_t i = 0; i < side * side; ++i) {
      const double x = (static_cast<double>(i % side) + 0.5) / static_cast<double>(side);
      const double y = (static_cast<double>(i / side) + 0.5) / static_cast<double>(side);
      std::vector<int> rgb = {214, 205, 190};
      if (y < 0.3) rgb = {188, 200, 212};
      if (std::abs(y - 0.5) < 0.05 && std::abs(x - 0.5) < 0.22) rgb = {120, 92, 70};
      if (std::hypot(x - 0.5, y - 0.16) < 0.06) rgb = {60, 160, 90};
      if (std::hypot(x - cx, y - cy) < 0.075) rgb = {200, 60, 50};
      for (const int c : rgb) out.push_back(static_cast<std::uint8_t>(c));
    }
  }
  return out;
}

inline void make_metrics(const std::string& path, double start, double end, std::uint64_t seed) {
  json_lines_metrics metrics(path);
  dice random(seed);
  for (index_t step = 100; step <= 20'000; step += 100) {
    const double x = static_cast<double>(step) / 20'000;
    const double loss = end + (start - end) * std::exp(-7 * x);
    metrics.record(step, "loss", loss * std::exp(0.08 * random.noise()));
    if (step % 1000 == 0) metrics.record(step, "held_out_loss", loss * 1.12 + 0.02 * x);
    metrics.record(step, "learning_rate", 1e-3 * 0.5 * (1 + std::cos(std::numbers::pi * x)));
  }
  metrics.flush();
}

/// Writes the files of a whole run.
inline void write_run(const std::string& directory) {
  namespace fs = std::filesystem;
  const fs::path root(directory);
  for (const char* folder : {"train", "distill", "align", "sweeps"}) {
    fs::create_directories(root / folder);
  }
  write_run_info((root / run_files::info).string(), make_info());
  write_text_file((root / run_files::configuration).string(),
                  "task = \"reach_detour\"\nseed = 1\n\n[train]\nsteps = 20000\nbatch = 128\n"
                  "learning_rate = 1e-3  # cosine, 500 steps of warm-up\n");
  make_metrics((root / "train" / run_files::metrics).string(), 1.1, 0.06, 1);
  make_metrics((root / "distill" / run_files::metrics).string(), 0.2, 0.02, 2);
  write_couplings_record((root / "align" / run_files::couplings).string(), make_couplings());
  write_flow_record((root / "align" / run_files::flow).string(), make_flow());
  write_sweep((root / run_files::sweeps / "radius.json").string(), make_sweep());
  for (const target& t : usual_targets()) {
    const evaluation_result result = make_evaluation(t);
    const fs::path folder = root / run_files::evaluations / label_of(result);
    fs::create_directories(folder);
    write_evaluation((folder / run_files::results).string(), result);
    if (t.steps != 1 || t.method == "base") continue;
    write_text_file((folder / "film.png").string(),
                    film_strip_png(make_frames(24, 48, t.method == "sefa" ? -1 : 1), 24, 48, 48));
    const std::vector<picture_record> pictures = {
        {.file = "film.png",
         .label = label_of(result),
         .caption = "Seed 1003: around the wall in 92 steps, success.",
         .frames = 24,
         .seconds = 4.6}};
    write_pictures((folder / run_files::pictures).string(), pictures);
  }
}

}  // namespace flowkit::policy::testing
