// The operations of a backend on the shapes of a conditional U-Net and a small residual network.
//
// Names are operation/case/backend. `floor` and `share` are those of bench/support/floor.hpp. Every
// result is checked before it is timed. gemm/.../plain_eigen is Eigen's product on one thread, to
// be compared with ours under FLOWKIT_THREADS=1.
#include "support/floor.hpp"

#include <flowkit/core/text.hpp>
#include <flowkit/fn/pointwise.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace flowkit::bench {
namespace {

template <class T>
using backend = eigen<T>;

template <class T>
std::string backend_name() {
  return sizeof(T) == 4 ? "eigen_float" : "eigen_double";
}

template <class T, std::size_t R>
tensor<backend<T>, R> normal(backend<T>& be, const extents<R>& shape, std::uint64_t seed) {
  tensor<backend<T>, R> out(be, shape);
  be.normal(out.view(), rng_key{seed, 0});
  return out;
}

/// Stops the program: a figure of a wrong result is worth nothing.
void expect_near(double actual, double expected, double tolerance, const std::string& what) {
  if (std::abs(actual - expected) <= tolerance) return;
  throw std::runtime_error(text(what, ": ", actual, " instead of ", expected));
}

/// Rounding of a sum of `terms` products of normal numbers, with room for an outlier.
template <class T>
double rounding(index_t terms) {
  return static_cast<double>(std::numeric_limits<T>::epsilon()) *
         (8.0 + 2.0 * static_cast<double>(terms));
}

double product_flop(index_t m, index_t n, index_t k) {
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

/// Sum of products of the elements of two tensors.
template <class T, std::size_t R>
double inner(backend<T>& be, const tensor<backend<T>, R>& a, const tensor<backend<T>, R>& b) {
  tensor<backend<T>, 0> out(be, extents<0>{});
  be.sum(fn::multiply{}, out.view(), a.view(), b.view());
  return static_cast<double>(out.view()());
}

/// Times `step` after `check` found its first result right.
template <class Check, class Step>
void time_case(benchmark::State& state, const work& w, const Check& check, const Step& step) {
  step();
  check();
  for (auto _ : state) step();
  report(state, w);
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

template <class T>
void gemm(benchmark::State& state, const product_case& c) {
  backend<T> be;
  const auto a = normal<T>(be, c.left(), 1);
  const auto b = normal<T>(be, c.right(), 2);
  tensor<backend<T>, 2> y(be, extents<2>{c.m, c.n});
  const auto check = [&] {
    double expected = 0;
    for (index_t p = 0; p < c.k; ++p) {
      const T left = c.ta == transpose::no ? a.view()(c.m - 1, p) : a.view()(p, c.m - 1);
      const T right = c.tb == transpose::no ? b.view()(p, c.n / 2) : b.view()(c.n / 2, p);
      expected += static_cast<double>(left) * static_cast<double>(right);
    }
    expect_near(static_cast<double>(y.view()(c.m - 1, c.n / 2)), expected, rounding<T>(c.k),
                c.name());
  };
  time_case(state, work_of<T>(c), check,
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
  time_case(
      state, work_of<T>(c), [] {}, step);
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
template <class T>
void expect_adjoint(const convolution_case& c, backend<T>& be, const tensor<backend<T>, 4>& x,
                    const tensor<backend<T>, 2>& w, const tensor<backend<T>, 4>& y) {
  tensor<backend<T>, 4> value(be, y.shape());
  tensor<backend<T>, 4> image(be, x.shape());
  tensor<backend<T>, 2> weights(be, w.shape());
  be.convolve(c.geometry, x.view(), w.view(), T(0), value.view());
  be.convolve_backward_data(c.geometry, y.view(), w.view(), T(0), image.view());
  be.convolve_backward_weights(c.geometry, x.view(), y.view(), T(0), weights.view());
  const double size = std::sqrt(inner(be, value, value) * inner(be, y, y));
  expect_near(inner(be, image, x), inner(be, value, y), 1e-4 * size, c.name);
  expect_near(inner(be, weights, w), inner(be, value, y), 1e-4 * size, c.name);
}

template <class T>
void convolution(benchmark::State& state, const convolution_case& c, pass which) {
  backend<T> be;
  const extents<4> shape = c.geometry.output(c.image, c.outputs);
  auto x = normal<T>(be, c.image, 1);
  auto w = normal<T>(be, extents<2>{c.geometry.taps() * c.image[3], c.outputs}, 2);
  auto y = normal<T>(be, shape, 3);
  const auto positions = static_cast<double>(shape[0] * shape[1] * shape[2]);
  const auto elements = static_cast<double>(x.size() + w.size() + y.size());
  const work least{elements * sizeof(T), 2.0 * positions * static_cast<double>(w.size())};
  const auto check = [&] { expect_adjoint(c, be, x, w, y); };
  time_case(state, least, check, [&] {
    const auto cx = std::as_const(x).view();
    const auto cw = std::as_const(w).view();
    const auto cy = std::as_const(y).view();
    if (which == pass::forward) be.convolve(c.geometry, cx, cw, T(0), y.view());
    if (which == pass::data) be.convolve_backward_data(c.geometry, cy, cw, T(0), x.view());
    if (which == pass::weights) be.convolve_backward_weights(c.geometry, cx, cy, T(0), w.view());
  });
}

// ---- normalisation ----------------------------------------------------------------------------

/// Group normalisation with an epilogue that has no further operands.
template <class T, class F>
class norm_case {
 public:
  norm_case(const extents<3>& shape, index_t groups)
      : groups_(groups),
        x_(normal<T>(be_, shape, 1)),
        dy_(normal<T>(be_, shape, 2)),
        y_(be_, shape),
        scale_(be_, extents<1>{shape[2]}),
        shift_(be_, extents<1>{shape[2]}),
        mean_(be_, extents<2>{shape[0], groups}),
        inverse_(be_, extents<2>{shape[0], groups}) {
    be_.fill(scale_.view(), 1);
    be_.fill(shift_.view(), 0);
  }

  void forward() {
    be_.group_norm(F{}, groups_, T(1e-5), x_.view(), std::as_const(scale_).view(), shift_.view(),
                   {}, y_.view(), mean_.view(), inverse_.view());
  }
  void backward() {
    be_.group_norm_backward(F{}, groups_, x_.view(), std::as_const(scale_).view(), shift_.view(),
                            mean_.view(), inverse_.view(), {}, dy_.view(), y_.view(),
                            scale_slope_.view(), shift_slope_.view(), {});
  }

  /// The gradient has no component along a constant; normalised values have variance 1.
  void check() {
    const auto count = static_cast<double>(x_.size());
    tensor<backend<T>, 3> ones(be_, x_.shape());
    be_.fill(ones.view(), 1);
    forward();
    if constexpr (std::is_same_v<F, fn::unchanged>) {
      expect_near(inner(be_, y_, y_) / count, 1, 1e-3, "variance of group_norm");
    }
    backward();
    expect_near(inner(be_, y_, ones) / count, 0, 1e-4, "mean gradient of group_norm");
  }

  [[nodiscard]] double bytes() const { return static_cast<double>(x_.size()) * sizeof(T); }

 private:
  backend<T> be_;
  index_t groups_;
  tensor<backend<T>, 3> x_;
  tensor<backend<T>, 3> dy_;
  tensor<backend<T>, 3> y_;
  tensor<backend<T>, 1> scale_;
  tensor<backend<T>, 1> shift_;
  tensor<backend<T>, 2> mean_;
  tensor<backend<T>, 2> inverse_;
  tensor<backend<T>, 1> scale_slope_ = normal<T>(be_, extents<1>{x_.shape()[2]}, 3);
  tensor<backend<T>, 1> shift_slope_ = normal<T>(be_, extents<1>{x_.shape()[2]}, 4);
};

template <class T, class F>
void group_norm(benchmark::State& state, const extents<3>& shape, pass which) {
  norm_case<T, F> c(shape, 8);
  const bool forward = which == pass::forward;
  time_case(
      state, work{(forward ? 2 : 3) * c.bytes()}, [&] { c.check(); },
      [&] { forward ? c.forward() : c.backward(); });
}

template <class T>
void softmax(benchmark::State& state, const extents<3>& shape) {
  backend<T> be;
  const auto x = normal<T>(be, shape, 1);
  tensor<backend<T>, 3> y(be, shape);
  tensor<backend<T>, 3> ones(be, shape);
  be.fill(ones.view(), 1);
  const auto columns = static_cast<double>(shape[0] * shape[2]);
  const auto check = [&] { expect_near(inner(be, y, ones) / columns, 1, 1e-4, "softmax sums"); };
  time_case(state, work{2.0 * static_cast<double>(x.size()) * sizeof(T)}, check,
            [&] { be.softmax(x.view(), y.view()); });
}

// ---- passes over memory -----------------------------------------------------------------------

template <class F, class T>
void elementwise(benchmark::State& state, const extents<2>& shape) {
  backend<T> be;
  const auto x = normal<T>(be, shape, 1);
  tensor<backend<T>, 2> y(be, shape);
  const auto check = [&] {
    double expected = 0;
    F{}(expected, static_cast<double>(x.view()(1, 1)));
    expect_near(static_cast<double>(y.view()(1, 1)), expected, rounding<T>(4), "elementwise");
  };
  time_case(state, work{2.0 * static_cast<double>(x.size()) * sizeof(T)}, check,
            [&] { be.for_each(F{}, y.view(), x.view()); });
}

template <class T>
void sum_of_squares(benchmark::State& state, const extents<2>& shape) {
  backend<T> be;
  const auto x = normal<T>(be, shape, 1);
  tensor<backend<T>, 0> out(be, extents<0>{});
  const auto count = static_cast<double>(x.size());
  // The mean of n squares of normal numbers is 1 +- sqrt(2 / n).
  const auto check = [&] {
    expect_near(static_cast<double>(out.view()()) / count, 1, 5 * std::sqrt(2 / count), "sum");
  };
  time_case(state, work{count * sizeof(T)}, check,
            [&] { be.sum(fn::square{}, out.view(), x.view()); });
}

template <class T>
void column_sums(benchmark::State& state, const extents<2>& shape) {
  backend<T> be;
  const auto x = normal<T>(be, shape, 1);
  tensor<backend<T>, 1> out(be, extents<1>{shape[1]});
  const auto check = [&] {
    double expected = 0;
    for (index_t i = 0; i < shape[0]; ++i) expected += static_cast<double>(x.view()(i, 3));
    expect_near(static_cast<double>(out.view()(3)), expected, rounding<T>(shape[0]), "column_sums");
  };
  time_case(state, work{static_cast<double>(x.size()) * sizeof(T)}, check,
            [&] { be.column_sums(fn::identity{}, accumulate::overwrite, out.view(), x.view()); });
}

template <class T>
void normal_numbers(benchmark::State& state, index_t count) {
  backend<T> be;
  tensor<backend<T>, 1> y(be, extents<1>{count});
  const auto n = static_cast<double>(count);
  const auto check = [&] {
    expect_near(inner(be, y, y) / n, 1, 5 * std::sqrt(2 / n), "variance of normal numbers");
  };
  time_case(state, work{n * sizeof(T)}, check, [&] { be.normal(y.view(), rng_key{7, 0}); });
}

// ---- the list ---------------------------------------------------------------------------------

template <class F>
void add(const std::string& name, const F& f) {
  benchmark::RegisterBenchmark(name.c_str(), f)->UseRealTime();
}

template <class T, class F>
void add_group_norm(const std::string& name, const std::string& on, const extents<3>& shape) {
  add(text(name, "/forward", on), [=](auto& s) { group_norm<T, F>(s, shape, pass::forward); });
  add(text(name, "/backward", on), [=](auto& s) { group_norm<T, F>(s, shape, pass::data); });
}

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

template <class T>
void register_all() {
  const std::string on = text("/", backend_name<T>());
  for (const product_case& c : product_cases) {
    add(text(c.name(), on), [c](benchmark::State& s) { gemm<T>(s, c); });
    add(text(c.name(), on, "/plain_eigen"), [c](benchmark::State& s) { plain_eigen<T>(s, c); });
  }
  for (const convolution_case& c : convolution_cases) {
    const std::pair<const char*, pass> passes[] = {
        {"/forward", pass::forward}, {"/data", pass::data}, {"/weights", pass::weights}};
    for (const auto& [name, which] : passes) {
      const pass p = which;
      add(text("convolve/", c.name, name, on),
          [c, p](benchmark::State& s) { convolution<T>(s, c, p); });
    }
  }
  for (const extents<3>& shape : {extents<3>{64, 16, 256}, extents<3>{32, 576, 64}}) {
    add_group_norm<T, fn::unchanged>(text("group_norm/", shape), on, shape);
    add_group_norm<T, fn::activated<fn::mish>>(text("group_norm_mish/", shape), on, shape);
  }
  add(text("softmax/[64, 144, 64]", on), [](auto& s) { softmax<T>(s, extents<3>{64, 144, 64}); });
  for (const extents<2>& shape : {extents<2>{1024, 256}, extents<2>{8192, 1024}}) {
    const std::string size = text("/", shape, on);
    add(text("for_each/assign", size), [=](auto& s) { elementwise<fn::assign, T>(s, shape); });
    add(text("for_each/mish", size),
        [=](auto& s) { elementwise<fn::pointwise_value<fn::mish>, T>(s, shape); });
    add(text("sum/square", size), [=](auto& s) { sum_of_squares<T>(s, shape); });
    add(text("column_sums", size), [=](auto& s) { column_sums<T>(s, shape); });
  }
  add(text("normal/1048576", on), [](auto& s) { normal_numbers<T>(s, 1 << 20); });
}

}  // namespace
}  // namespace flowkit::bench

int main(int argc, char** argv) {
  flowkit::bench::register_all<float>();
  flowkit::bench::register_all<double>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
