// Sums as device kernels: cut at places that depend on the shape alone, added in a fixed tree.
#pragma once

#include <flowkit/backends/device/entry.hpp>
#include <flowkit/backends/device/kernel.hpp>
#include <flowkit/fn/arithmetic.hpp>

namespace flowkit::detail {

template <class F, std::size_t N, std::size_t... I>
FLOWKIT_HD float term(const reduction_arguments<F, N>& args, const index_t (&at)[N],
                      std::index_sequence<I...>) {
  return args.f(static_cast<float>(args.input[I][at[I]])...);
}

/// f of the operands at an element of the flattened nest.
template <class F, std::size_t N>
FLOWKIT_HD float term_at(const reduction_arguments<F, N>& args, index_t row, index_t column) {
  const index_t upper = quotient(row, args.loop.outer[2]);
  const index_t last = row - upper * args.loop.outer[2];
  const index_t first = quotient(upper, args.loop.outer[1]);
  const index_t middle = upper - first * args.loop.outer[1];
  index_t at[N];
  for (std::size_t i = 0; i < N; ++i) {
    at[i] = first * args.loop.outer_stride[0][i] + middle * args.loop.outer_stride[1][i] +
            last * args.loop.outer_stride[2][i] + column * args.loop.inner_stride[i];
  }
  return term(args, at, std::make_index_sequence<N>{});
}

/// out[block] = the sum of one chunk of all elements.
template <class F, std::size_t N>
struct total_pass {
  static constexpr int threads = 256;
  using shared_memory = warp_values<float>;
  reduction_arguments<F, N> args;
  index_t count;
  float* out;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto sum = block.template registers<float>();
    const index_t begin = block.index() * total_chunk;
    const index_t end = least(begin + total_chunk, count);
    block.phase([&](int thread) {
      float total = 0;
      for (index_t e = begin + thread; e < end; e += threads) {
        const index_t row = quotient(e, args.loop.inner);
        total += term_at(args, row, e - row * args.loop.inner);
      }
      sum[thread] = total;
    });
    const float total = block_reduce(block, sum, threads, block.shared(), plus{});
    block.last([&](int thread) {
      if (thread == 0) out[block.index()] = total;
    });
  }
};

/// out[row] by one warp each, for rows that are short.
template <class F, std::size_t N>
struct short_rows_pass {
  static constexpr int threads = 256;
  static constexpr index_t block_rows = threads / warp_threads;
  using shared_memory = no_shared_memory;
  reduction_arguments<F, N> args;
  float* out;
  index_t step;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto sum = block.template registers<float>();
    const index_t first = block.index() * block_rows;
    block.phase([&](int thread) {
      const index_t row = first + thread / warp_threads;
      float total = 0;
      if (row < args.loop.outer[2]) {
        for (index_t c = thread % warp_threads; c < args.loop.inner; c += warp_threads) {
          total += term_at(args, row, c);
        }
      }
      sum[thread] = total;
    });
    const auto whole = block.warp_reduce(sum, plus{});
    block.last([&](int thread) {
      const index_t row = first + thread / warp_threads;
      if (thread % warp_threads == 0 && row < args.loop.outer[2]) out[row * step] = whole[thread];
    });
  }
};

/// out[row] by one block each.
template <class F, std::size_t N>
struct long_rows_pass {
  static constexpr int threads = 256;
  using shared_memory = warp_values<float>;
  reduction_arguments<F, N> args;
  float* out;
  index_t step;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto sum = block.template registers<float>();
    const index_t row = block.index();
    block.phase([&](int thread) {
      float total = 0;
      for (index_t c = thread; c < args.loop.inner; c += threads) total += term_at(args, row, c);
      sum[thread] = total;
    });
    const float total = block_reduce(block, sum, threads, block.shared(), plus{});
    block.last([&](int thread) {
      if (thread == 0) out[row * step] = total;
    });
  }
};

/// Sums over the middle axis of [batch, rows, columns] by blocks of 32 columns and 8 rows at a
/// time; out[batch, chunk, column].
template <class F, std::size_t N>
struct columns_pass {
  static constexpr int threads = 256;
  static constexpr int side = threads / warp_threads;
  struct shared_memory {
    float sum[side][warp_threads];
  };
  reduction_arguments<F, N> args;
  index_t chunk_rows;
  index_t chunks;
  float* out;
  bool add;

  [[nodiscard]] index_t blocks() const {
    return args.loop.outer[1] * chunks * parts(args.loop.inner, warp_threads);
  }

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    auto& shared = block.shared();
    const index_t tiles = parts(args.loop.inner, warp_threads);
    const index_t part = quotient(block.index(), tiles);
    const index_t tile = (block.index() - part * tiles) * warp_threads;
    const index_t image = quotient(part, chunks);
    const index_t begin = (part - image * chunks) * chunk_rows;
    const index_t end = least(begin + chunk_rows, args.loop.outer[2]);
    block.phase([&](int thread) {
      const index_t column = tile + thread % warp_threads;
      float sum = 0;
      if (column < args.loop.inner) {
        for (index_t row = begin + thread / warp_threads; row < end; row += side) {
          sum += term_at(args, image * args.loop.outer[2] + row, column);
        }
      }
      shared.sum[thread / warp_threads][thread % warp_threads] = sum;
    });
    block.last([&](int thread) {
      const index_t column = tile + thread;
      if (thread >= warp_threads || column >= args.loop.inner) return;
      float sum = 0;
      for (int i = 0; i < side; ++i) sum += shared.sum[i][thread];
      float& target = out[part * args.loop.inner + column];
      target = add ? target + sum : sum;
    });
  }
};

template <class D, class F, std::size_t N>
void device_reduction<D, F, N>::total(D& device, const arguments& args, float* partial,
                                      float* out) {
  const index_t count = args.loop.rows() * args.loop.inner;
  const index_t blocks = parts(count, total_chunk);
  device.launch(total_pass<F, N>{args, count, blocks > 1 ? partial : out}, blocks > 1 ? blocks : 1);
  if (blocks <= 1) return;
  const loop_nest<1> line{{1, 1, 1}, blocks, {{0}, {0}, {blocks}}, {1}};
  device_reduction<D, fn::identity, 1>::rows(device, {{}, {partial}, line}, out, 1);
}

template <class D, class F, std::size_t N>
void device_reduction<D, F, N>::rows(D& device, const arguments& args, float* out, index_t step) {
  using short_pass = short_rows_pass<F, N>;
  const index_t rows = args.loop.outer[2];
  if (rows == 0) return;
  if (args.loop.inner <= 1024) {
    device.launch(short_pass{args, out, step}, parts(rows, short_pass::block_rows));
  } else {
    device.launch(long_rows_pass<F, N>{args, out, step}, rows);
  }
}

template <class D, class F, std::size_t N>
void device_reduction<D, F, N>::columns(D& device, const arguments& args, float* partial, bool add,
                                        float* out) {
  const index_t images = args.loop.outer[1];
  const index_t rows = args.loop.outer[2];
  const index_t width = args.loop.inner;
  if (images * width == 0) return;
  const index_t chunks = parts(rows, column_chunk);
  if (chunks <= 1) {
    const columns_pass<F, N> whole{args, rows, 1, out, add};
    device.launch(whole, whole.blocks());
    return;
  }
  const columns_pass<F, N> cut{args, column_chunk, chunks, partial, false};
  device.launch(cut, cut.blocks());
  const loop_nest<1> rest{{1, images, chunks}, width, {{0}, {chunks * width}, {width}}, {1}};
  const columns_pass<fn::identity, 1> all{{{}, {partial}, rest}, chunks, 1, out, add};
  device.launch(all, all.blocks());
}

}  // namespace flowkit::detail
