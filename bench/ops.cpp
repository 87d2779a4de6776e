// Normalisation and passes over memory on the shapes of a conditional U-Net and a small residual
// network, on every backend that this machine has, and in double.
//
// Names are operation/case/<backend and precision>. `floor` is the time in seconds that the memory
// of the host allows, measured by this program, or that of an H200 on `cuda`; `share` is floor /
// time. Every result is checked before it is timed.
#include "support/backends.hpp"
#include "support/checked_case.hpp"
#include "support/tensors.hpp"

#include <flowkit/fn/pointwise.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace flowkit::bench {
namespace {

enum class pass { forward, backward };

// ---- normalisation ----------------------------------------------------------------------------

/// Group normalisation with an epilogue that has no further operands.
template <class B, class F>
class norm_case {
 public:
  using T = typename B::value_type;

  norm_case(B& be, const extents<3>& shape, index_t groups)
      : be_(be),
        groups_(groups),
        x_(normal(be_, shape, {1})),
        dy_(normal(be_, shape, {2})),
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

  /// Results of both passes, one after the other.
  std::vector<T> run() {
    forward();
    std::vector<T> out = to_host(be_, std::as_const(y_).view());
    backward();
    const std::vector<T> gradient = to_host(be_, std::as_const(y_).view());
    out.insert(out.end(), gradient.begin(), gradient.end());
    return out;
  }

  [[nodiscard]] double bytes() const { return static_cast<double>(x_.size()) * sizeof(T); }

 private:
  B& be_;
  index_t groups_;
  tensor<B, 3> x_;
  tensor<B, 3> dy_;
  tensor<B, 3> y_;
  tensor<B, 1> scale_;
  tensor<B, 1> shift_;
  tensor<B, 2> mean_;
  tensor<B, 2> inverse_;
  tensor<B, 1> scale_slope_ = normal(be_, extents<1>{x_.shape()[2]}, {3});
  tensor<B, 1> shift_slope_ = normal(be_, extents<1>{x_.shape()[2]}, {4});
};

template <class F, class B>
void group_norm(benchmark::State& state, B& be, const extents<3>& shape, pass which) {
  norm_case<B, F> c(be, shape, 8);
  const bool forward = which == pass::forward;
  time_case(
      state, be, work{(forward ? 2 : 3) * c.bytes()},
      [&] {
        eigen<double> oracle;
        expect_close(c.run(), norm_case<eigen<double>, F>(oracle, shape, 8).run(), "group_norm");
      },
      [&] { forward ? c.forward() : c.backward(); });
}

template <class B>
void softmax(benchmark::State& state, B& be, const extents<3>& shape) {
  const auto x = normal(be, shape, {1});
  tensor<B, 3> y(be, shape);
  const auto check = [&] {
    eigen<double> oracle;
    const auto same = normal(oracle, shape, {1});
    tensor<eigen<double>, 3> expected(oracle, shape);
    oracle.softmax(same.view(), expected.view());
    expect_close(to_host(be, std::as_const(y).view()), to_host(oracle, expected.view()), "softmax");
  };
  time_case(state, be, work{2.0 * static_cast<double>(x.size()) * number_size<B>}, check,
            [&] { be.softmax(x.view(), y.view()); });
}

// ---- passes over memory -----------------------------------------------------------------------

template <class F, class B>
void elementwise(benchmark::State& state, B& be, const extents<2>& shape) {
  const auto x = normal(be, shape, {1});
  tensor<B, 2> y(be, shape);
  const auto check = [&] {
    std::vector<double> expected;
    for (const auto& value : to_host(be, x.view())) {
      F{}(expected.emplace_back(), static_cast<double>(value));
    }
    expect_close(to_host(be, std::as_const(y).view()), expected, "elementwise");
  };
  time_case(state, be, work{2.0 * static_cast<double>(x.size()) * number_size<B>}, check,
            [&] { be.for_each(F{}, y.view(), x.view()); });
}

template <class B>
void sum_of_squares(benchmark::State& state, B& be, const extents<2>& shape) {
  const auto x = normal(be, shape, {1});
  tensor<B, 0> out(be, extents<0>{});
  const auto count = static_cast<double>(x.size());
  // The mean of n squares of normal numbers is 1 +- sqrt(2 / n).
  const auto check = [&] {
    const auto sum = static_cast<double>(to_host(be, out.view())[0]);
    expect_near(sum / count, 1, 5 * std::sqrt(2 / count), "sum");
  };
  time_case(state, be, work{count * number_size<B>}, check,
            [&] { be.sum(fn::square{}, out.view(), x.view()); });
}

template <class B>
void column_sums(benchmark::State& state, B& be, const extents<2>& shape) {
  const auto x = normal(be, shape, {1});
  tensor<B, 1> out(be, extents<1>{shape[1]});
  const auto check = [&] {
    const auto numbers = to_host(be, x.view());
    const auto width = static_cast<std::size_t>(shape[1]);
    double expected = 0;
    for (std::size_t at = 3; at < numbers.size(); at += width) {
      expected += static_cast<double>(numbers[at]);
    }
    const auto found = static_cast<double>(to_host(be, out.view())[3]);
    expect_near(found, expected, rounding<typename B::value_type>(shape[0]), "column_sums");
  };
  time_case(state, be, work{static_cast<double>(x.size()) * number_size<B>}, check,
            [&] { be.column_sums(fn::identity{}, accumulate::overwrite, out.view(), x.view()); });
}

template <class B>
void normal_numbers(benchmark::State& state, B& be, index_t count) {
  tensor<B, 1> y(be, extents<1>{count});
  const auto n = static_cast<double>(count);
  const auto check = [&] {
    expect_near(inner(be, y, y) / n, 1, 5 * std::sqrt(2 / n), "variance of normal numbers");
  };
  time_case(state, be, work{n * number_size<B>}, check, [&] {
    be.normal(y.view(), rng_key{7, 0});
  });
}

// ---- the list ---------------------------------------------------------------------------------

using configurations = std::vector<configuration>;

template <class F>
void add_group_norm(const std::string& name, const extents<3>& shape, const configurations& all) {
  for (const pass which : {pass::forward, pass::backward}) {
    add_everywhere(
        text(name, '/', shape, which == pass::forward ? "/forward" : "/backward"),
        [=](auto& s, auto& be) { group_norm<F>(s, be, shape, which); }, all);
  }
}

void add_passes(const extents<2>& shape, const configurations& all) {
  const std::string size = text("/", shape);
  add_everywhere(
      text("for_each/assign", size),
      [=](auto& s, auto& be) { elementwise<fn::assign>(s, be, shape); }, all);
  add_everywhere(
      text("for_each/mish", size),
      [=](auto& s, auto& be) { elementwise<fn::pointwise_value<fn::mish>>(s, be, shape); }, all);
  add_everywhere(
      text("sum/square", size), [=](auto& s, auto& be) { sum_of_squares(s, be, shape); }, all);
  add_everywhere(
      text("column_sums", size), [=](auto& s, auto& be) { column_sums(s, be, shape); }, all);
}

void add_all(const configurations& all) {
  for (const extents<3>& shape : {extents<3>{64, 16, 256}, extents<3>{32, 576, 64}}) {
    add_group_norm<fn::unchanged>("group_norm", shape, all);
    add_group_norm<fn::activated<fn::mish>>("group_norm_mish", shape, all);
  }
  add_everywhere(
      "softmax/[64, 144, 64]",
      [](auto& s, auto& be) {
        softmax(s, be, extents<3>{64, 144, 64});
      },
      all);
  for (const extents<2>& shape : {extents<2>{1024, 256}, extents<2>{8192, 1024}}) {
    add_passes(shape, all);
  }
  add_everywhere(
      "normal/1048576", [](auto& s, auto& be) { normal_numbers(s, be, 1 << 20); }, all);
}

}  // namespace
}  // namespace flowkit::bench

int main(int argc, char** argv) {
  flowkit::bench::add_all(flowkit::bench::every_backend());
  return flowkit::bench::run_benchmarks(argc, argv);
}
