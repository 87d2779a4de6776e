// Sum kernels of the library's functors for one instruction set.
#include "arch/packets.hpp"
#include "elementwise_entry.hpp"

#include <flowkit/fn/kernels.hpp>

namespace flowkit::FLOWKIT_ARCH {
namespace {

template <class F, class T>
struct summation {
  static constexpr std::size_t size = F::arity.inputs;
  /// Independent partial sums, so that an addition need not wait for the one before.
  static constexpr index_t chains = 4;
  using nest = detail::loop_nest<size>;
  using operand_list = std::make_index_sequence<size>;

  template <std::size_t... I>
  static packet<T> term(const F& f, const cursor<const T> (&at)[size], index_t c,
                        std::index_sequence<I...>) {
    return f(load(at[I], c)...);
  }

  template <std::size_t... I>
  static packet<T> term_part(const F& f, const cursor<const T> (&at)[size], index_t c,
                             index_t count, std::index_sequence<I...>) {
    // Lanes past the end hold f(0, ...), which need not be 0: they are cleared afterwards.
    alignas(64) T lane[lanes<T>] = {};
    alignas(64) T all[lanes<T>];
    f(load_part(at[I], c, count)...).store_aligned(all);
    for (index_t i = 0; i < count; ++i) lane[i] = all[i];
    return packet<T>::load_aligned(lane);
  }

  static void position(const nest& loop, const T* const* data, index_t row,
                       cursor<const T> (&at)[size]) {
    for (std::size_t i = 0; i < size; ++i) at[i] = cursor_at(loop, data[i], row, i);
  }

  static double lane_sum(const packet<T>& value) {
    alignas(64) T lane[lanes<T>];
    value.store_aligned(lane);
    double total = 0;
    for (index_t i = 0; i < lanes<T>; ++i) total += static_cast<double>(lane[i]);
    return total;
  }

  static double row_sum(const F& f, const cursor<const T> (&at)[size], index_t c, index_t last) {
    packet<T> sum[chains] = {packet<T>(T(0)), packet<T>(T(0)), packet<T>(T(0)), packet<T>(T(0))};
    for (; c + chains * lanes<T> <= last; c += chains * lanes<T>) {
      for (index_t k = 0; k < chains; ++k) {
        sum[k] = sum[k] + term(f, at, c + k * lanes<T>, operand_list{});
      }
    }
    for (; c + lanes<T> <= last; c += lanes<T>) sum[0] = sum[0] + term(f, at, c, operand_list{});
    if (c < last) sum[1] = sum[1] + term_part(f, at, c, last - c, operand_list{});
    return lane_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
  }

  static double sum(const F& f, const nest& loop, const T* const* data, const detail::tile& part) {
    double total = 0;
    cursor<const T> at[size];
    for (index_t row = part.first_row; row < part.last_row; ++row) {
      position(loop, data, row, at);
      total += row_sum(f, at, part.first_column, part.last_column);
    }
    return total;
  }

  /// Adds the rows of a part to `chains` packets of columns, so that a row is located once for all.
  static void whole_columns(const F& f, const nest& loop, const T* const* data,
                            const detail::tile& part, index_t c, T* out) {
    packet<T> sum[chains];
    for (index_t k = 0; k < chains; ++k) {
      sum[k] = packet<T>::load_unaligned(out + c + k * lanes<T>);
    }
    cursor<const T> at[size];
    for (index_t row = part.first_row; row < part.last_row; ++row) {
      position(loop, data, row, at);
      for (index_t k = 0; k < chains; ++k) {
        sum[k] = sum[k] + term(f, at, c + k * lanes<T>, operand_list{});
      }
    }
    for (index_t k = 0; k < chains; ++k) sum[k].store_unaligned(out + c + k * lanes<T>);
  }

  /// The same for at most one packet.
  static void last_columns(const F& f, const nest& loop, const T* const* data,
                           const detail::tile& part, index_t c, T* out) {
    const index_t left = part.last_column - c < lanes<T> ? part.last_column - c : lanes<T>;
    packet<T> sum = load_part(cursor<T>{out, 1}, c, left);
    cursor<const T> at[size];
    for (index_t row = part.first_row; row < part.last_row; ++row) {
      position(loop, data, row, at);
      sum = sum + (left == lanes<T> ? term(f, at, c, operand_list{})
                                    : term_part(f, at, c, left, operand_list{}));
    }
    store_part(cursor<T>{out, 1}, c, left, sum);
  }

  /// A few rows at a time: walking down a whole matrix would touch a page of memory per row.
  static void column_sums(const F& f, const nest& loop, const T* const* data,
                          const detail::tile& part, T* out) {
    constexpr index_t rows_at_once = 16;
    for (index_t c = part.first_column; c < part.last_column; ++c) out[c] = T(0);
    for (index_t row = part.first_row; row < part.last_row; row += rows_at_once) {
      detail::tile few = part;
      few.first_row = row;
      few.last_row = part.last_row - row < rows_at_once ? part.last_row : row + rows_at_once;
      index_t c = part.first_column;
      for (; c + chains * lanes<T> <= part.last_column; c += chains * lanes<T>) {
        whole_columns(f, loop, data, few, c, out);
      }
      for (; c < part.last_column; c += lanes<T>) last_columns(f, loop, data, few, c, out);
    }
  }
};

}  // namespace

template <class F, class T>
reduction_functions<F, T> reduction() {
  return {&summation<F, T>::sum, &summation<F, T>::column_sums};
}

namespace {

template <class T, class... F>
[[maybe_unused]] std::size_t instantiate(fn::type_list<F...>) {
  return (reinterpret_cast<std::size_t>(&reduction<F, T>) + ...);
}

}  // namespace

/// Keeps the list alive; never called for its value.
std::size_t reduction_kernel_list() {
  return instantiate<float>(fn::reduction_kernels<float>{}) +
         instantiate<double>(fn::reduction_kernels<double>{});
}

}  // namespace flowkit::FLOWKIT_ARCH
