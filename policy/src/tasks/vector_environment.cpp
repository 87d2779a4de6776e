#include <flowkit/core/error.hpp>
#include <flowkit/policy/tasks/vector_environment.hpp>

#include <cmath>
#include <numeric>

namespace flowkit::policy {
namespace {

std::vector<task_environment> make_environments(std::string_view task, const vector_options& o) {
  FLOWKIT_VALIDATE(o.count >= 1 && o.threads >= 1, "a batch of ", o.count, " environments on ",
                   o.threads, " threads: use at least one of each");
  std::vector<task_environment> all;
  const auto renderers = std::make_shared<renderer_stock>(o.images);
  for (index_t i = 0; i < o.count; ++i) all.emplace_back(task, renderers);
  return all;
}

}  // namespace

struct vector_environment::state {
  std::vector<task_environment> all;
  index_t width;
  thread_pool pool;
  std::size_t image_size;
  std::vector<float> states;
  std::vector<step_result> results;

  state(std::string_view task, const vector_options& o)
      : all(make_environments(task, o)),
        width(static_cast<index_t>(all.front().state().size())),
        pool(o.threads),
        image_size(static_cast<std::size_t>(o.images.height * o.images.width * 3)),
        states(all.size() * static_cast<std::size_t>(width)),
        results(all.size()) {}

  [[nodiscard]] index_t count() const { return static_cast<index_t>(all.size()); }
  task_environment& at(index_t i) { return all[static_cast<std::size_t>(i)]; }
  step_result& result(index_t i) { return results[static_cast<std::size_t>(i)]; }

  void publish(index_t i) {
    const std::span<const float> seen = at(i).state();
    std::ranges::copy(seen, states.begin() + i * width);
  }
  void reset(index_t i, std::uint64_t seed) {
    at(i).reset(seed);
    result(i) = {at(i).succeeded(), false};
    publish(i);
  }
};

vector_environment::vector_environment(std::string_view task, const vector_options& options)
    : state_(std::make_unique<state>(task, options)) {
  std::vector<std::uint64_t> seeds(state_->all.size());
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{0});
  reset(seeds);
}
vector_environment::vector_environment(vector_environment&&) noexcept = default;
vector_environment& vector_environment::operator=(vector_environment&&) noexcept = default;
vector_environment::~vector_environment() = default;

void vector_environment::reset(std::span<const std::uint64_t> seeds) {
  FLOWKIT_VALIDATE(seeds.size() == state_->all.size(), seeds.size(), " seeds for ", count(),
                   " environments: give one each");
  state_->pool.for_each_index(
      count(), [&](index_t i) { state_->reset(i, seeds[static_cast<std::size_t>(i)]); });
}

void vector_environment::reset(index_t environment, std::uint64_t seed) {
  FLOWKIT_VALIDATE(environment >= 0 && environment < count(), "there is no environment ",
                   environment, ": the batch has ", count(), ", counted from 0");
  state_->reset(environment, seed);
}

void vector_environment::step(observations actions) {
  FLOWKIT_VALIDATE(actions.shape()[0] == count() && actions.shape()[1] == task_action_size,
                   "actions [", actions.shape()[0], ", ", actions.shape()[1], "] for ", count(),
                   " environments: one row of ", task_action_size, " numbers each");
  // All rows before any step: a bad one must not leave half of the batch moved.
  for (index_t i = 0; i < count(); ++i) {
    if (state_->result(i).finished) continue;
    for (index_t j = 0; j < task_action_size; ++j) {
      FLOWKIT_VALIDATE(std::isfinite(actions(i, j)), "entry ", j, " of action ", i, " is ",
                       actions(i, j), ": the policy diverged, or its input was not finite");
    }
  }
  state_->pool.for_each_index(count(), [&](index_t i) {
    if (state_->result(i).finished) return;
    const task_action action{actions(i, 0), actions(i, 1), actions(i, 2), actions(i, 3)};
    state_->result(i) = state_->at(i).step(action);
    state_->publish(i);
  });
}

void vector_environment::render(std::string_view camera, std::span<std::uint8_t> images) {
  const std::size_t size = state_->image_size;
  FLOWKIT_VALIDATE(images.size() == size * state_->all.size(), "room of ", images.size(),
                   " bytes for the pictures of ", count(), " environments, which need ",
                   size * state_->all.size());
  state_->pool.for_each_index(count(), [&](index_t i) {
    state_->at(i).render(camera, images.subspan(static_cast<std::size_t>(i) * size, size));
  });
}

index_t vector_environment::count() const noexcept { return state_->count(); }

vector_environment::observations vector_environment::states() const noexcept {
  return {state_->states.data(), extents<2>{count(), state_->width}};
}

vector_environment::observations vector_environment::proprioception() const noexcept {
  return columns(states(), 0, task_proprioception_size);
}

std::span<const step_result> vector_environment::results() const noexcept {
  return state_->results;
}

const task_environment& vector_environment::operator[](index_t i) const {
  FLOWKIT_VALIDATE(i >= 0 && i < count(), "there is no environment ", i, ": the batch has ",
                   count(), ", counted from 0");
  return state_->at(i);
}

}  // namespace flowkit::policy
