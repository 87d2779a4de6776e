// From noise to normalised chunks, as an inference setting says; evaluations are counted.
#pragma once

#include <flowkit/field/conditioned.hpp>
#include <flowkit/field/network_field.hpp>
#include <flowkit/policy/manifest.hpp>
#include <flowkit/policy/visuomotor_field.hpp>
#include <flowkit/solver/adaptive.hpp>

namespace flowkit::policy {

/// Integrates the velocity of a policy for n samples at once, with a fixed number of steps or to a
/// tolerance, through the same field. Refers to `velocity`, weights and conditions, which must
/// outlive it; not movable, since solvers refer to its parts. After the first call with a setting,
/// further calls allocate nothing.
template <NeuralBackend B>
class chunk_sampler {
 public:
  /// `velocity` and `weights` belong together: field().velocity() with the weights of a policy, or
  /// velocity_alone() with those of a student. Allocates.
  chunk_sampler(B& be, const unet1d& velocity, const parameters<B>& weights,
                const_view_of<B, 2> conditions)
      : ws_(be), field_(be, network_field<unet1d, B>(velocity, weights, ws_), conditions) {}
  chunk_sampler(const chunk_sampler&) = delete;
  chunk_sampler& operator=(const chunk_sampler&) = delete;

  /// Moves the noise x [n, chunk] to chunks, in place: row i under condition i. One Euler step is
  /// x + v(x, epsilon). Never throws for what goes wrong in the mathematics, see `result`.
  void operator()(B& be, const inference_options& o, view_of<B, 2> x) {
    if (o.solver == inference_solver::euler) {
      integrate(be, euler{}, field_, x, sampler_grid(o.steps, o.epsilon), ws_);
      fixed_ = o.steps;
      evaluations_ = o.steps * x.shape()[0];
      return;
    }
    fixed_ = 0;
    const adaptive_options options{.relative = o.tolerance, .absolute = o.tolerance};
    integrate(be, dormand_prince{}, field_, x, time_span{o.epsilon, 1}, options, ws_, result_);
    evaluations_ = result_.total().evaluations;
  }

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
  workspace<B> ws_;
  conditioned<network_field<unet1d, B>, B> field_;
  integration_result result_;
  index_t evaluations_ = 0;
  index_t fixed_ = 0;  // steps of every sample in the last call; 0: each its own number
};

}  // namespace flowkit::policy
