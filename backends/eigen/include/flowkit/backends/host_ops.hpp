// Memory, elementwise passes and sums of backends whose memory is the host's.
#pragma once

#include <flowkit/backend/geometry.hpp>
#include <flowkit/backend/tensor.hpp>
#include <flowkit/backends/host_kernels.hpp>
#include <flowkit/core/thread_pool.hpp>

#include <cstring>
#include <span>
#include <vector>

namespace flowkit {

/// How a host backend runs. Results depend on `instructions` (summation order), not on `threads`.
struct host_options {
  int threads = 0;  ///< 0: `default_thread_count()`
  instruction_set instructions = best_instruction_set();
};

/// The operations that every host backend shares, over the threads of one pool. User lambdas are
/// compiled where they stand; functors of this library run as vector kernels of the library.
template <class T>
class host_ops {
 public:
  using value_type = T;
  using space = host_space;
  template <std::size_t R, class U = T>
  using mutable_view = view<U, R, host_space>;
  template <std::size_t R, class U = T>
  using constant_view = view<const U, R, host_space>;

  explicit host_ops(const host_options& options)
      : pool_(options.threads > 0 ? options.threads : default_thread_count()),
        instructions_(options.instructions) {}

  [[nodiscard]] int threads() const { return pool_.size(); }
  [[nodiscard]] instruction_set instructions() const { return instructions_; }

  /// Allocates, aligned to 64 bytes, contents unspecified. Throws invalid_input for a count that
  /// cannot exist, backend_error if there is no such memory.
  template <class U>
  [[nodiscard]] buffer<U, host_space> allocate(index_t count) {
    const index_t elements = detail::allocatable_size<U>(extents<1>{count});
    void* data = detail::allocate_host(elements * static_cast<index_t>(sizeof(U)));
    return {static_cast<U*>(data), count, detail::free_host, nullptr};
  }

  template <class U, std::size_t R>
  void fill(view<U, R, host_space> y, std::type_identity_t<U> value) {
    if constexpr (std::same_as<U, T>) {
      for_each(fn::assign_constant<T>{value}, y);
    } else {
      FLOWKIT_EXPECT(y.dense());
      std::fill_n(y.data(), y.size(), value);
    }
  }

  template <class U, std::size_t R>
  void copy(view<U, R, host_space> y, std::type_identity_t<view<const U, R, host_space>> x) {
    if constexpr (std::same_as<U, T>) {
      for_each(fn::assign{}, y, x);
    } else {
      FLOWKIT_EXPECT(y.dense() && x.dense() && y.shape() == x.shape());
      if (y.size() > 0) std::memmove(y.data(), x.data(), bytes(y));
    }
  }

  template <class U>
  void upload(view<U, 1, host_space> y, std::type_identity_t<std::span<const U>> x) {
    detail::validate_transfer("upload", y, x.size());
    if (y.size() > 0) std::memcpy(y.data(), x.data(), bytes(y));
  }

  template <class U>
  void download(std::span<U> y, std::type_identity_t<view<const U, 1, host_space>> x) {
    detail::validate_transfer("download", x, y.size());
    if (x.size() > 0) std::memcpy(y.data(), x.data(), y.size_bytes());
  }

  void synchronize() {}

  /// See concept Elementwise.
  template <class F, class... U, std::size_t R>
  void for_each(const F& f, view<U, R, host_space>... views) {
    constexpr std::size_t n = sizeof...(U);
    const extents<R> strides[n] = {views.strides()...};
    const extents<R> shape = detail::first(views.shape()...);
    FLOWKIT_EXPECT(((views.shape() == shape) && ...));
    const detail::loop_nest<n> loop = detail::collapse(shape, strides);
    const std::tuple<U*...> data{views.data()...};
    split(loop.rows(), loop.inner, [&](const detail::tile& part) {
      detail::run_elementwise(instructions_, f, loop, data, part);
    });
  }

  void iota(mutable_view<1> y) {
    for (index_t i = 0; i < y.size(); ++i) y(i) = static_cast<T>(i);
  }

  /// See concept Reduction.
  template <class F, class... U, std::size_t R>
  void sum(const F& f, mutable_view<0> out, view<U, R, host_space>... views) {
    constexpr std::size_t n = sizeof...(U);
    const extents<R> strides[n] = {views.strides()...};
    const extents<R> shape = detail::first(views.shape()...);
    FLOWKIT_EXPECT(((views.shape() == shape) && ...));
    const detail::loop_nest<n> loop = detail::collapse(shape, strides);
    const detail::operands<T, n> data{views.data()...};
    const index_t chunk_rows = std::max<index_t>(1, sum_chunk / std::max<index_t>(loop.inner, 1));
    const index_t chunk_columns = std::min(loop.inner, sum_chunk);
    const index_t across = ceil_div(loop.inner, chunk_columns);
    partials_.assign(static_cast<std::size_t>(ceil_div(loop.rows(), chunk_rows) * across), 0.0);
    const auto chunks = static_cast<index_t>(partials_.size());
    pool_.for_each_index(chunks, loop.rows() * loop.inner, [&](index_t i) {
      const detail::tile part = detail::tile_at(i / across, chunk_rows, loop.rows(), i % across,
                                                chunk_columns, loop.inner);
      partials_[static_cast<std::size_t>(i)] = detail::run_sum(instructions_, f, loop, data, part);
    });
    double total = 0;
    for (const double partial : partials_) total += partial;
    out() = static_cast<T>(total);
  }

  template <class F, class... U>
  void row_sums(const F& f, mutable_view<1> out, view<U, 2, host_space>... views) {
    const detail::loop_nest<sizeof...(U)> loop = detail::uncollapsed(views...);
    FLOWKIT_EXPECT(((views.shape()[0] == out.shape()[0]) && ...));
    const detail::operands<T, sizeof...(U)> data{views.data()...};
    split_rows(loop.outer[2], loop.inner, [&](index_t row) {
      out(row) = static_cast<T>(
          detail::run_sum(instructions_, f, loop, data, {row, row + 1, 0, loop.inner}));
    });
  }

  template <class F, class... U>
  void middle_sums(const F& f, mutable_view<2> out, view<U, 3, host_space>... views) {
    const detail::loop_nest<sizeof...(U)> loop = detail::uncollapsed(views...);
    FLOWKIT_EXPECT(out.dense() && out.shape()[0] == loop.outer[1] && out.shape()[1] == loop.inner);
    const detail::operands<T, sizeof...(U)> data{views.data()...};
    split_rows(loop.outer[1], loop.outer[2] * loop.inner, [&](index_t i) {
      const detail::tile part{i * loop.outer[2], (i + 1) * loop.outer[2], 0, loop.inner};
      detail::run_column_sums(instructions_, f, loop, data, part, out.data() + i * loop.inner);
    });
  }

  template <class F, class... U>
  void column_sums(const F& f, accumulate mode, mutable_view<1> out,
                   view<U, 2, host_space>... views) {
    const detail::loop_nest<sizeof...(U)> loop = detail::uncollapsed(views...);
    FLOWKIT_EXPECT(out.dense() && out.shape()[0] == loop.inner);
    const detail::operands<T, sizeof...(U)> data{views.data()...};
    const index_t blocks = ceil_div(loop.outer[2], column_block);
    T* partial = scratch(blocks * loop.inner);
    split_rows(blocks, column_block * loop.inner, [&](index_t i) {
      const index_t last = std::min(loop.outer[2], (i + 1) * column_block);
      detail::run_column_sums(instructions_, f, loop, data, {i * column_block, last, 0, loop.inner},
                              partial + i * loop.inner);
    });
    if (mode == accumulate::overwrite) std::fill_n(out.data(), out.size(), T(0));
    for (index_t i = 0; i < blocks; ++i) {
      for (index_t c = 0; c < loop.inner; ++c) out.data()[c] += partial[i * loop.inner + c];
    }
  }

 protected:
  [[nodiscard]] thread_pool& pool() { return pool_; }

  /// Uninitialised memory of this object, valid until the next call. Grows only.
  [[nodiscard]] T* scratch(index_t count) {
    if (count > scratch_.size()) scratch_ = allocate<T>(count);
    return scratch_.data();
  }

  /// Every row of y = `row`: what a product is added to.
  void repeat_row(constant_view<1> row, mutable_view<2> y) {
    copy(y, repeat_rows(row, y.shape()[0]));
  }

  /// Calls f for tiles that cover rows x columns, in parallel when it is worth waking a thread. An
  /// element counts as a nanosecond: the dearest functors take one, sums half of it.
  template <class F>
  void split(index_t rows, index_t columns, const F& f) {
    if (!pool_.worth_sharing(rows * columns)) {
      if (rows * columns > 0) f(detail::tile{0, rows, 0, columns});
      return;
    }
    const index_t parts = 4 * static_cast<index_t>(threads());
    const bool by_rows = rows >= parts;
    const index_t chunk = ceil_div(by_rows ? rows : columns, parts);
    const index_t across = by_rows ? 1 : ceil_div(columns, chunk);
    const index_t down = by_rows ? ceil_div(rows, chunk) : rows;
    pool_.for_each_index(down * across, [&](index_t i) {
      f(detail::tile_at(i / across, by_rows ? chunk : 1, rows, i % across,
                        by_rows ? columns : chunk, columns));
    });
  }

  /// Calls f(row) for every row, in parallel when rows * cost nanoseconds are worth it.
  template <class F>
  void split_rows(index_t rows, index_t cost, const F& f) {
    pool_.for_each_index(rows, rows * cost, f);
  }

  static constexpr index_t ceil_div(index_t a, index_t b) { return b > 0 ? (a + b - 1) / b : 0; }

 private:
  /// Elements and rows per partial sum: fixed, so that results do not depend on the thread count.
  static constexpr index_t sum_chunk = 8192;
  static constexpr index_t column_block = 256;

  template <class U, std::size_t R>
  static std::size_t bytes(const view<U, R, host_space>& v) {
    return static_cast<std::size_t>(v.size()) * sizeof(U);
  }

  thread_pool pool_;
  instruction_set instructions_;
  buffer<T, host_space> scratch_;
  std::vector<double> partials_;
};

}  // namespace flowkit
