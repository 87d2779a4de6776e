// The kernels of group normalisation: one block per image and group.
#pragma once

#include "columns.hpp"

#include <cmath>

namespace flowkit::detail {

/// The elements of one image and group: positions times the channels of the group.
struct norm_group {
  index_t positions;
  index_t width;  ///< channels per group
  index_t groups;

  /// The group of a block, and its image.
  [[nodiscard]] FLOWKIT_HD index_t image(index_t block) const { return quotient(block, groups); }
  [[nodiscard]] FLOWKIT_HD index_t first_channel(index_t block) const {
    return (block - image(block) * groups) * width;
  }
  [[nodiscard]] FLOWKIT_HD float count() const { return static_cast<float>(positions * width); }

  /// f(position, channel) for the elements of one thread.
  template <class F>
  FLOWKIT_HD void visit(index_t block, int thread, int threads, const F& f) const {
    const index_t channel = first_channel(block);
    for (index_t e = thread; e < positions * width; e += threads) {
      const index_t position = quotient(e, width);
      f(position, channel + e - position * width);
    }
  }
};

inline constexpr int norm_threads = 256;

/// The sum of f(position, channel) over the group of a block.
template <class Block, class F>
FLOWKIT_HD float group_sum(Block& block, const norm_group& group, const F& f) {
  auto sum = block.template registers<float>();
  block.phase([&](int thread) {
    float total = 0;
    group.visit(block.index(), thread, norm_threads,
                [&](index_t p, index_t c) { total += f(p, c); });
    sum[thread] = total;
  });
  return block_reduce(block, sum, norm_threads, block.shared(), plus{});
}

/// What a group was normalised by, [batch, group].
template <class T>
struct norm_statistics {
  T* mean;
  T* inverse_deviation;
};

struct norm_pass {
  static constexpr int threads = norm_threads;
  using shared_memory = warp_values<float>;
  norm_group group;
  float epsilon;
  stack<const float> x;
  const float* scale;
  const float* shift;
  stack<float> y;
  norm_statistics<float> saved;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    const index_t n = group.image(block.index());
    const float mean =
        group_sum(block, group, [&](index_t p, index_t c) { return x.at(n, p, c); }) /
        group.count();
    // Deviations from the mean, not squares: a mean far from zero costs no accuracy.
    const float variance = group_sum(block, group,
                                     [&](index_t p, index_t c) {
                                       const float d = x.at(n, p, c) - mean;
                                       return d * d;
                                     }) /
                           group.count();
    const float inverse = 1.0f / std::sqrt(variance + epsilon);
    block.last([&](int thread) {
      group.visit(block.index(), thread, threads, [&](index_t p, index_t c) {
        y.at(n, p, c) = (x.at(n, p, c) - mean) * inverse * scale[c] + shift[c];
      });
      if (thread != 0) return;
      saved.mean[block.index()] = mean;
      saved.inverse_deviation[block.index()] = inverse;
    });
  }
};

/// dy = scale inverse (dx - mean of dx - x^ mean of (dx x^)), x^ the normalised input.
struct norm_tangent_pass {
  static constexpr int threads = norm_threads;
  using shared_memory = warp_values<float>;
  norm_group group;
  stack<const float> x;
  const float* scale;
  norm_statistics<const float> saved;
  stack<const float> dx;
  stack<float> dy;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    const index_t n = group.image(block.index());
    const float mean = saved.mean[block.index()];
    const float inverse = saved.inverse_deviation[block.index()];
    const auto normal = [&](index_t p, index_t c) { return (x.at(n, p, c) - mean) * inverse; };
    const float shift =
        group_sum(block, group, [&](index_t p, index_t c) { return dx.at(n, p, c); }) /
        group.count();
    const float slope =
        group_sum(block, group,
                  [&](index_t p, index_t c) { return dx.at(n, p, c) * normal(p, c); }) /
        group.count();
    block.last([&](int thread) {
      group.visit(block.index(), thread, threads, [&](index_t p, index_t c) {
        dy.at(n, p, c) = scale[c] * inverse * (dx.at(n, p, c) - shift - normal(p, c) * slope);
      });
    });
  }
};

/// dx of the same: inverse (g - mean of g - x^ mean of (g x^)) with g = scale dy.
struct norm_backward_pass {
  static constexpr int threads = norm_threads;
  using shared_memory = warp_values<float>;
  norm_group group;
  stack<const float> x;
  const float* scale;
  norm_statistics<const float> saved;
  stack<const float> dy;
  stack<float> dx;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    const index_t n = group.image(block.index());
    const float mean = saved.mean[block.index()];
    const float inverse = saved.inverse_deviation[block.index()];
    const auto normal = [&](index_t p, index_t c) { return (x.at(n, p, c) - mean) * inverse; };
    const auto scaled = [&](index_t p, index_t c) { return scale[c] * dy.at(n, p, c); };
    const float shift = group_sum(block, group, scaled) / group.count();
    const float slope =
        group_sum(block, group, [&](index_t p, index_t c) { return scaled(p, c) * normal(p, c); }) /
        group.count();
    block.last([&](int thread) {
      group.visit(block.index(), thread, threads, [&](index_t p, index_t c) {
        dx.at(n, p, c) = inverse * (scaled(p, c) - shift - normal(p, c) * slope);
      });
    });
  }
};

/// Sums over positions of dy and of dy x^, [batch, channel]: what the parameters' gradients add up.
struct norm_parameters_pass {
  static constexpr int threads = column_side * warp_threads;
  struct shared_memory {
    column_values shift;
    column_values scale;
  };
  norm_group group;
  stack<const float> x;
  norm_statistics<const float> saved;
  stack<const float> dy;
  float* dshift;
  float* dscale;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto& shared = block.shared();
    const index_t channels = group.width * group.groups;
    const column_block part = column_block::of(block, group.positions, channels);
    const auto slope = [&](index_t p, index_t c, int) { return dy.at(part.image, p, c); };
    const auto product = [&](index_t p, index_t c, int) {
      const index_t at = part.image * group.groups + quotient(c, group.width);
      return dy.at(part.image, p, c) * (x.at(part.image, p, c) - saved.mean[at]) *
             saved.inverse_deviation[at];
    };
    part.reduce(block, shared.shift, 0, slope, plus{});
    part.reduce(block, shared.scale, 0, product, plus{});
    block.last([&](int thread) {
      const index_t c = part.tile + thread;
      if (thread >= warp_threads || c >= channels) return;
      dshift[part.image * channels + c] = shared.shift.value[0][thread];
      dscale[part.image * channels + c] = shared.scale.value[0][thread];
    });
  }
};

template <class U>
norm_group norm_group_of(index_t groups, const view<U, 3, cuda_space>& x) {
  FLOWKIT_EXPECT(groups > 0 && x.shape()[2] % groups == 0);
  return {x.shape()[1], x.shape()[2] / groups, groups};
}

template <class U>
norm_statistics<U> statistics_of(const view<U, 2, cuda_space>& mean,
                                 const view<U, 2, cuda_space>& inverse_deviation) {
  FLOWKIT_EXPECT(mean.dense() && inverse_deviation.dense());
  return {mean.data(), inverse_deviation.data()};
}

}  // namespace flowkit::detail
