// A task with two ways of doing it that no observation tells apart, small enough to learn in
// seconds.
#pragma once

#include <flowkit/backends/eigen.hpp>
#include <flowkit/policy/stages/learn.hpp>
#include <flowkit/policy/stages/measure.hpp>
#include <support/files.hpp>

#include <array>
#include <atomic>
#include <cmath>

namespace flowkit::policy::testing {

using backend = eigen<float>;
using flowkit::testing::temporary_directory;

/// The backend of these tests: their batches are too small to share, and other tests run meanwhile.
inline backend one_thread() { return backend({.threads = 1}); }

/// Passing an obstacle: the state is (progress, start); actions are (forward, sideways) and go left
/// or right of it by the mode of the episode, which the state does not show. Physical units are far
/// from those of the networks: metres in the forward direction, millimetres sideways.
struct toy_task {
  static constexpr index_t length = 20;
  static constexpr double forward_scale = 0.1;
  static constexpr double sideways_scale = 40;

  static double progress(index_t frame) {
    return static_cast<double>(frame) / static_cast<double>(length);
  }
  /// The action at a frame of an episode (clamped, as windows are padded), without noise.
  static std::array<double, 2> action(index_t frame, double start, index_t mode) {
    const double p = progress(std::clamp<index_t>(frame, 0, length - 1));
    const double way = mode == 0 ? -1 : 1;
    return {forward_scale * (1 + 0.5 * start), sideways_scale * way * (0.5 + 0.5 * p)};
  }
};

struct toy_options {
  index_t episodes = 40;
  double noise = 0.02;  ///< of the actions, relative to their scale
  std::uint64_t seed = 1;
  index_t side = 0;  ///< of the frames of a camera "front"; 0: none
};

/// Where a frame shows the start: a bright column.
inline std::uint8_t toy_pixel(index_t row, index_t column, double start, index_t side) {
  const auto at = static_cast<index_t>((start + 1) / 2 * static_cast<double>(side - 1));
  return static_cast<std::uint8_t>(column == at ? 250 : 10 + row);
}

inline array bytes_array(dtype type, array_shape shape, std::span<const std::byte> bytes) {
  return {type, std::move(shape), {bytes.begin(), bytes.end()}};
}

/// The data set in memory: fields state, action and clean_action, the mode of every episode.
inline demonstrations toy_data(const toy_options& o = {}) {
  std::vector<float> state;
  std::vector<float> action;
  std::vector<float> clean;
  std::vector<std::int64_t> mode;
  std::vector<index_t> ends;
  std::vector<std::uint8_t> frames;
  for (index_t e = 0; e < o.episodes; ++e) {
    const rng_key key = rng_key{o.seed}.split(static_cast<std::uint64_t>(e));
    const double start = 2 * unit_interval(key.block(0).word[0], 0.0) - 1;
    mode.push_back(e % 2);
    for (index_t t = 0; t < toy_task::length; ++t) {
      const std::array<double, 2> a = toy_task::action(t, start, e % 2);
      const philox_block draw = key.block(static_cast<std::uint64_t>(t + 1));
      for (std::size_t i = 0; i < 2; ++i) {
        const double scale = i == 0 ? toy_task::forward_scale : toy_task::sideways_scale;
        const double noise = o.noise * scale * (2 * unit_interval(draw.word[i], 0.0) - 1);
        clean.push_back(static_cast<float>(a[i]));
        action.push_back(static_cast<float>(a[i] + noise));
      }
      state.push_back(static_cast<float>(toy_task::progress(t)));
      state.push_back(static_cast<float>(start));
      for (index_t p = 0; p < o.side * o.side * 3; ++p) {
        frames.push_back(toy_pixel(p / 3 / o.side, p / 3 % o.side, start, o.side));
      }
    }
    ends.push_back((e + 1) * toy_task::length);
  }
  const index_t n = o.episodes * toy_task::length;
  const auto field = [&](const char* name, const std::vector<float>& values) {
    return field_in_memory(name, bytes_array(dtype::f32, {n, 2}, std::as_bytes(std::span(values))));
  };
  std::vector<std::shared_ptr<const field_source>> fields{
      field("state", state), field("action", action), field("clean_action", clean)};
  if (o.side > 0) {
    fields.push_back(field_in_memory(
        "front", bytes_array(dtype::u8, {n, o.side, o.side, 3}, std::as_bytes(std::span(frames)))));
  }
  std::map<std::string, array> per_episode;
  per_episode.emplace("mode",
                      bytes_array(dtype::i64, {o.episodes}, std::as_bytes(std::span(mode))));
  return {std::move(fields), std::move(ends), std::move(per_episode)};
}

inline data_selection toy_selection() {
  return {.horizon = 8, .observe = 2, .execute = 4, .validation = 0.2};
}

/// Trains in about two seconds on one core.
inline train_base_options toy_base(index_t steps = 500) {
  train_base_options o{.data = toy_selection(), .network = network_preset("tiny")};
  o.fit = {.steps = steps,
           .batch = 64,
           .learning_rate = 3e-3,
           .warmup = std::min<index_t>(20, steps / 2),
           .log_every = 5,
           .evaluate_every = 10,
           .checkpoint_every = 10,
           .held_out_windows = 64};
  return o;
}

/// A policy that has hardly learnt: for stages that need any policy.
inline std::string quick_policy(backend& be, const demonstrations& data,
                                const std::string& folder) {
  return train_base(be, data, toy_base(4), folder).policy;
}

inline couple_options toy_couple() { return {.noises = 4, .block = 256}; }

inline distill_options toy_distill(index_t steps = 400) {
  distill_options o;
  o.fit = toy_base(steps).fit;
  o.fit.keep = kept_weights::last;
  return o;
}

/// Sets a stop flag at the n-th report of progress.
class stop_after {
 public:
  explicit stop_after(index_t reports) : left_(reports) {}

  [[nodiscard]] stage_hooks hooks() {
    stage_hooks h{.stop = &flag_};
    h.on_progress = [this](index_t, index_t) {
      if (--left_ <= 0) flag_ = true;
    };
    return h;
  }

 private:
  index_t left_;
  std::atomic<bool> flag_ = false;
};

/// Mean over chunks (physical, [n, 8 * 2]) of the distance per step to the nearer of the two ways,
/// relative to the sideways scale.
inline double distance_to_ways(const couplings_file& file, const policy_file& policy) {
  const couplings_view& v = file.numbers();
  const index_t n = v.size();
  std::vector<float> out(v.end_points.size());
  const extents<2> shape{n, v.chunk};
  const auto& to = policy.manifest().normalizers;
  to.action.denormalize(chunks<normalized, const float>({v.end_points.data(), shape}),
                        chunks<physical, float>({out.data(), shape}));
  std::vector<float> seen(static_cast<std::size_t>(v.windows() * 4));
  to.state.denormalize(
      states<normalized, const float>({v.conditions.data(), {v.windows(), index_t{4}}}),
      states<physical, float>({seen.data(), {v.windows(), index_t{4}}}));
  double sum = 0;
  for (index_t i = 0; i < n; ++i) {
    const auto w = static_cast<std::size_t>(v.window[static_cast<std::size_t>(i)]);
    const double start = static_cast<double>(seen[w * 4 + 3]);
    const index_t first = v.offset[w] - 1;  // windows begin one padded frame early
    std::array<double, 2> distance{};
    for (index_t step = 0; step < 8; ++step) {
      for (index_t mode = 0; mode < 2; ++mode) {
        const std::array<double, 2> a = toy_task::action(first + step, start, mode);
        const float* b = out.data() + i * v.chunk + step * 2;
        distance[static_cast<std::size_t>(mode)] +=
            std::hypot(static_cast<double>(b[0]) - a[0], static_cast<double>(b[1]) - a[1]) / 8;
      }
    }
    sum += std::min(distance[0], distance[1]) / toy_task::sideways_scale;
  }
  return sum / static_cast<double>(n);
}

}  // namespace flowkit::policy::testing
