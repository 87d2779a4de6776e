// An untrained policy for the point environment: its actions are noise, which is enough to tell
// episodes apart.
#pragma once

#include <flowkit/policy/manifest.hpp>

#include <policy_rollout/point_environment.hpp>

namespace flowkit::testing {

/// Demonstrations that filled [-1, 1].
inline policy::column_statistics unit_range(std::size_t dimensions) {
  const std::vector<double> ones(dimensions, 1);
  const std::vector<double> minus(dimensions, -1);
  return {.count = 2,
          .minimum = minus,
          .maximum = ones,
          .mean = std::vector<double>(dimensions, 0),
          .deviation = ones};
}

inline policy::policy_manifest point_manifest(std::vector<std::string> state,
                                              std::vector<policy::camera> cameras = {}) {
  const std::size_t dimensions = state.size();
  policy::spec shape{.horizon = 8, .observe = 2, .execute = 4, .action = {"dx"}};
  shape.state = std::move(state);
  shape.cameras = std::move(cameras);
  return {.specification = std::move(shape),
          .network = policy::network_preset("tiny"),
          .normalizers = {policy::normalizer<policy::action_kind>(unit_range(1)),
                          policy::normalizer<policy::state_kind>(unit_range(dimensions),
                                                                 policy::state_normalization())}};
}

}  // namespace flowkit::testing
