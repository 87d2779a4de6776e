// The kernels of the way back through group normalisation: sums per image and channel, then dx.
#pragma once

#include "group_norm_passes.hpp"

namespace flowkit::detail {

/// Sums that are added side by side.
struct plus_each {
  template <std::size_t N>
  FLOWKIT_HD fn::several<float, N> operator()(fn::several<float, N> a,
                                              const fn::several<float, N>& b) const {
    for (std::size_t i = 0; i < N; ++i) a.value[i] += b.value[i];
    return a;
  }
};

/// One number per image and channel.
struct channel_numbers {
  float* data;
  index_t image_step;

  [[nodiscard]] FLOWKIT_HD float& at(index_t image, index_t channel) const {
    return data[image * image_step + channel];
  }
};

/// Sums over positions, [batch, channel]: of dh, the gradient of the normalised x after scale and
/// shift; of dh x^; and of the gradients of operands of the epilogue.
template <class F>
struct norm_sums_pass {
  static constexpr int threads = column_side * warp_threads;
  static constexpr std::size_t count = 2 + F::gradients;
  using shared_memory = column_values<fn::several<float, count>>;
  norm_input in;
  norm_statistics<const float> saved;
  norm_epilogue<F> then;
  stack<const float> dy;
  channel_numbers sums[count];

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto& shared = block.shared();
    const index_t channels = in.channels();
    const column_block part = column_block::of(block, in.group.positions, channels);
    const auto terms = [&](index_t p, index_t c, int) {
      const index_t at = part.image * in.group.groups + quotient(c, in.group.width);
      const norm_values x(in, saved.mean[at], saved.inverse_deviation[at], part.image, p, c);
      const auto g = then.pull(dy.at(part.image, p, c), x.scaled, part.image, p, c);
      fn::several<float, count> out{{g.value[0], g.value[0] * x.plain}};
      for (std::size_t i = 2; i < count; ++i) out.value[i] = g.value[i - 1];
      return out;
    };
    part.reduce(block, shared, {}, terms, plus_each{});
    block.last([&](int thread) {
      const index_t c = part.tile + thread;
      if (thread >= warp_threads || c >= channels) return;
      for (std::size_t i = 0; i < count; ++i) {
        sums[i].at(part.image, c) = shared.value[0][thread].value[i];
      }
    });
  }
};

/// dx of the same: inverse (g - mean of g - x^ mean of (g x^)) with g = scale dh; the means come
/// from the sums of dh and of dh x^.
template <class F>
struct norm_backward_pass {
  static constexpr int threads = norm_threads;
  using shared_memory = warp_values<float>;
  norm_input in;
  norm_statistics<const float> saved;
  norm_epilogue<F> then;
  stack<const float> dy;
  channel_numbers sums;
  channel_numbers products;
  stack<float> dx;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    const norm_group& group = in.group;
    const index_t n = group.image(block.index());
    const float mean = saved.mean[block.index()];
    const float inverse = saved.inverse_deviation[block.index()];
    const float slope = group_mean(block, n, sums);
    const float input = group_mean(block, n, products);
    block.last([&](int thread) {
      group.visit(block.index(), thread, threads, [&](index_t p, index_t c) {
        const norm_values x(in, mean, inverse, n, p, c);
        const float dh = then.pull(dy.at(n, p, c), x.scaled, n, p, c).value[0];
        dx.at(n, p, c) = inverse * (in.scale[c] * dh - slope - x.plain * input);
      });
    });
  }

 private:
  /// The mean over the group of scale times what was summed over positions.
  template <class Block>
  FLOWKIT_HD float group_mean(Block& block, index_t n, const channel_numbers& of) const {
    const norm_group channels{1, in.group.width, in.group.groups};
    return group_sum(block, channels,
                     [&](index_t, index_t c) { return in.scale[c] * of.at(n, c); }) /
           in.group.count();
  }
};

}  // namespace flowkit::detail
