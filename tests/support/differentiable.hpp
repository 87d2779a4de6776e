// Whether the passes of a layer belong together: forward, backward and tangent, in double.
#pragma once

#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/velocity_network.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace flowkit::testing {

using oracle = eigen<double>;
using numbers = std::vector<double>;

inline numbers normal_numbers(index_t count, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  numbers out(static_cast<std::size_t>(count));
  for (double& x : out) x = normal(engine);
  return out;
}

inline double dot(const numbers& a, const numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Sum of |a_i b_i|: the size of the terms of a dot product, to which its rounding is relative.
inline double dot_size(const numbers& a, const numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                            [](double x, double y) { return std::abs(x * y); });
}

/// The largest magnitude; infinity where an element is not a number, which passes no comparison.
inline double largest(const numbers& a) {
  double out = 0;
  for (const double x : a) {
    out = std::isnan(x) ? std::numeric_limits<double>::infinity() : std::max(out, std::abs(x));
  }
  return out;
}

inline bool finite(const numbers& a) { return std::isfinite(largest(a)); }

/// a + factor b
inline numbers moved(numbers a, double factor, const numbers& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
  return a;
}

inline double largest_difference(const numbers& a, const numbers& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  return largest(moved(a, -1, b));
}

/// The elements of a view in row-major order.
template <class T, std::size_t R>
void append(numbers& out, const view<T, R, host_space>& v) {
  for (index_t i = 0; i < v.size(); ++i) {
    index_t rest = i;
    index_t offset = 0;
    for (std::size_t axis = R; axis-- > 0;) {
      offset += rest % v.shape()[axis] * v.strides()[axis];
      rest /= v.shape()[axis];
    }
    out.push_back(v.data()[offset]);
  }
}

/// A layer of inputs of ranks R... as a function of two vectors: all parameters (the flat tensor of
/// the layout) and all inputs, one after the other.
template <class L, std::size_t... R>
class layer_function {
 public:
  struct tangent {
    numbers y;
    numbers dy;
  };
  struct gradient {
    numbers parameters;
    numbers inputs;
  };

  layer_function(const parameter_layout& layout, const L& layer, const extents<R>&... shapes)
      : layer_(layer), shapes_(shapes...), store_(be_, layout, rng_key{1}), ws_(be_) {}

  [[nodiscard]] index_t input_size() const {
    return std::apply([](const auto&... s) { return (size_of(s) + ...); }, shapes_);
  }

  numbers value(const numbers& parameters, const numbers& inputs) {
    start(parameters, inputs);
    numbers out;
    append(out, run_forward());
    expect_unchanged(parameters, inputs);
    return out;
  }

  tangent directional(const numbers& parameters, const numbers& inputs, const numbers& direction) {
    start(parameters, inputs);
    numbers v = direction;
    const auto pair =
        std::apply([&](auto... all) { return layer_.jvp(be_, store_.view(), all..., ws_); },
                   std::tuple_cat(views(inputs_), views(v)));
    tangent out;
    append(out.y, pair.y);
    append(out.dy, pair.dy);
    expect_unchanged(parameters, inputs);
    EXPECT_EQ(v, direction) << "jvp modified its tangent";
    return out;
  }

  /// Gradient of <weights, y> after `passes` forward and backward passes without zeroing.
  gradient backward(const numbers& parameters, const numbers& inputs, const numbers& weights,
                    int passes) {
    be_.fill(store_.gradients(), 0.0);
    gradient out;
    for (int pass = 0; pass < passes; ++pass) {
      start(parameters, inputs);
      numbers w = weights;
      const auto y = run_forward();
      const view<const double, decltype(y)::rank, host_space> dy(w.data(), y.shape());
      out.inputs.clear();
      append_all(out.inputs, layer_.backward(be_, store_.view(), saved_, dy, ws_));
      expect_unchanged(parameters, inputs);
      EXPECT_EQ(w, weights) << "backward modified the gradient of its output";
    }
    append(out.parameters, store_.gradients());
    return out;
  }

  /// Gradient of the parameters after one forward pass and a backward pass for them alone.
  numbers parameter_gradient(const numbers& parameters, const numbers& inputs,
                             const numbers& weights) {
    be_.fill(store_.gradients(), 0.0);
    start(parameters, inputs);
    const auto y = run_forward();
    const view<const double, decltype(y)::rank, host_space> dy(weights.data(), y.shape());
    backward_parameters(layer_, be_, store_.view(), saved_, dy, ws_);
    numbers out;
    append(out, store_.gradients());
    return out;
  }

 private:
  template <std::size_t Q>
  using input_view = view<const double, Q, host_space>;

  /// Copies the arguments and makes stale scratch show as NaN.
  void start(const numbers& parameters, const numbers& inputs) {
    be_.upload(store_.values(), std::span<const double>(parameters));
    inputs_ = inputs;
    saved_ = saved_of<L, oracle>{};
    ws_.rewind();
    const index_t count = ws_.capacity() / static_cast<index_t>(2 * sizeof(double));
    be_.fill(ws_.take(extents{count}), std::numeric_limits<double>::quiet_NaN());
    ws_.rewind();
  }

  void expect_unchanged(const numbers& parameters, const numbers& inputs) {
    numbers now;
    append(now, store_.values());
    EXPECT_EQ(now, parameters) << "a pass modified the parameters";
    EXPECT_EQ(inputs_, inputs) << "a pass modified an input";
  }

  auto views(const numbers& values) const {
    const double* at = values.data();
    const auto next = [&]<std::size_t Q>(const extents<Q>& shape) {
      const input_view<Q> v(at, shape);
      at += v.size();
      return v;
    };
    // Braces evaluate from left to right.
    return std::apply([&](const auto&... s) { return std::tuple<input_view<R>...>{next(s)...}; },
                      shapes_);
  }

  auto run_forward() {
    return std::apply(
        [&](auto... x) { return layer_.forward(be_, store_.view(), x..., ws_, saved_); },
        views(inputs_));
  }

  /// The gradients of all inputs: one view, or a structure with a view per input.
  template <class G>
  static void append_all(numbers& out, const G& gradients) {
    if constexpr (sizeof...(R) == 1) {
      append(out, gradients);
    } else if constexpr (sizeof...(R) == 2) {
      const auto& [a, b] = gradients;
      append(out, a);
      append(out, b);
    } else {
      const auto& [a, b, c] = gradients;
      append(out, a);
      append(out, b);
      append(out, c);
    }
  }

  oracle be_;
  L layer_;
  std::tuple<extents<R>...> shapes_;
  parameter_store<oracle> store_;
  workspace<oracle> ws_;
  numbers inputs_;
  saved_of<L, oracle> saved_;
};

/// Random parameters of a layout, gaps zero: not those of the initialisers, whose zeros and ones
/// would hide mistakes.
inline numbers random_parameters(const parameter_layout& layout, std::uint64_t seed) {
  numbers out(static_cast<std::size_t>(layout.size()), 0.0);
  for (const auto& e : layout.entries()) {
    const numbers drawn = normal_numbers(e.size(), seed++);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      out[static_cast<std::size_t>(e.offset) + i] = 0.5 * drawn[i];
    }
  }
  return out;
}

/// The flat tensor of a layout in which the named parameters have these elements, others zeros.
inline numbers parameters_with(const parameter_layout& layout,
                               std::initializer_list<std::pair<std::string_view, numbers>> named) {
  numbers out(static_cast<std::size_t>(layout.size()), 0.0);
  for (const auto& [name, values] : named) {
    const auto* entry = layout.find(name);
    if (entry == nullptr || entry->size() != static_cast<index_t>(values.size())) {
      ADD_FAILURE() << "no parameter '" << name << "' of " << values.size() << " elements";
      continue;
    }
    std::copy(values.begin(), values.end(), out.begin() + entry->offset);
  }
  return out;
}

/// (f(a + h v) - f(a - h v)) / (2 h). With h = 1e-6 the truncation is about 1e-12 and the rounding
/// 1e-10 of the values, hence the relative tolerance of 1e-7 below leaves room for conditioning and
/// still shows any wrong term.
template <class F>
numbers central_difference(const F& f, const numbers& a, const numbers& v) {
  constexpr double h = 1e-6;
  numbers out = moved(f(moved(a, h, v)), -1, f(moved(a, -h, v)));
  for (double& x : out) x /= 2 * h;
  return out;
}
inline constexpr double difference_tolerance = 1e-7;
/// Sums of products in another order differ by rounding only.
inline constexpr double adjoint_tolerance = 1e-10;

/// forward is pure; jvp agrees with it, with central differences and with backward.
template <class Function>
void expect_tangents(Function& f, const numbers& parameters, const numbers& x) {
  const numbers y = f.value(parameters, x);
  EXPECT_EQ(f.value(parameters, x), y) << "forward differs from one call to the next";
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const std::string where = text("tangent of the inputs, direction ", seed);
    const numbers v = normal_numbers(f.input_size(), 100 + seed);
    const auto t = f.directional(parameters, x, v);
    const auto value = [&](const numbers& at) { return f.value(parameters, at); };
    EXPECT_TRUE(finite(t.y) && finite(t.dy)) << where << ": not finite";
    EXPECT_LE(largest_difference(t.y, y), 1e-12 * largest(y)) << where << ": other value";
    EXPECT_LE(largest_difference(t.dy, central_difference(value, x, v)),
              difference_tolerance * (largest(y) + largest(t.dy)))
        << where << ": disagrees with central differences";

    const numbers w = normal_numbers(static_cast<index_t>(y.size()), 200 + seed);
    const auto g = f.backward(parameters, x, w, 1);
    EXPECT_NEAR(dot(t.dy, w), dot(v, g.inputs),
                adjoint_tolerance * (dot_size(t.dy, w) + dot_size(v, g.inputs)))
        << where << ": <J v, w> differs from <v, J^T w>";
  }
}

/// The gradient of every parameter along random directions, and of every single one in small
/// layers; that backward adds; that it finds the same for parameters alone; that gaps between slots
/// stay zero.
template <class Function>
void expect_gradients(Function& f, const parameter_layout& layout, const numbers& parameters,
                      const numbers& x) {
  const numbers y = f.value(parameters, x);
  const numbers w = normal_numbers(static_cast<index_t>(y.size()), 300);
  const auto once = f.backward(parameters, x, w, 1);
  const auto twice = f.backward(parameters, x, w, 2);
  EXPECT_TRUE(finite(once.parameters) && finite(once.inputs)) << "gradients are not finite";
  EXPECT_LE(largest_difference(twice.parameters, moved(once.parameters, 1, once.parameters)),
            1e-12 * largest(once.parameters))
      << "backward does not add to the gradients of the parameters";
  EXPECT_EQ(twice.inputs, once.inputs) << "backward differs from one call to the next";
  EXPECT_EQ(f.parameter_gradient(parameters, x, w), once.parameters)
      << "the backward pass for parameters alone finds other gradients";

  numbers gaps = once.parameters;
  const auto loss = [&](const numbers& at) { return numbers{dot(w, f.value(at, x))}; };
  const auto check = [&](const numbers& direction, const std::string& where) {
    const double expected = central_difference(loss, parameters, direction)[0];
    EXPECT_NEAR(dot(direction, once.parameters), expected,
                difference_tolerance * (dot_size(w, y) + std::abs(expected)))
        << "gradient of " << where << ": disagrees with central differences";
  };
  for (const auto& e : layout.entries()) {
    const auto first = static_cast<std::size_t>(e.offset);
    const auto size = static_cast<std::size_t>(e.size());
    const numbers drawn = normal_numbers(e.size(), 400 + first);
    numbers direction(parameters.size(), 0.0);
    std::copy(drawn.begin(), drawn.end(), direction.begin() + e.offset);
    check(direction, text("'", e.name, "' along a random direction"));
    std::fill_n(gaps.begin() + e.offset, size, 0.0);
    if (layout.size() > 512) continue;
    for (std::size_t i = 0; i < size; ++i) {
      numbers unit(parameters.size(), 0.0);
      unit[first + i] = 1;
      check(unit, text("'", e.name, "', element ", i));
    }
  }
  EXPECT_EQ(largest(gaps), 0) << "backward wrote between the slots";
}

/// All laws of Layer and TangentLayer for a layer whose forward takes one dense view per shape.
template <class L, std::size_t... R>
void expect_differentiable(const std::string& name, const parameter_layout& layout, const L& layer,
                           const extents<R>&... shapes) {
  std::string description = text(name, " on");
  ((description += text(" ", shapes)), ...);
  SCOPED_TRACE(description);
  layer_function<L, R...> f(layout, layer, shapes...);
  const numbers parameters = random_parameters(layout, 7);
  const numbers x = normal_numbers(f.input_size(), 11);

  expect_tangents(f, parameters, x);
  expect_gradients(f, layout, parameters, x);
}

/// A velocity network as a layer of three inputs: state, time and condition.
template <class N>
struct network_layer {
  template <class B>
  using saved = saved_of<N, B>;
  template <class B>
  using matrix = const_view_of<B, 2>;

  const N* net;

  template <class B>
  auto forward(B& be, const parameters<B>& p, matrix<B> x, matrix<B> time, matrix<B> condition,
               workspace<B>& ws, saved<B>& s) const {
    return net->forward(be, p, field_input<B>{x, time, condition}, ws, s);
  }
  template <class B>
  auto backward(B& be, const parameters<B>& p, const saved<B>& s, matrix<B> dy,
                workspace<B>& ws) const {
    return net->backward(be, p, s, dy, ws);
  }
  template <class B>
  auto jvp(B& be, const parameters<B>& p, matrix<B> x, matrix<B> time, matrix<B> condition,
           matrix<B> dx, matrix<B> dtime, matrix<B> dcondition, workspace<B>& ws) const {
    return net->jvp(be, p, field_input<B>{x, time, condition},
                    field_input<B>{dx, dtime, dcondition}, ws);
  }
};

/// The same laws for a velocity network on states [batch, dimension].
template <class N>
void expect_differentiable_field(const std::string& name, const parameter_layout& layout,
                                 const N& net, index_t batch, index_t dimension) {
  expect_differentiable(name, layout, network_layer<N>{&net}, extents{batch, dimension},
                        extents{batch, net.times()}, extents{batch, net.condition_size()});
}

}  // namespace flowkit::testing
