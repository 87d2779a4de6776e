// A user's first step in a simulated task: scenes are inside the library, no file is needed.
#include <flowkit/policy/tasks/expert.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>

int main() {
  flowkit::policy::task_environment env("pick_place");
  env.step(flowkit::policy::expert_action(env.name(), env.state(), 0));
  return env.steps() == 1 ? 0 : 1;
}
