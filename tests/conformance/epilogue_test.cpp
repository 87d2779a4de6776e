// Group normalisation with an epilogue: one pass against the same steps by themselves.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>
#include <flowkit/fn/kernels.hpp>

#include <typeinfo>

namespace flowkit::testing {
namespace {

/// The operands of one call: f(h, others...) of a normalised x, and a gradient of the result.
template <class F>
struct epilogue_case {
  static constexpr double epsilon = 1e-5;

  epilogue_case(index_t group_count, const extents<3>& shape)
      : groups(group_count),
        x(random_array(shape, 1)),
        scale(random_array(extents<1>{shape[2]}, 2)),
        shift(random_array(extents<1>{shape[2]}, 3)),
        dy(random_array(shape, 4)) {
    for (double& value : x.values) value = 3 + 2 * value;
    std::uint32_t seed = 5;
    for (host_array<3>& other : others) other = random_array(shape, seed++);
    // One number per sample and channel: that of the first position.
    for (std::size_t i = 0; i < F::gradients; ++i) {
      each([&](index_t n, index_t p, index_t c) { others[i](n, p, c) = others[i](n, 0, c); });
    }
  }

  template <class G>
  void each(const G& g) const {
    for (index_t n = 0; n < x.shape[0]; ++n) {
      for (index_t p = 0; p < x.shape[1]; ++p) {
        for (index_t c = 0; c < x.shape[2]; ++c) g(n, p, c);
      }
    }
  }

  [[nodiscard]] double value(double h, index_t n, index_t p, index_t c) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return F::value(h, others[I](n, p, c)...);
    }
    (std::make_index_sequence<F::others>{});
  }
  [[nodiscard]] auto pull(double h, index_t n, index_t p, index_t c) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return F::pull(dy(n, p, c), h, others[I](n, p, c)...);
    }
    (std::make_index_sequence<F::others>{});
  }

  index_t groups;
  host_array<3> x;
  host_array<1> scale;
  host_array<1> shift;
  host_array<3> dy;
  std::array<host_array<3>, F::others> others{
      make_filled<F::others>(host_array<3>(extents<3>{0, 0, 0}))};

 private:
  template <std::size_t N>
  static std::array<host_array<3>, N> make_filled(const host_array<3>& a) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<host_array<3>, N>{(static_cast<void>(I), a)...};
    }
    (std::make_index_sequence<N>{});
  }
};

/// Those operands on a backend. Operands of one number per sample and channel have one position,
/// and their gradients are columns of a wider matrix, as in a network.
template <class B, class F>
struct epilogue_run {
  using element = typename B::value_type;

  epilogue_run(B& backend, const epilogue_case<F>& c)
      : be(backend),
        groups(c.groups),
        x(on_backend(be, c.x)),
        scale(on_backend(be, c.scale)),
        shift(on_backend(be, c.shift)),
        y(nan_tensor(be, c.x.shape)),
        mean(nan_tensor(be, extents<2>{c.x.shape[0], c.groups})),
        inverse(nan_tensor(be, mean.shape())),
        dscale(on_backend(be, host_array<1>(c.scale.shape, 1))),
        dshift(on_backend(be, host_array<1>(c.scale.shape, 1))),
        dothers(nan_tensor(be, extents<2>{c.x.shape[0], index_t{F::gradients} * c.x.shape[2]})) {
    for (const host_array<3>& other : c.others) others.push_back(on_backend(be, other));
  }

  void forward() {
    be.group_norm(F{}, groups, element(epilogue_case<F>::epsilon), std::as_const(x).view(),
                  std::as_const(scale).view(), std::as_const(shift).view(), operands(), y.view(),
                  mean.view(), inverse.view());
  }

  /// Overwrites dy by dx.
  void backward(tensor<B, 3>& dy) {
    std::array<view_of<B, 2>, F::gradients> out;
    const index_t channels = x.shape()[2];
    for (std::size_t i = 0; i < F::gradients; ++i) {
      out[i] = columns(dothers.view(), static_cast<index_t>(i) * channels, channels);
    }
    be.group_norm_backward(F{}, groups, std::as_const(x).view(), std::as_const(scale).view(),
                           std::as_const(shift).view(), std::as_const(mean).view(),
                           std::as_const(inverse).view(), operands(), std::as_const(dy).view(),
                           dy.view(), dscale.view(), dshift.view(), out);
  }

  std::array<const_view_of<B, 3>, F::others> operands() {
    std::array<const_view_of<B, 3>, F::others> out;
    for (std::size_t i = 0; i < F::others; ++i) {
      out[i] = std::as_const(others[i]).view();
      if (i >= F::gradients) continue;
      extents<3> strides = out[i].strides();
      strides[1] = 0;
      out[i] = {out[i].data(), out[i].shape(), strides};
    }
    return out;
  }

  B& be;
  index_t groups;
  tensor<B, 3> x;
  tensor<B, 1> scale;
  tensor<B, 1> shift;
  std::vector<tensor<B, 3>> others;
  tensor<B, 3> y;
  tensor<B, 2> mean;
  tensor<B, 2> inverse;
  tensor<B, 1> dscale;
  tensor<B, 1> dshift;
  tensor<B, 2> dothers;
};

template <class Case>
class epilogue_conformance : public conformance<Case> {
 protected:
  /// Calls check(case of an epilogue) for all epilogues and shapes.
  template <class G>
  static void for_all(const G& check) {
    for_each_epilogue(check, fn::epilogues{});
  }

 private:
  template <class G, class... F>
  static void for_each_epilogue(const G& check, fn::type_list<F...>) {
    (for_shapes<F>(check), ...);
  }
  template <class F, class G>
  static void for_shapes(const G& check) {
    const std::pair<index_t, extents<3>> shapes[] = {
        {8, {3, 16, 64}}, {1, {2, 5, 7}},     {7, {2, 9, 7}}, {3, {0, 4, 6}},
        {4, {5, 1, 36}},  {8, {2, 130, 136}}, {2, {2, 0, 8}}};
    for (const auto& [groups, shape] : shapes) {
      SCOPED_TRACE(text("epilogue ", typeid(F).name(), ", groups ", groups, ", shape ", shape));
      check(epilogue_case<F>(groups, shape));
    }
  }
};

TYPED_TEST_SUITE(epilogue_conformance, backend_cases, backend_case_names);

TYPED_TEST(epilogue_conformance, value_of_the_normalised_input) {
  using backend = typename TypeParam::backend;
  using scalar = typename backend::value_type;
  this->for_all([&]<class F>(const epilogue_case<F>& c) {
    epilogue_run<backend, F> run(this->backend_, c);

    run.forward();

    auto expected = group_normalisation(c.groups, c.epsilon, c.x, c.scale, c.shift).y;
    c.each([&](index_t n, index_t p, index_t i) {
      expected(n, p, i) = c.value(expected(n, p, i), n, p, i);
    });
    // The factor of an operand may be 5, that of the slope of an activation is about 1.
    const index_t terms = c.x.shape[1] * c.x.shape[2] / c.groups;
    expect_close(on_host(this->backend_, run.y), expected, 20 * rounding<scalar>(terms));
  });
}

TYPED_TEST(epilogue_conformance, way_back_is_that_of_the_steps) {
  using backend = typename TypeParam::backend;
  using scalar = typename backend::value_type;
  this->for_all([&]<class F>(const epilogue_case<F>& c) {
    auto& be = this->backend_;
    epilogue_run<backend, F> run(be, c);
    run.forward();
    auto dx = on_backend(be, c.dy);

    run.backward(dx);

    auto dh = group_normalisation(c.groups, c.epsilon, c.x, c.scale, c.shift).y;
    host_array<2> dothers(run.dothers.shape());
    c.each([&](index_t n, index_t p, index_t i) {
      const auto g = c.pull(dh(n, p, i), n, p, i);
      dh(n, p, i) = g.value[0];
      for (std::size_t k = 0; k < F::gradients; ++k) {
        dothers(n, static_cast<index_t>(k) * c.x.shape[2] + i) += g.value[1 + k];
      }
    });
    epilogue_run<backend, fn::unchanged> plain(be,
                                               epilogue_case<fn::unchanged>(c.groups, c.x.shape));
    plain.forward();
    auto expected = on_backend(be, dh);
    plain.backward(expected);
    // Gradients of h are products of up to 5 x 5; sums run over positions, and samples.
    const double bound = 100 * rounding<scalar>(c.x.shape[0] * c.x.shape[1]);
    expect_close(on_host(be, dx), on_host(be, expected), bound);
    expect_close(on_host(be, run.dscale), on_host(be, plain.dscale), bound);
    expect_close(on_host(be, run.dshift), on_host(be, plain.dshift), bound);
    expect_close(on_host(be, run.dothers), dothers, bound);
  });
}

}  // namespace
}  // namespace flowkit::testing
