// A policy in a control loop: load a file, observe, act, and let late chunks join the motion.
//
// A robot needs one header, which compiles no network: backend and policy are chosen at run time.
// Training is not part of this example, so it first makes a file from a tiny network that has
// learnt nothing; a real one comes from `flowkit run`.
#include <flowkit/policy/chunk_splice.hpp>
#include <flowkit/policy/runtime.hpp>

#include <cmath>
#include <cstdio>

namespace fk = flowkit;
namespace fp = flowkit::policy;

namespace {

/// What training leaves behind: spec, statistics of the demonstrations, weights.
void write_example(const std::string& path) {
  const fp::spec spec{.action = {"dx", "dy"}, .state = {"hand_x", "hand_y", "goal_x", "goal_y"}};
  fp::running_statistics actions(spec.action_size());
  fp::running_statistics states(spec.state_size());
  for (int i = 0; i < 100; ++i) {
    const float a = static_cast<float>(i) / 50 - 1;
    std::vector<float> action{a, -a};
    std::vector<float> state{a, 0.5F * a, 0.3F, -0.2F * a};
    actions.add(fp::chunks<fp::physical, float>({action.data(), fk::extents<2>{1, 2}}));
    states.add(fp::states<fp::physical, float>({state.data(), fk::extents<2>{1, 4}}));
  }
  const fp::policy_manifest manifest{
      .specification = spec,
      .network = fp::network_preset("tiny"),
      .normalizers = {fp::normalizer<fp::action_kind>(actions.result()),
                      fp::normalizer<fp::state_kind>(states.result(), fp::state_normalization())}};
  fp::untrained_policy(manifest, fk::rng_key{1})->save(path);
}

}  // namespace

int main() {
  write_example("policy.safetensors");

  // [readme]
  const auto policy = fp::open_policy("policy.safetensors");
  const auto controller = policy->control({.seed = 42});
  fp::controller& robot = *controller;
  robot.warm_up();  // makes the first call as fast as the others

  std::vector<float> state{0, 0, 0.3F, 0.1F};
  for (int cycle = 0; cycle < 3; ++cycle) {
    robot.observe({state, {}});
    const fp::action_plan plan = robot.act();
    for (fk::index_t step = 0; step < plan.execute; ++step) {
      const auto action = plan.action(0, step);
      state[0] += 0.01F * action[0];  // a hand that moves by what the policy says
      state[1] += 0.01F * action[1];
      if (step + 1 < plan.execute) robot.observe({state, {}});
    }
  }
  // [readme]
  const fp::spec& spec = robot.shape();
  std::printf("%s, %d actions of %d per prediction; hand at %+.3f %+.3f\n",
              policy->manifest().method.c_str(), static_cast<int>(spec.execute),
              static_cast<int>(spec.horizon), static_cast<double>(state[0]),
              static_cast<double>(state[1]));

  // A robot that moves while the network computes: the new chunk starts where the hand is.
  fp::chunk_splice motion(spec.horizon, spec.action_size());
  const auto chunk = robot.act().predicted.numbers();
  const fp::chunks<fp::physical, const float> actions(
      fk::reshape(chunk, fk::extents<2>{chunk.size() / spec.action_size(), spec.action_size()}));
  motion.insert(actions, motion.consumed());
  std::vector<float> action(2);
  const fk::index_t observed_at = motion.consumed();
  for (int late = 0; late < 3; ++late) (void)motion.next(action);
  motion.insert(actions, observed_at);
  std::printf("%d actions left after 3 were consumed\n", static_cast<int>(motion.left()));
  return std::isfinite(state[0]) && motion.left() == spec.horizon - spec.observe + 1 - 3 ? 0 : 1;
}
