// Passes over windows without training: conditions, and the held-out loss of the base flow.
#pragma once

#include "core/stages/window_set.hpp"

#include <flowkit/backend/device_scalar.hpp>

namespace flowkit::policy::detail {

/// Mean squared difference of two matrices, on the host. Synchronises.
template <class B>
double mean_square(B& be, const_view_of<B, 2> a, const_view_of<B, 2> b) {
  device_scalar<B> sum(be);
  be.sum(fn::squared_difference{}, sum.view(), a, b);
  return static_cast<double>(sum.read()) / static_cast<double>(a.size());
}

/// Error of a velocity network at (x_t, t, c) against x1 - x0. Synchronises.
template <class B>
double velocity_error(B& be, const unet1d& velocity, const parameters<B>& p,
                      const training_batch<B>& batch, const_view_of<B, 1> t, workspace<B>& ws) {
  const scratch_scope scope(ws);
  const view_of<B, 2> xt = ws.take(batch.x1.shape());
  const view_of<B, 2> ut = ws.take(batch.x1.shape());
  linear_path{}.sample(be, t, batch.x0, batch.x1, xt, ut);
  saved_of<unet1d, B> unused;
  const field_input<B> in{xt, instant(be, velocity, t, ws), batch.condition};
  const const_view_of<B, 2> y = velocity.forward(be, p, in, ws, unused);
  return mean_square<B>(be, y, ut);
}

/// The flow matching loss of a field on windows that were put aside: noise and times are functions
/// of the key, frames are cut in the middle. Refers to what it is given.
template <class B>
class held_out_matching {
 public:
  held_out_matching(B& be, const visuomotor_field& field, const parameter_store<B>& store,
                    const policy_manifest& m, const window_set& windows, index_t most,
                    index_t batch, rng_key key)
      : be_(&be),
        field_(&field),
        store_(&store),
        windows_(&windows),
        rows_(windows.spread(most)),
        batch_(batch),
        key_(key),
        epsilon_(m.inference.epsilon),
        batcher_(m),
        ws_(be) {}

  [[nodiscard]] index_t size() const { return static_cast<index_t>(rows_.size()); }

  /// Synchronises.
  double operator()(const_view_of<B, 1> weights) {
    double total = 0;
    for (index_t first = 0; first < size(); first += batch_) {
      const index_t count = std::min(batch_, size() - first);
      total += static_cast<double>(count) * loss(store_->view_with(weights), first, count);
    }
    return total / static_cast<double>(size());
  }

 private:
  double loss(const parameters<B>& p, index_t first, index_t count) {
    const std::span<const row_t> rows =
        std::span(rows_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    windows_->gatherer().gather(rows, crop_place::centre, rng_key{}, raw_);
    const visuomotor_batch<B> samples = batcher_(*be_, raw_);
    const rng_key key = key_.split(static_cast<std::uint64_t>(first));
    ws_.rewind();
    const view_of<B, 2> x0 = ws_.take(samples.x1.numbers().shape());
    const view_of<B, 1> t = ws_.take(extents<1>{count});
    be_->normal(x0, key.split(0));
    uniform_time{epsilon_}.draw(*be_, t, key.split(1));
    saved_of<observation_encoder, B> unused;
    const const_view_of<B, 2> c =
        field_->encoder().forward(*be_, p, samples.observations, ws_, unused);
    const training_batch<B> batch{.x1 = samples.x1.numbers(), .x0 = x0, .condition = c};
    return velocity_error(*be_, field_->velocity(), p, batch, const_view_of<B, 1>(t), ws_);
  }

  B* be_;
  const visuomotor_field* field_;
  const parameter_store<B>* store_;
  const window_set* windows_;
  std::vector<row_t> rows_;
  index_t batch_;
  rng_key key_;
  double epsilon_;
  window_batch raw_;
  window_batcher<B> batcher_;
  workspace<B> ws_;
};

}  // namespace flowkit::policy::detail
