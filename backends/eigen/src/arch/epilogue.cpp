// The last pass of group normalisation and the first one back, for every epilogue of the library.
#include "arch/column_access.hpp"
#include "elementwise_entry.hpp"

#include <flowkit/fn/kernels.hpp>

namespace flowkit::FLOWKIT_ARCH {
namespace {

template <class F, class T>
struct epilogue_pass {
  using operand_list = std::make_index_sequence<F::others>;
  using pulled = fn::several<packet<T>, 1 + F::gradients>;
  static constexpr bool passes_gradient = std::is_same_v<F, fn::unchanged>;
  static constexpr index_t sum_count = 2 + static_cast<index_t>(F::gradients);

  /// One packet of row r from column c on.
  template <class At>
  struct place {
    const normalised_rows<T>& in;
    const matrix<const T>* others;
    index_t r;
    index_t c;
    At at;

    [[nodiscard]] packet<T> row(const matrix<const T>& m) const {
      return at.load(m.data + r * m.step + c);
    }
    [[nodiscard]] packet<T> away() const { return row(in.x) - at.load(in.center + c); }
    [[nodiscard]] packet<T> normal(const packet<T>& away) const {
      return fused(away, at.load(in.factor + c), at.load(in.shift + c));
    }
    template <std::size_t... I>
    [[nodiscard]] packet<T> value(std::index_sequence<I...>) const {
      return F::value(normal(away()), row(others[I])...);
    }
    template <std::size_t... I>
    [[nodiscard]] pulled pull(const packet<T>& g, const packet<T>& away,
                              std::index_sequence<I...>) const {
      if constexpr (passes_gradient) {
        return {{g}};
      } else {
        return F::pull(g, normal(away), row(others[I])...);
      }
    }
  };

  static void value(const normalised_rows<T>& in, const matrix<const T>* others, matrix<T> y) {
    for (index_t r = 0; r < in.rows; ++r) {
      for_packets<T>(in.columns, [&](index_t c, auto at) {
        const place<decltype(at)> here{in, others, r, c, at};
        at.store(y.data + r * y.step + c, here.value(operand_list{}));
      });
    }
  }

  static void pull(const normalised_rows<T>& in, const matrix<const T>* others, matrix<const T> dy,
                   matrix<T> dh, T* const* sums) {
    for_packet_groups<T>(in.columns, [&](index_t first, auto at, auto packets) {
      constexpr index_t numbers = packets() * sum_count;  // sums of one packet lie together
      packet<T> total[numbers];
      unroll<numbers>([&](auto i) { total[i] = packet<T>(T(0)); });
      for (index_t r = 0; r < in.rows; ++r) {
        unroll<packets()>([&](auto i) {
          const index_t c = first + i * lanes<T>;
          const place<decltype(at)> here{in, others, r, c, at};
          const packet<T> away = here.away();
          const pulled g = here.pull(here.row(dy), away, operand_list{});
          if constexpr (!passes_gradient) at.store(dh.data + r * dh.step + c, g.value[0]);
          packet<T>* const sum = total + i * sum_count;
          sum[0] += g.value[0];
          sum[1] = fused(g.value[0], away, sum[1]);
          unroll<sum_count - 2>([&](auto k) { sum[2 + k] += g.value[1 + k]; });
        });
      }
      unroll<numbers>([&](auto i) {
        at.store(sums[i % sum_count] + first + i / sum_count * lanes<T>, total[i]);
      });
    });
  }

  static constexpr detail::epilogue_kernels<T> kernels{value, pull, passes_gradient};
};

}  // namespace

template <class F, class T>
const detail::epilogue_kernels<T>& epilogue() {
  static_assert(F::others <= most_epilogue_operands, "raise the bound in kernel_table.hpp");
  return epilogue_pass<F, T>::kernels;
}

namespace {

/// Takes the address of every entry of the list, which instantiates it in this object.
template <class T, class... F>
[[maybe_unused]] std::size_t instantiate(fn::type_list<F...>) {
  return (reinterpret_cast<std::size_t>(&epilogue<F, T>) + ...);
}

}  // namespace

/// Keeps the list alive; never called for its value.
std::size_t epilogue_kernel_list() {
  return instantiate<float>(fn::epilogues{}) + instantiate<double>(fn::epilogues{});
}

}  // namespace flowkit::FLOWKIT_ARCH
