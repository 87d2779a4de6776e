#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>
#include <tasks/assets.hpp>
#include <tasks/simulation.hpp>

#include <cmath>

namespace flowkit::policy {
namespace {

/// The action clipped to [-1, 1].
task_action checked(std::span<const float> action) {
  task_action clipped{};
  FLOWKIT_VALIDATE(action.size() == clipped.size(), "an action has ", clipped.size(),
                   " numbers (x, y, z, opening), not ", action.size());
  for (std::size_t i = 0; i < clipped.size(); ++i) {
    FLOWKIT_VALIDATE(std::isfinite(action[i]), "entry ", i, " of the action is ", action[i],
                     ": the policy diverged, or its input was not finite");
    clipped[i] = std::clamp(action[i], -1.0f, 1.0f);
  }
  return clipped;
}

}  // namespace

struct task_environment::episode {
  const detail::task_definition* task;
  std::string name;
  policy::scene scene;
  std::shared_ptr<renderer_stock> renderers;
  std::vector<std::string> state_names;
  std::vector<float> state;
  std::uint64_t seed = 0;
  index_t steps = 0;
  bool diverged = false;

  episode(const detail::task_definition& definition, std::shared_ptr<renderer_stock> lent)
      : task(&definition),
        name(definition.name),
        scene(detail::asset_text(definition.name)),
        renderers(std::move(lent)),
        state_names(detail::state_names(scene.simulation())),
        state(state_names.size()) {
    FLOWKIT_EXPECT(renderers != nullptr);
  }
};

task_environment::task_environment(std::string_view task, const render_options& images)
    : task_environment(task, std::make_shared<renderer_stock>(images)) {}
task_environment::task_environment(std::string_view task, std::shared_ptr<renderer_stock> renderers)
    : episode_(std::make_unique<episode>(detail::find_task(task), std::move(renderers))) {
  reset(0);
}
task_environment::task_environment(task_environment&&) noexcept = default;
task_environment& task_environment::operator=(task_environment&&) noexcept = default;
task_environment::~task_environment() = default;

void task_environment::reset(std::uint64_t seed) {
  detail::draw_start(episode_->scene.simulation(), rng_key{seed, 0});
  detail::read_state(episode_->scene.simulation(), episode_->state);
  episode_->seed = seed;
  episode_->steps = 0;
  episode_->diverged = false;
}

step_result task_environment::step(std::span<const float> action) {
  episode& e = *episode_;
  FLOWKIT_VALIDATE(e.steps < task_episode_steps && !e.diverged, "the episode is over after ",
                   e.steps, " steps: call reset");
  e.diverged = !detail::advance(e.scene.simulation(), checked(action));
  ++e.steps;
  if (e.diverged) return {.success = false, .finished = true, .diverged = true};
  detail::read_state(e.scene.simulation(), e.state);
  return {.success = succeeded(), .finished = e.steps == task_episode_steps};
}

void task_environment::render(std::string_view camera, std::span<std::uint8_t> image) {
  episode_->renderers->render(episode_->scene, camera, image);
}

std::span<const float> task_environment::state() const noexcept { return episode_->state; }

std::span<const float> task_environment::proprioception() const noexcept {
  return state().first(static_cast<std::size_t>(task_proprioception_size));
}

std::span<const std::string> task_environment::state_names() const noexcept {
  return episode_->state_names;
}

std::span<const std::string> task_environment::cameras() const noexcept {
  return episode_->scene.cameras();
}

bool task_environment::succeeded() const {
  return !episode_->diverged && episode_->task->success(detail::task_state(episode_->state));
}

index_t task_environment::steps() const noexcept { return episode_->steps; }
std::uint64_t task_environment::seed() const noexcept { return episode_->seed; }
const std::string& task_environment::name() const noexcept { return episode_->name; }
const scene& task_environment::scene() const noexcept { return episode_->scene; }

}  // namespace flowkit::policy
