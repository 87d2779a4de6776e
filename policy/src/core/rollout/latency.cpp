#include <flowkit/policy/rollout/latency.hpp>

namespace flowkit::policy::detail {

void timed_loop::reset(std::uint64_t episode) {
  robot_->reset(0, episode);
  motion_.reset();
}

double timed_loop::step(const observation& seen) {
  using clock = std::chrono::steady_clock;
  const clock::time_point begin = clock::now();
  robot_->observe(seen);
  if (at_chunk()) {
    const action_plan plan = robot_->act();
    motion_.insert(chunks<physical, const float>(
                       reshape(plan.actions.numbers(), extents<2>{plan.execute, plan.dimensions})),
                   motion_.consumed());
  }
  (void)motion_.next(action_);
  const std::chrono::duration<double, std::milli> taken = clock::now() - begin;
  return taken.count();
}

void validate(const latency_options& o, const controller& robot) {
  FLOWKIT_VALIDATE(o.chunks > 0 && o.warm_up >= 0, "latency of ", o.chunks, " chunks after ",
                   o.warm_up, ": at least one chunk must be timed");
  FLOWKIT_VALIDATE(robot.robots() == 1, "latency is that of one robot, and this controller has ",
                   robot.robots(), ": make one with robots = 1");
}

}  // namespace flowkit::policy::detail
