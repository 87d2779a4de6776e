// Instantiates the kernels that take a functor for the functors of the library. Those of epilogues
// need bodies.hpp as well.
#pragma once

#include <flowkit/backends/device/elementwise.hpp>
#include <flowkit/backends/device/ops.hpp>
#include <flowkit/backends/device/reduction.hpp>
#include <flowkit/fn/kernels.hpp>

#include <tuple>

namespace flowkit::detail {

/// Takes the address of the kernel's entry, which instantiates it in this object.
template <class D, class F>
std::size_t instantiate_elementwise() {
  return reinterpret_cast<std::size_t>(
      &device_elementwise<D, F, F::arity.outputs, F::arity.inputs>::run);
}

template <class D, class F>
std::size_t instantiate_reduction() {
  using sums = device_reduction<D, F, F::arity.inputs>;
  return reinterpret_cast<std::size_t>(&sums::total) + reinterpret_cast<std::size_t>(&sums::rows) +
         reinterpret_cast<std::size_t>(&sums::columns);
}

template <bool Taken, class D, class F>
std::size_t instantiate_elementwise_if() {
  if constexpr (Taken) return instantiate_elementwise<D, F>();
  return 0;
}

template <class D, std::size_t Part, std::size_t Parts, class... F, std::size_t... I>
std::size_t instantiate_some(fn::type_list<F...>, std::index_sequence<I...>) {
  return (std::size_t{0} + ... + instantiate_elementwise_if<I % Parts == Part, D, F>());
}

/// Every `Parts`-th functor of a list from number `Part` on, so that several sources share it.
template <class D, std::size_t Part, std::size_t Parts, class... F>
std::size_t instantiate_elementwise_part(fn::type_list<F...> list) {
  return instantiate_some<D, Part, Parts>(list, std::index_sequence_for<F...>{});
}

template <class D, class... F>
std::size_t instantiate_reductions(fn::type_list<F...>) {
  return (instantiate_reduction<D, F>() + ...);
}

/// Pointers to the operations, which instantiate them where they are returned.
template <class D, class... F>
auto instantiate_epilogues(fn::type_list<F...>) {
  return std::tuple(&device_ops<D>::template group_norm<F>...,
                    &device_ops<D>::template group_norm_backward<F>...);
}

}  // namespace flowkit::detail
