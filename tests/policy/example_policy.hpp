// Small specs, statistics and policies that the tests of policies share.
#pragma once

#include <flowkit/backends/eigen.hpp>
#include <flowkit/policy/policy.hpp>

#include <random>
#include <vector>

namespace flowkit::policy::testing {

/// A dense host matrix with its numbers.
template <class T>
struct matrix {
  extents<2> shape;
  std::vector<T> values;

  matrix(index_t rows, index_t columns)
      : shape{rows, columns}, values(static_cast<std::size_t>(rows * columns)) {}
  [[nodiscard]] view<T, 2, host_space> view_of() { return {values.data(), shape}; }
  T& operator()(index_t i, index_t j) { return values[static_cast<std::size_t>(i * shape[1] + j)]; }
};

/// Uniform numbers in [-1, 1] times `scale`.
inline matrix<float> random_matrix(index_t rows, index_t columns, std::uint32_t seed,
                                   float scale = 1) {
  matrix<float> out(rows, columns);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> draw(-scale, scale);
  for (float& x : out.values) x = draw(engine);
  return out;
}

/// Two action dimensions, three state dimensions, and a camera if asked for.
inline spec example_spec(bool with_camera = false) {
  spec s{.horizon = 8,
         .observe = 2,
         .execute = 4,
         .action = {"x", "y"},
         .state = {"hand_x", "hand_y", "grip"},
         .cameras = {}};
  if (with_camera) s.cameras.push_back({"front", 20, 24, 16, 18});
  return s;
}

/// Statistics of random rows.
inline column_statistics example_statistics(index_t dimensions, std::uint32_t seed,
                                            float scale = 1) {
  matrix<float> rows = random_matrix(50, dimensions, seed, scale);
  running_statistics s(dimensions);
  s.add(chunks<physical, float>(rows.view_of()));
  return s.result();
}

inline policy_manifest example_manifest(const spec& s) {
  return {.specification = s,
          .network = network_preset("tiny"),
          .normalizers = {normalizer<action_kind>(example_statistics(s.action_size(), 1, 0.5F)),
                          normalizer<state_kind>(example_statistics(s.state_size(), 2, 3),
                                                 state_normalization())},
          .method = "base",
          .inference = {},
          .origin = {}};
}

template <class B>
visuomotor_policy<B> example_policy(B& be, bool with_camera = false) {
  return {be, example_manifest(example_spec(with_camera)), rng_key{5}};
}

/// A state as an observation without frames.
inline observation seen(const std::vector<float>& state) { return {state, {}}; }

}  // namespace flowkit::policy::testing
