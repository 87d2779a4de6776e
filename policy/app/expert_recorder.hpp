// Episodes of the scripted experts as a data set keeps them.
#pragma once

#include <flowkit/policy/rollout/collect.hpp>
#include <flowkit/policy/tasks/demonstration.hpp>

#include <app/context.hpp>

namespace flowkit::app {

/// Where collecting begins; seeds of different runs do not meet.
[[nodiscard]] std::uint64_t first_seed_of(const context& c);

/// Which fields a data set of the task has, and the names of their dimensions.
[[nodiscard]] policy::demonstration_layout layout_of(const context& c);

/// Makes the episodes of a task, each worker in an environment of its own.
class expert_recorder {
 public:
  expert_recorder(const context& c, int workers);

  /// Nothing if the expert failed.
  std::optional<policy::recorded_episode> operator()(int worker, std::uint64_t seed);

 private:
  using frames = std::vector<std::vector<std::byte>>;  // of each camera, one after the other

  void draw(policy::task_environment& env, frames& to) const;
  [[nodiscard]] policy::recorded_episode recorded(const policy::demonstration& d,
                                                  frames images) const;

  std::vector<std::string> cameras_;
  policy::demonstrate_options options_;
  std::vector<policy::task_environment> environments_;
};

}  // namespace flowkit::app
