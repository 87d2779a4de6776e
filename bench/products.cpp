// Products and convolutions on the shapes of a conditional U-Net and a small residual network, on
// every backend and precision that this machine has, and in double.
//
// Names are gemm/<sizes>/<transpositions>/<backend and precision> and
// convolve/<case>/<pass>/<...>. `floor` is the time in seconds that the backend's own large
// products or the memory allow, or those of an H200 on `cuda`; `share` is floor / time. Every
// result of ours is checked before it is timed. gemm/.../plain_eigen_<precision> is Eigen's product
// on one thread, to be compared with ours under FLOWKIT_THREADS=1.
#include "support/backends.hpp"
#include "support/checked_case.hpp"
#include "support/tensors.hpp"

#include <Eigen/Core>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace flowkit::bench {
namespace {

/// Rounding of a sum of `terms` products of normal numbers. Operands of f32 are not rounded; those
/// of bf16 are to 2^-9 and those of tf32 cut at 2^-10, and their errors add up like a random walk.
template <class B>
double product_rounding(B& be, index_t terms) {
  const double sums = rounding<typename B::value_type>(terms);
  if (precision_of(be) == precision::f32) return sums;
  const double operands = precision_of(be) == precision::bf16 ? 1.6e-3 : 8e-4;
  return sums + operands * (8 * std::sqrt(static_cast<double>(terms)) + 12);
}

double product_flop(index_t m, index_t n, index_t k) {
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

// ---- matrix products --------------------------------------------------------------------------

struct product_case {
  index_t m;
  index_t n;
  index_t k;
  transpose ta;
  transpose tb;

  [[nodiscard]] std::string name() const {
    return text("gemm/", m, "x", n, "x", k, ta == transpose::yes ? "/t" : "/n",
                tb == transpose::yes ? "t" : "n");
  }
  [[nodiscard]] extents<2> left() const {
    return ta == transpose::no ? extents<2>{m, k} : extents<2>{k, m};
  }
  [[nodiscard]] extents<2> right() const {
    return tb == transpose::no ? extents<2>{k, n} : extents<2>{n, k};
  }
};

template <class T>
work work_of(const product_case& c) {
  const auto elements = static_cast<double>(c.m * c.k + c.k * c.n + c.m * c.n);
  return {elements * sizeof(T), product_flop(c.m, c.n, c.k)};
}

/// Checks one element of the result.
template <class B>
void expect_product(B& be, const product_case& c, const tensor<B, 2>& a, const tensor<B, 2>& b,
                    const tensor<B, 2>& y) {
  const auto left = to_host(be, a.view());
  const auto right = to_host(be, b.view());
  const index_t row = c.m - 1;
  const index_t column = c.n / 2;
  double expected = 0;
  for (index_t p = 0; p < c.k; ++p) {
    const index_t in_left = c.ta == transpose::no ? row * c.k + p : p * c.m + row;
    const index_t in_right = c.tb == transpose::no ? p * c.n + column : column * c.k + p;
    expected += static_cast<double>(left[static_cast<std::size_t>(in_left)]) *
                static_cast<double>(right[static_cast<std::size_t>(in_right)]);
  }
  const auto found = to_host(be, y.view())[static_cast<std::size_t>(row * c.n + column)];
  expect_near(static_cast<double>(found), expected, product_rounding(be, c.k), c.name());
}

template <class B>
void gemm(benchmark::State& state, B& be, const product_case& c) {
  using T = typename B::value_type;
  const auto a = normal(be, c.left(), {1});
  const auto b = normal(be, c.right(), {2});
  tensor<B, 2> y(be, extents<2>{c.m, c.n});
  time_case(
      state, be, work_of<T>(c), [&] { expect_product(be, c, a, b, y); },
      [&] { be.gemm(c.ta, c.tb, T(1), a.view(), b.view(), T(0), y.view()); });
}

template <class T>
void plain_eigen(benchmark::State& state, const product_case& c) {
  using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const matrix a = matrix::Random(c.left()[0], c.left()[1]);
  const matrix b = matrix::Random(c.right()[0], c.right()[1]);
  matrix y(c.m, c.n);
  const bool ta = c.ta == transpose::yes;
  const bool tb = c.tb == transpose::yes;
  const auto step = [&] {
    if (!ta && !tb) y.noalias() = a * b;
    if (ta && !tb) y.noalias() = a.transpose() * b;
    if (!ta && tb) y.noalias() = a * b.transpose();
    if (ta && tb) y.noalias() = a.transpose() * b.transpose();
    benchmark::DoNotOptimize(y.data());
  };
  for (auto _ : state) step();
  report(state, work_of<T>(c));
}

// ---- convolutions -----------------------------------------------------------------------------

enum class pass { forward, data, weights };

struct convolution_case {
  std::string name;
  convolution_geometry geometry;
  extents<4> image;
  index_t outputs;
};

/// The three passes belong together: <y, conv(x, w)> = <x, data(y, w)> = <w, weights(x, y)>.
template <class B>
void expect_adjoint(B& be, const convolution_case& c, const tensor<B, 4>& x, const tensor<B, 2>& w,
                    const tensor<B, 4>& y) {
  using T = typename B::value_type;
  tensor<B, 4> value(be, y.shape());
  tensor<B, 4> image(be, x.shape());
  tensor<B, 2> weights(be, w.shape());
  be.convolve(c.geometry, x.view(), w.view(), T(0), value.view());
  be.convolve_backward_data(c.geometry, y.view(), w.view(), T(0), image.view());
  be.convolve_backward_weights(c.geometry, x.view(), y.view(), T(0), weights.view());
  const double size = std::sqrt(inner(be, value, value) * inner(be, y, y));
  expect_near(inner(be, image, x), inner(be, value, y), 1e-4 * size, c.name);
  expect_near(inner(be, weights, w), inner(be, value, y), 1e-4 * size, c.name);
}

template <class B>
void convolution(benchmark::State& state, B& be, const convolution_case& c, pass which) {
  using T = typename B::value_type;
  const extents<4> shape = c.geometry.output(c.image, c.outputs);
  auto x = normal(be, c.image, {1});
  auto w = normal(be, extents<2>{c.geometry.taps() * c.image[3], c.outputs}, {2});
  auto y = normal(be, shape, {3});
  const auto positions = static_cast<double>(shape[0] * shape[1] * shape[2]);
  const auto elements = static_cast<double>(x.size() + w.size() + y.size());
  const work least{elements * sizeof(T), 2.0 * positions * static_cast<double>(w.size())};
  const auto check = [&] { expect_adjoint(be, c, x, w, y); };
  time_case(state, be, least, check, [&] {
    const auto cx = std::as_const(x).view();
    const auto cw = std::as_const(w).view();
    const auto cy = std::as_const(y).view();
    if (which == pass::forward) be.convolve(c.geometry, cx, cw, T(0), y.view());
    if (which == pass::data) be.convolve_backward_data(c.geometry, cy, cw, T(0), x.view());
    if (which == pass::weights) be.convolve_backward_weights(c.geometry, cx, cy, T(0), w.view());
  });
}

// ---- the list ---------------------------------------------------------------------------------

const product_case product_cases[] = {
    {2048, 2048, 2048, transpose::no, transpose::no},
    {256, 5120, 1024, transpose::no, transpose::no},
    {256, 5120, 1024, transpose::no, transpose::yes},
    {5120, 1024, 256, transpose::yes, transpose::no},
    {512, 2560, 512, transpose::no, transpose::no},
    {16, 1280, 256, transpose::no, transpose::no},
    {16, 1280, 256, transpose::no, transpose::yes},
    {1, 1024, 1024, transpose::no, transpose::no},
    {256, 64, 64, transpose::no, transpose::no},
    {8, 8, 8, transpose::no, transpose::no},
};

/// Two stages of a conditional U-Net at batch 64, and two of a residual network on 96 x 96 images.
const convolution_case convolution_cases[] = {
    {"unet_16x256", {{1, 5}, {1, 1}, {0, 2}}, {64, 1, 16, 256}, 256},
    {"unet_4x1024", {{1, 5}, {1, 1}, {0, 2}}, {64, 1, 4, 1024}, 1024},
    {"resnet_24x24x64", {{3, 3}, {1, 1}, {1, 1}}, {32, 24, 24, 64}, 64},
    {"resnet_stem_96x96x3", {{7, 7}, {2, 2}, {3, 3}}, {32, 96, 96, 3}, 64},
};

void add_plain(const product_case& c) {
  benchmark::RegisterBenchmark(text(c.name(), "/plain_eigen_f32").c_str(), plain_eigen<float>, c)
      ->UseRealTime();
  benchmark::RegisterBenchmark(text(c.name(), "/plain_eigen_f64").c_str(), plain_eigen<double>, c)
      ->UseRealTime();
}

void add_all(const std::vector<configuration>& precisions) {
  for (const product_case& c : product_cases) {
    add_everywhere(
        c.name(), [c](auto& state, auto& be) { gemm(state, be, c); }, precisions);
    add_plain(c);
  }
  for (const convolution_case& c : convolution_cases) {
    const std::pair<const char*, pass> passes[] = {
        {"/forward", pass::forward}, {"/data", pass::data}, {"/weights", pass::weights}};
    for (const auto& [name, which] : passes) {
      const auto run = [&c, p = which](auto& state, auto& be) { convolution(state, be, c, p); };
      add_everywhere(text("convolve/", c.name, name), run, precisions);
    }
  }
}

}  // namespace
}  // namespace flowkit::bench

int main(int argc, char** argv) {
  flowkit::bench::add_all(flowkit::bench::every_precision());
  return flowkit::bench::run_benchmarks(argc, argv);
}
