// Several episodes of one task side by side, observed as one batch.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/core/thread_pool.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>

namespace flowkit::policy {

/// Settings of a batch of environments.
struct vector_options {
  index_t count = 1;  ///< environments
  int threads = 1;    ///< that step and draw them
  render_options images{};
};

/// Steps n environments over a thread pool and shows them as matrices for batched inference. Law:
/// states and pictures are those of n `task_environment`s stepped one by one, whatever the number
/// of threads. Environments that are finished stay as they are until reset. One caller at a time.
class vector_environment {
 public:
  /// Row-major matrices in host memory.
  using observations = view<const float, 2, host_space>;

  /// Begins the episodes of seeds 0 .. n - 1. Throws invalid_input for an unknown task, and for
  /// less than one environment or thread. Allocates.
  explicit vector_environment(std::string_view task, const vector_options& options = {});
  vector_environment(vector_environment&&) noexcept;
  vector_environment& operator=(vector_environment&&) noexcept;
  ~vector_environment();

  /// Begins an episode in every environment: one seed each.
  void reset(std::span<const std::uint64_t> seeds);
  /// Begins an episode in one environment.
  void reset(index_t environment, std::uint64_t seed);
  /// One step in every environment that is not finished: actions [n, 4]. Throws invalid_input for
  /// another shape, and for a number that is not finite in a row that is used; then nothing moved.
  void step(observations actions);
  /// Pictures of all environments: [n, height, width, 3] bytes.
  void render(std::string_view camera, std::span<std::uint8_t> images);

  [[nodiscard]] index_t count() const noexcept;
  [[nodiscard]] observations states() const noexcept;          ///< [n, size of the state]
  [[nodiscard]] observations proprioception() const noexcept;  ///< [n, 4], within the states
  /// What the last step of each environment led to; after a reset, whether the start solves the
  /// task already.
  [[nodiscard]] std::span<const step_result> results() const noexcept;
  [[nodiscard]] const task_environment& operator[](index_t i) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace flowkit::policy
