// The backends of this build as a type list, for tests that run on all of them.
#pragma once

#include <flowkit/backends/eigen.hpp>
#if defined(FLOWKIT_HAS_ONEDNN)
#include <flowkit/backends/onednn.hpp>
#endif

#if defined(FLOWKIT_TEST_GPU)
#include <flowkit/backends/cuda.hpp>
#endif

#include <gtest/gtest.h>

#include <support/device/executor.hpp>
#include <support/host_array.hpp>

#include <algorithm>
#include <string>

namespace flowkit::testing {

/// The Eigen backend with one scalar and one instruction set.
template <class T, instruction_set Set>
struct eigen_case {
  using backend = eigen<T>;
  /// Format of the operands of products.
  static constexpr precision products = precision::f32;
  static backend make(int threads = 2) {
    return backend(host_options{.threads = threads, .instructions = Set});
  }
  /// Whether this machine can run the case.
  static bool available() { return Set <= best_instruction_set(); }
  static std::string name() {
    constexpr const char* sets[] = {"base", "v3", "v4"};
    return std::string("eigen_") + (sizeof(T) == 4 ? "float_" : "double_") +
           sets[static_cast<int>(Set)];
  }
  /// Bound on the error of a sum of `terms` products of normal numbers.
  static double product_rounding(index_t terms) { return rounding<T>(terms); }
  /// Allocations of libraries below a backend while an operation runs, none of which it keeps.
  static constexpr bool libraries_allocate = false;
};

#if defined(FLOWKIT_HAS_ONEDNN)
/// Where the products of a case run.
enum class onednn_route {
  by_size,   ///< small ones on our own kernels, as in programs
  all,       ///< all in oneDNN
  emulated,  ///< all in oneDNN, bf16 without the units of this processor
};

/// The oneDNN backend in one precision.
template <precision Precision, onednn_route Route>
struct onednn_case {
  using backend = onednn;
  static constexpr precision products = Precision;
  static backend make(int threads = 2) {
    onednn_options options{.threads = threads, .precision = Precision};
    if (Route != onednn_route::by_size) options.least_products = 0;
    if (Route == onednn_route::emulated) options.units = bf16_units::none;
    return backend(options);
  }
  static bool available() { return true; }
  static std::string name() {
    constexpr const char* routes[] = {"", "_all", "_emulated"};
    return "onednn_" + std::string(to_text(Precision)) + routes[static_cast<int>(Route)];
  }
  /// Both operands of a product are rounded to 8 bits, each with a relative error of at most 2^-9
  /// and 2^-9 / sqrt(3) in the root mean square: together 1.6e-3. These errors are independent, so
  /// that of a sum of `terms` products of size 1 is 1.6e-3 sqrt(terms); the factor 8 is for the
  /// outliers among 10^6 results. A short sum may be one product of two outliers, of size 12
  /// (once in 10^6): that is the second term. Sums are float, as in f32.
  static double product_rounding(index_t terms) {
    const double sums = rounding<float>(terms);
    if (Precision == precision::f32) return sums;
    return sums + 1.6e-3 * (8 * std::sqrt(static_cast<double>(terms)) + 12);
  }
  /// Three taps along lines without stride (in bf16 for gradients of weights) and, in f32, five are
  /// evaluated in tiles where there are so many channels and tiles, which multiplies the root mean
  /// square of rounding errors by up to these factors: the largest sqrt(sum_p (A_pi |G_p| |B_p|)^2
  /// / taps) of a result and sqrt(sum_p (G_pj |A_p| |B_p|)^2 / results) of a tap
  /// (flowkit::detail::line_tile).
  static double convolution_rounding(const convolution_geometry& g, const extents<4>& image,
                                     index_t outputs, index_t terms) {
    const extents<4> windows = g.output(image, outputs);
    const index_t tiles = image[0] * windows[1] * ((std::max(image[2], windows[2]) + 2) / 3);
    constexpr bool f32 = Precision == precision::f32;
    const bool tiled = g.stride == extents<2>{1, 1} && g.padding[0] < g.kernel[0] &&
                       g.padding[1] < g.kernel[1] && std::min(image[3], outputs) >= 32 &&
                       tiles >= 48;
    double factor = 1;
    if (tiled && g.kernel[1] == 3) factor = f32 ? 3 : 2.5;
    if (tiled && g.kernel[1] == 5 && f32) factor = 6;
    return factor * product_rounding(terms);
  }
  static constexpr bool libraries_allocate = true;
};
#endif

/// The kernels of the CUDA backend, run on the host in one precision. The number of threads chooses
/// the order in which threads of a block run: a result that depends on it is a race.
template <precision Precision>
struct device_case {
  using backend = executed_cuda;
  static constexpr precision products = Precision;
  static backend make(int threads = 2) {
    constexpr device_order orders[] = {device_order::ascending, device_order::descending,
                                       device_order::scattered};
    return backend({.math = Precision, .order = orders[(threads + 2) % 3]});
  }
  static bool available() { return true; }
  static std::string name() { return "device_" + std::string(to_text(Precision)); }
  /// As for onednn_case, whose operands are rounded alike.
  static double product_rounding(index_t terms) {
    const double sums = rounding<float>(terms);
    if (Precision == precision::f32) return sums;
    return sums + 1.6e-3 * (8 * std::sqrt(static_cast<double>(terms)) + 12);
  }
  static constexpr bool libraries_allocate = false;
};

#if defined(FLOWKIT_TEST_GPU)
/// The CUDA backend on the first GPU, in one precision.
template <precision Precision>
struct cuda_case {
  using backend = cuda;
  static constexpr precision products = Precision;
  static backend make(int /*threads*/ = 2) { return backend({.precision = Precision}); }
  static bool available() { return true; }
  static std::string name() { return "cuda_" + std::string(to_text(Precision)); }
  /// As for onednn_case: relative errors of operands are 2^-9 in bf16 and 2^-11 in tf32.
  static double product_rounding(index_t terms) {
    const double sums = rounding<float>(terms);
    if (Precision == precision::f32) return sums;
    const double operands = Precision == precision::bf16 ? 1.6e-3 : 4e-4;
    return sums + operands * (8 * std::sqrt(static_cast<double>(terms)) + 12);
  }
  static constexpr bool libraries_allocate = true;
};
#endif

/// Types of a list and those that follow.
template <class... Cases>
struct eigen_and {
  using cases = ::testing::Types<
      eigen_case<double, instruction_set::base>, eigen_case<double, instruction_set::v3>,
      eigen_case<double, instruction_set::v4>, eigen_case<float, instruction_set::base>,
      eigen_case<float, instruction_set::v3>, eigen_case<float, instruction_set::v4>,
      device_case<precision::f32>, device_case<precision::bf16>, Cases...>;
};

/// Adding a backend to all conformance tests is one line here.
#if defined(FLOWKIT_TEST_GPU)
using backend_cases = ::testing::Types<cuda_case<precision::f32>, cuda_case<precision::tf32>,
                                       cuda_case<precision::bf16>>;
#elif defined(FLOWKIT_HAS_ONEDNN)
using backend_cases = eigen_and<onednn_case<precision::f32, onednn_route::by_size>,
                                onednn_case<precision::f32, onednn_route::all>,
                                onednn_case<precision::bf16, onednn_route::all>,
                                onednn_case<precision::bf16, onednn_route::emulated>>::cases;
#else
using backend_cases = eigen_and<>::cases;
#endif

/// Backends that run on our own kernels alone, for tests that count allocations.
using own_backends = ::testing::Types<eigen<float>, eigen<double>>;

/// Backends for tests of networks against reference data, which are small: every product of
/// `onednn_all` runs in oneDNN.
#if defined(FLOWKIT_HAS_ONEDNN)
struct onednn_all : onednn {
  onednn_all() : onednn({.least_products = 0}) {}
};
using network_backends = ::testing::Types<eigen<float>, eigen<double>, onednn_all>;
#else
using network_backends = ::testing::Types<eigen<float>, eigen<double>>;
#endif

/// Names of the cases for TYPED_TEST_SUITE.
struct backend_case_names {
  template <class Case>
  static std::string GetName(int /*index*/) {
    return Case::name();
  }
};

}  // namespace flowkit::testing
