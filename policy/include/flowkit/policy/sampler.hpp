// From noise to normalised chunks, as an inference setting says; evaluations are counted.
#pragma once

#include <flowkit/backend/replay.hpp>
#include <flowkit/core/assert.hpp>
#include <flowkit/field/conditioned.hpp>
#include <flowkit/field/network_field.hpp>
#include <flowkit/policy/manifest.hpp>
#include <flowkit/policy/visuomotor_field.hpp>
#include <flowkit/solver/adaptive.hpp>

#include <utility>

namespace flowkit::policy {

/// Integrates the velocity of a policy for n samples at once, with a fixed number of steps or to a
/// tolerance, through the same field. Refers to `velocity`, weights and conditions, which must
/// outlive it; not movable, since solvers refer to its parts. After the first call with a setting,
/// further calls allocate nothing; with a fixed number of steps and x in one place, they are one
/// launch on backends that record (CUDA graphs).
template <NeuralBackend B>
class chunk_sampler {
 public:
  /// `velocity` and `weights` belong together: field().velocity() with the weights of a policy, or
  /// velocity_alone() with those of a student. Allocates.
  chunk_sampler(B& be, const unet1d& velocity, const parameters<B>& weights,
                const_view_of<B, 2> conditions)
      : ws_(be),
        conditions_(conditions),
        field_(be, network_field<unet1d, B>(velocity, weights, ws_), conditions),
        euler_steps_(be) {}
  chunk_sampler(const chunk_sampler&) = delete;
  chunk_sampler& operator=(const chunk_sampler&) = delete;

  /// Moves the noise x [m, chunk] to chunks, in place: row i under condition i, where m is n or
  /// less. `be` is the backend of the constructor. One Euler step is x + v(x, epsilon). Never
  /// throws for what goes wrong in the mathematics, see `result`.
  void operator()(B& be, const inference_options& o, view_of<B, 2> x) {
    FLOWKIT_EXPECT(&be == &ws_.backend());
    field_.rebind(rows(conditions_, 0, x.shape()[0]));
    if (o.solver == inference_solver::euler) {
      take_euler_steps(be, o, x);
      fixed_ = o.steps;
      evaluations_ = o.steps * x.shape()[0];
      return;
    }
    fixed_ = 0;
    const adaptive_options options{.relative = o.tolerance, .absolute = o.tolerance};
    integrate(be, dormand_prince{}, field_, x, time_span{o.epsilon, 1}, options, ws_, result_);
    evaluations_ = result_.total().evaluations;
  }

  /// Calls so far that were one launch.
  [[nodiscard]] index_t launches() const { return euler_steps_.launches(); }
  /// Network evaluations of the last call, summed over its samples.
  [[nodiscard]] index_t evaluations() const { return evaluations_; }
  /// Those of one sample; it does not depend on the others.
  [[nodiscard]] index_t evaluations(index_t sample) const {
    return fixed_ > 0 ? fixed_ : result_.samples[static_cast<std::size_t>(sample)].evaluations;
  }
  /// What became of every sample, after an adaptive call; empty before.
  [[nodiscard]] const integration_result& result() const { return result_; }
  [[nodiscard]] workspace<B>& scratch() { return ws_; }

 private:
  /// What a recording of Euler steps depends on: where they begin in scratch memory, settings,
  /// state.
  struct euler_call {
    std::size_t scratch_block = 0;
    index_t scratch_used = 0;
    index_t steps = 0;
    double epsilon = 0;
    const void* x = nullptr;
    extents<2> shape{};
    extents<2> strides{};

    friend bool operator==(const euler_call&, const euler_call&) = default;
  };

  void take_euler_steps(B& be, const inference_options& o, view_of<B, 2> x) {
    const sampler_grid grid(o.steps, o.epsilon);
    const auto scratch = ws_.position();
    const euler_call call{scratch.block, scratch.used, o.steps,    o.epsilon,
                          x.data(),      x.shape(),    x.strides()};
    if (std::exchange(last_, call) != call) euler_steps_.forget();
    euler_steps_([&] { integrate(be, euler{}, field_, x, grid, ws_); });
  }

  workspace<B> ws_;
  const_view_of<B, 2> conditions_;
  conditioned<network_field<unet1d, B>, B> field_;
  replay<B> euler_steps_;
  euler_call last_;
  integration_result result_;
  index_t evaluations_ = 0;
  index_t fixed_ = 0;  // steps of every sample in the last call; 0: each its own number
};

}  // namespace flowkit::policy
