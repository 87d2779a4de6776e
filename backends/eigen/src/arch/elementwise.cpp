// Elementwise kernels of the library's functors for one instruction set.
#include "arch/packets.hpp"
#include "elementwise_entry.hpp"

#include <flowkit/fn/kernels.hpp>

namespace flowkit::FLOWKIT_ARCH {
namespace {

template <class F, class T>
struct pass {
  static constexpr std::size_t outputs = F::arity.outputs;
  static constexpr std::size_t size = outputs + F::arity.inputs;
  using nest = detail::loop_nest<size>;
  using operand_list = std::make_index_sequence<size>;

  template <std::size_t... I>
  static void apply(const F& f, packet<T> (&value)[size], std::index_sequence<I...>) {
    f(value[I]...);
  }

  /// All operands contiguous: the common case, without a branch per load.
  static index_t contiguous(const F& f, const cursor<T> (&at)[size], index_t c, index_t last) {
    for (; c + lanes<T> <= last; c += lanes<T>) {
      packet<T> value[size];
      for (std::size_t i = 0; i < size; ++i) value[i] = packet<T>::load_unaligned(at[i].data + c);
      apply(f, value, operand_list{});
      for (std::size_t i = 0; i < outputs; ++i) value[i].store_unaligned(at[i].data + c);
    }
    return c;
  }

  static index_t strided(const F& f, const cursor<T> (&at)[size], index_t c, index_t last) {
    for (; c + lanes<T> <= last; c += lanes<T>) {
      packet<T> value[size];
      for (std::size_t i = 0; i < size; ++i) value[i] = load(at[i], c);
      apply(f, value, operand_list{});
      for (std::size_t i = 0; i < outputs; ++i) store(at[i], c, value[i]);
    }
    return c;
  }

  static void tail(const F& f, const cursor<T> (&at)[size], index_t c, index_t last) {
    packet<T> value[size];
    for (std::size_t i = 0; i < size; ++i) value[i] = load_part(at[i], c, last - c);
    apply(f, value, operand_list{});
    for (std::size_t i = 0; i < outputs; ++i) store_part(at[i], c, last - c, value[i]);
  }

  static void run(const F& f, const nest& loop, T* const* data, const detail::tile& part) {
    bool unit = true;
    for (std::size_t i = 0; i < size; ++i) unit = unit && loop.inner_stride[i] == 1;
    for (index_t row = part.first_row; row < part.last_row; ++row) {
      cursor<T> at[size];
      for (std::size_t i = 0; i < size; ++i) at[i] = cursor_at(loop, data[i], row, i);
      const index_t done = unit ? contiguous(f, at, part.first_column, part.last_column)
                                : strided(f, at, part.first_column, part.last_column);
      if (done < part.last_column) tail(f, at, done, part.last_column);
    }
  }
};

}  // namespace

template <class F, class T>
elementwise_function<F, T> elementwise() {
  return &pass<F, T>::run;
}

namespace {

/// Takes the address of every kernel of the list, which instantiates it in this object.
template <class T, class... F>
[[maybe_unused]] std::size_t instantiate(fn::type_list<F...>) {
  return (reinterpret_cast<std::size_t>(&elementwise<F, T>) + ...);
}

}  // namespace

/// Keeps the list alive; never called for its value.
std::size_t elementwise_kernel_list() {
  return instantiate<float>(fn::elementwise_kernels<float>{}) +
         instantiate<double>(fn::elementwise_kernels<double>{});
}

}  // namespace flowkit::FLOWKIT_ARCH
