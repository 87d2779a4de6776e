// Entry points of the kernels that take a functor, without their bodies.
#pragma once

#include <flowkit/backend/loop_nest.hpp>

#include <utility>

namespace flowkit::detail {

/// A functor with its operands, of which only the first `Outputs` are written. A plain aggregate.
template <class F, std::size_t Outputs, std::size_t Inputs>
struct elementwise_arguments {
  static constexpr std::size_t size = Outputs + Inputs;
  F f;
  float* data[size];
  loop_nest<size> loop;

  /// Calls f on one element of every operand, outputs by reference.
  FLOWKIT_HD void apply(float (&value)[size]) const {
    apply(value, std::make_index_sequence<Outputs>{}, std::make_index_sequence<Inputs>{});
  }

 private:
  template <std::size_t... O, std::size_t... I>
  FLOWKIT_HD void apply(float (&value)[size], std::index_sequence<O...>,
                        std::index_sequence<I...>) const {
    f(value[O]..., static_cast<float>(value[Outputs + I])...);
  }
};

/// The elementwise kernel of a functor. Its body is seen by sources of the device only, which
/// instantiate it for the functors of fn/kernels.hpp; for another functor it is a link error that
/// names it, unless the caller is compiled for the device and includes the body.
template <class D, class F, std::size_t Outputs, std::size_t Inputs>
struct device_elementwise {
  static void run(D& device, const elementwise_arguments<F, Outputs, Inputs>& args);
};

/// A functor that returns a value, with its operands. A plain aggregate.
template <class F, std::size_t N>
struct reduction_arguments {
  F f;
  const float* input[N];
  loop_nest<N> loop;
};

/// The sum kernels of a functor; instantiated as `device_elementwise` is. Sums are cut at places
/// that depend on the shape alone; `partial` has room for one number per part.
template <class D, class F, std::size_t N>
struct device_reduction {
  using arguments = reduction_arguments<F, N>;
  /// out = the sum over all elements.
  static void total(D& device, const arguments& args, float* partial, float* out);
  /// out[r] = the sum along row r; `step` is the distance of outputs.
  static void rows(D& device, const arguments& args, float* out, index_t step);
  /// out[n, c] = (add ? out[n, c] : 0) + the sum over the middle axis.
  static void columns(D& device, const arguments& args, float* partial, bool add, float* out);
};

/// Elements per partial sum, and rows per partial sum of columns.
inline constexpr index_t total_chunk = 4096;
inline constexpr index_t column_chunk = 256;

}  // namespace flowkit::detail
