// The controller of a policy on a backend.
#pragma once

#include <flowkit/backend/hold.hpp>
#include <flowkit/policy/observation_history.hpp>
#include <flowkit/policy/sampler.hpp>
#include <flowkit/policy/visuomotor_policy.hpp>

#include <numeric>

namespace flowkit::policy {

/// Runs a policy on one robot, or on many in lockstep (vectorised environments). See `controller`
/// for its laws. On eigen<float>, `observe` and `act` allocate nothing after the second call or
/// after `warm_up`; other backends may allocate inside their library. Where a backend records,
/// noise is drawn into a fixed place and Euler steps are one launch. Holds the weights of the
/// policy (see HoldingBackend): on host backends their copies take about as much memory again, once
/// for all controllers of a policy. Refers to backend and policy, which must outlive it.
template <NeuralBackend B>
class receding_horizon final : public controller {
 public:
  /// Throws invalid_input for options that cannot be used. Allocates.
  receding_horizon(B& be, const visuomotor_policy<B>& p, controller_options options = {})
      : be_(&be),
        manifest_(p.manifest()),
        options_(checked(std::move(options), manifest_)),
        field_(p.field()),
        weights_(p.weights(options_.inference->weights)),
        held_(hold(be, p.values(options_.inference->weights))),
        history_(be, manifest_, options_.robots),
        condition_(be, extents{options_.robots, field_.condition_size()}),
        chunk_(be, extents{options_.robots, shape().chunk_size()}),
        sampler_(be, field_.velocity(), weights_, std::as_const(condition_).view()),
        guard_(shape().action_size(), *options_.guard) {
    robots_.resize(static_cast<std::size_t>(options_.robots));
    awake_.resize(robots_.size());
    evaluations_.resize(robots_.size());
    host_chunk_.resize(static_cast<std::size_t>(chunk_.size()));
    physical_chunk_.resize(host_chunk_.size());
    predicted_.resize(static_cast<std::size_t>(options_.robots * remaining() * dimensions()));
    actions_.resize(static_cast<std::size_t>(options_.robots * shape().execute * dimensions()));
    previous_.resize(static_cast<std::size_t>(dimensions()));
    for (index_t i = 0; i < options_.robots; ++i) {
      reset(i, static_cast<std::uint64_t>(i));
    }
  }

  [[nodiscard]] const policy_manifest& manifest() const override { return manifest_; }
  [[nodiscard]] index_t robots() const override { return options_.robots; }
  [[nodiscard]] const inference_options& inference() const override { return *options_.inference; }
  [[nodiscard]] const range_counter& ranges() const override { return history_.ranges(); }
  /// Predictions so far whose steps were one launch.
  [[nodiscard]] index_t launches() const { return sampler_.launches(); }

  void reset(index_t robot, std::uint64_t episode) override {
    check(robot);
    robots_[static_cast<std::size_t>(robot)] = {.episode = episode};
    history_.reset(robot);
  }

  void rest(index_t robot) override {
    check(robot);
    robots_[static_cast<std::size_t>(robot)].rests = true;
  }

  void observe(index_t robot, const observation& o) override {
    check(robot);
    history_.add(robot, o);
  }
  using controller::observe;

  void warm_up() override {
    // The second pass merges the blocks of the workspace. A backend that records needs one that
    // allocates nothing, and one to record.
    constexpr int passes = RecordingBackend<B> ? 4 : 2;
    awake_.resize(robots_.size());
    std::iota(awake_.begin(), awake_.end(), index_t{0});
    for (int pass = 0; pass < passes; ++pass) {
      encode();
      be_->fill(chunk_.view(), T(0));
      sampler_(*be_, inference(), chunk_.view());
    }
  }

  action_plan act() override {
    choose_awake();
    if (!awake_.empty()) {
      encode();
      draw_noise();
      sampler_(*be_, inference(), rows(chunk_.view(), 0, awake()));
      download();
    }
    return finish();
  }

 private:
  struct robot_state {
    std::uint64_t episode = 0;
    std::uint64_t calls = 0;
    bool rests = false;
  };

  static controller_options checked(controller_options o, const policy_manifest& m) {
    FLOWKIT_VALIDATE(o.robots > 0, "a controller for ", o.robots, " robots: give at least one");
    if (!o.inference) o.inference = m.inference;
    validate(*o.inference);
    if (!o.guard) o.guard = guard_within(m.normalizers.action.statistics());
    return o;
  }

  void check(index_t robot) const {
    FLOWKIT_VALIDATE(robot >= 0 && robot < robots(), "there is no robot ", robot,
                     ": this controller has 0 .. ", robots() - 1);
  }

  [[nodiscard]] index_t dimensions() const { return shape().action_size(); }
  /// Actions of a prediction from the current one on.
  [[nodiscard]] index_t remaining() const { return shape().horizon - shape().observe + 1; }

  /// Robots that act.
  [[nodiscard]] index_t awake() const { return static_cast<index_t>(awake_.size()); }

  void choose_awake() {
    awake_.clear();
    for (index_t i = 0; i < robots(); ++i) {
      if (robots_[static_cast<std::size_t>(i)].rests) continue;
      FLOWKIT_VALIDATE(history_.seen(i) > 0, "robot ", i,
                       " has seen nothing since its reset: call observe before act");
      awake_.push_back(i);
    }
  }

  void encode() {
    workspace<B>& ws = sampler_.scratch();
    ws.rewind();
    const scratch_scope<B> scope(ws);
    const observation_batch<B> seen = history_.upload(*be_, awake_);
    be_->copy(rows(condition_.view(), 0, awake()),
              const_view_of<B, 2>(field_.encoder().forward(*be_, weights_, seen, ws, encoded_)));
  }

  void draw_noise() {
    for (index_t row = 0; row < awake(); ++row) {
      robot_state& r = robots_[static_cast<std::size_t>(robot_of(row))];
      const rng_key key = rng_key{options_.seed, 0}.split(r.episode).split(r.calls++);
      be_->normal(rows(chunk_.view(), row, 1), key);
    }
  }
  [[nodiscard]] index_t robot_of(index_t row) const {
    return awake_[static_cast<std::size_t>(row)];
  }

  /// Downloads and converts the chunks of the robots that act.
  void download() {
    const extents<2> shape_of_chunks{awake(), shape().chunk_size()};
    const auto numbers = static_cast<std::size_t>(size_of(shape_of_chunks));
    be_->download(std::span<T>(host_chunk_).first(numbers),
                  flatten(rows(std::as_const(chunk_).view(), 0, awake())));
    manifest_.normalizers.action.denormalize(
        chunks<normalized, const T>(host_view(host_chunk_.data(), shape_of_chunks)),
        chunks<physical, float>(host_view(physical_chunk_.data(), shape_of_chunks)));
  }

  /// Guards the chunks of the robots that act.
  action_plan finish() {
    action_plan plan{.robots = robots(),
                     .execute = shape().execute,
                     .dimensions = dimensions(),
                     .actions = {},
                     .predicted = {},
                     .guard = {},
                     .evaluations = evaluations_};
    std::fill(evaluations_.begin(), evaluations_.end(), index_t{0});
    for (index_t row = 0; row < awake(); ++row) {
      evaluations_[static_cast<std::size_t>(robot_of(row))] = sampler_.evaluations(row);
      plan.guard += finish_robot(row);
    }
    plan.predicted = chunks<physical, const float>(
        host_view(std::as_const(predicted_).data(), extents{robots(), remaining() * dimensions()}));
    plan.actions = chunks<physical, const float>(host_view(
        std::as_const(actions_).data(), extents{robots(), shape().execute * dimensions()}));
    return plan;
  }

  /// Cuts what follows the current observation out of a chunk; the guard continues from the last
  /// action of the plan before.
  guard_report finish_robot(index_t row) {
    const index_t d = dimensions();
    const index_t i = robot_of(row);
    const float* from = physical_chunk_.data() + (row * shape().horizon + shape().observe - 1) * d;
    float* const actions = actions_.data() + i * shape().execute * d;
    const bool first = robots_[static_cast<std::size_t>(i)].calls == 1;
    std::copy_n(actions + (shape().execute - 1) * d, d, previous_.begin());
    std::copy_n(from, remaining() * d, predicted_.data() + i * remaining() * d);
    std::copy_n(from, shape().execute * d, actions);
    return guard_.apply(chunks<physical, float>(host_view(actions, extents{shape().execute, d})),
                        {previous_.data(), first ? std::size_t{0} : static_cast<std::size_t>(d)});
  }

  using T = typename B::value_type;

  template <class U>
  static view<U, 2, host_space> host_view(U* data, const extents<2>& shape) {
    return {data, shape};
  }

  B* be_;
  policy_manifest manifest_;
  controller_options options_;
  visuomotor_field field_;
  parameters<B> weights_;
  held_by<B> held_;
  observation_history<B> history_;
  saved_of<observation_encoder, B> encoded_;
  tensor<B, 2> condition_;
  tensor<B, 2> chunk_;
  chunk_sampler<B> sampler_;
  action_guard guard_;
  std::vector<robot_state> robots_;
  std::vector<index_t> awake_;        // robots that act, ascending: rows of conditions and chunks
  std::vector<index_t> evaluations_;  // of the last call, for each robot
  std::vector<T> host_chunk_;
  std::vector<float> physical_chunk_;
  std::vector<float> predicted_;
  std::vector<float> actions_;
  std::vector<float> previous_;  // the last action of a robot's plan before
};

}  // namespace flowkit::policy
