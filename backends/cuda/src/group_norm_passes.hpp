// The kernels of group normalisation and of its tangent: one block per image and group.
#pragma once

#include "columns.hpp"

#include <array>
#include <cmath>
#include <utility>

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

/// What all passes read: the input, and how channels are scaled and shifted.
struct norm_input {
  norm_group group;
  stack<const float> x;
  const float* scale;
  const float* shift;

  [[nodiscard]] FLOWKIT_HD index_t channels() const { return group.width * group.groups; }
};

/// The normalised x at one element, before and after scale and shift.
struct norm_values {
  float plain;
  float scaled;

  FLOWKIT_HD norm_values(const norm_input& in, float mean, float inverse, index_t n, index_t p,
                         index_t c)
      : plain((in.x.at(n, p, c) - mean) * inverse), scaled(plain * in.scale[c] + in.shift[c]) {}
};

/// The further operands of an epilogue, and what it does at one element.
template <class F>
struct norm_epilogue {
  stack<const float> others[F::others > 0 ? F::others : 1];

  [[nodiscard]] FLOWKIT_HD float value(float h, index_t n, index_t p, index_t c) const {
    return value(h, {n, p, c}, std::make_index_sequence<F::others>{});
  }
  [[nodiscard]] FLOWKIT_HD auto pull(float g, float h, index_t n, index_t p, index_t c) const {
    return pull(g, h, {n, p, c}, std::make_index_sequence<F::others>{});
  }

 private:
  struct element {
    index_t n;
    index_t p;
    index_t c;
  };

  template <std::size_t... I>
  FLOWKIT_HD float value(float h, [[maybe_unused]] const element& e,
                         std::index_sequence<I...>) const {
    return F::value(h, static_cast<float>(others[I].at(e.n, e.p, e.c))...);
  }
  template <std::size_t... I>
  FLOWKIT_HD auto pull(float g, float h, [[maybe_unused]] const element& e,
                       std::index_sequence<I...>) const {
    return F::pull(g, h, static_cast<float>(others[I].at(e.n, e.p, e.c))...);
  }
};

template <class F>
struct norm_pass {
  static constexpr int threads = norm_threads;
  using shared_memory = warp_values<float>;
  norm_input in;
  float epsilon;
  norm_epilogue<F> then;
  stack<float> y;
  norm_statistics<float> saved;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    const norm_group& group = in.group;
    const index_t n = group.image(block.index());
    const float mean =
        group_sum(block, group, [&](index_t p, index_t c) { return in.x.at(n, p, c); }) /
        group.count();
    // Deviations from the mean, not squares: a mean far from zero costs no accuracy.
    const float variance = group_sum(block, group,
                                     [&](index_t p, index_t c) {
                                       const float d = in.x.at(n, p, c) - mean;
                                       return d * d;
                                     }) /
                           group.count();
    const float inverse = 1.0f / std::sqrt(variance + epsilon);
    block.last([&](int thread) {
      group.visit(block.index(), thread, threads, [&](index_t p, index_t c) {
        y.at(n, p, c) = then.value(norm_values(in, mean, inverse, n, p, c).scaled, n, p, c);
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

template <class F>
norm_epilogue<F> norm_epilogue_of(
    const std::array<view<const float, 3, cuda_space>, F::others>& others,
    [[maybe_unused]] const extents<3>& shape) {
  norm_epilogue<F> out{};
  stack<const float>* to = out.others;
  for (const auto& other : others) {
    FLOWKIT_EXPECT(other.shape() == shape);
    *to++ = stack_of(other);
  }
  return out;
}

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
