// Passes of the layers, each against the slower of memory traffic and matrix products.
//
// Names are layer/pass/backend/shape. Counters: `floor` is the time in seconds that the backend's
// own rates, measured by this program, allow, or those of an H200 on `cuda`; `share` is floor /
// time. Every case is compared with eigen<double> before it is timed.
#include "support/backends.hpp"
#include "support/call_times.hpp"
#include "support/checked_case.hpp"
#include "support/rates.hpp"
#include "support/tensors.hpp"

#include <flowkit/nn/activation.hpp>
#include <flowkit/nn/conv1d.hpp>
#include <flowkit/nn/conv_transpose1d.hpp>
#include <flowkit/nn/film.hpp>
#include <flowkit/nn/group_norm.hpp>
#include <flowkit/nn/layer_norm.hpp>
#include <flowkit/nn/linear.hpp>
#include <flowkit/nn/pooling.hpp>
#include <flowkit/nn/spatial_soft_argmax.hpp>
#include <flowkit/nn/time_embedding.hpp>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace flowkit;

enum class pass { forward, backward, jvp };

std::string to_text(pass which) {
  if (which == pass::forward) return "forward";
  return which == pass::backward ? "backward" : "jvp";
}

/// Feature-wise modulation of [64, time, 256] by numbers that stand in for those of a condition.
class modulation_layer {
 public:
  template <class B>
  using saved = film::saved<B>;

  explicit modulation_layer(parameter_layout& layout)
      : modulation_(layout.add("a", extents{64, 512}, initializer::normal(1))) {}

  static extents<3> output_shape(const extents<3>& shape) { return shape; }

  template <class B>
  view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> x, workspace<B>& ws,
                        saved<B>& s) const {
    return film{}.forward(be, p, x, p.value(modulation_), ws, s);
  }
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 3> dy,
                         workspace<B>& ws) const {
    return film{}.backward(be, p, s, dy, ws).h;
  }
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                                  const_view_of<B, 3> dx, workspace<B>& ws) const {
    const auto modulation = p.value(modulation_);
    return film{}.jvp(be, p, x, modulation, dx, modulation, ws);
  }

 private:
  slot<2> modulation_;
};

/// A layer with its parameters, an input, a direction and a gradient of its output on one backend.
template <class B, class L, std::size_t R>
class running_layer {
 public:
  running_layer(B& be, const parameter_layout& layout, const L& layer, const extents<R>& shape)
      : be_(be),
        layer_(&layer),
        store_(be_, layout, {1}),
        ws_(be_),
        x_(bench::normal(be_, shape, {2})),
        dx_(bench::normal(be_, shape, {4})),
        dy_(bench::normal(be_, layer.output_shape(shape), {3})) {}

  /// What the pass is for: y, the gradient of the input, or the tangent of y.
  const_view_of<B, 1> run(pass which) {
    ws_.rewind();
    const auto x = std::as_const(x_).view();
    const auto dx = std::as_const(dx_).view();
    if (which == pass::jvp) return flatten(layer_->jvp(be_, store_.view(), x, dx, ws_).dy);
    const auto y = layer_->forward(be_, store_.view(), x, ws_, saved_);
    return which == pass::forward ? flatten(y) : backward();
  }

  /// The backward pass alone, over the state of the last run.
  const_view_of<B, 1> backward() {
    const auto dy = std::as_const(dy_).view();
    return flatten(layer_->backward(be_, store_.view(), saved_, dy, ws_));
  }

  /// Times one pass.
  void time(benchmark::State& state, pass which) {
    run(which);
    const auto start = ws_.position();
    bench::time_throughput(state, be_, [&] {
      if (which != pass::backward) {
        run(which);
      } else {
        backward();
        ws_.rewind(start);
      }
    });
  }

  [[nodiscard]] double input_size() const { return static_cast<double>(x_.size()); }
  [[nodiscard]] double output_size() const { return static_cast<double>(dy_.size()); }

 private:
  using output = decltype(std::declval<L>().output_shape(extents<R>{}));

  B& be_;
  const L* layer_;
  parameter_store<B> store_;
  workspace<B> ws_;
  tensor<B, R> x_;
  tensor<B, R> dx_;
  decltype(bench::normal(std::declval<B&>(), output{}, rng_key{})) dy_;
  saved_of<L, B> saved_;
};

/// A layer on one shape. `weights` are the elements of its parameters, `products` the
/// multiplications of its forward pass.
template <class L, std::size_t R>
struct layer_case {
  std::string name;
  parameter_layout layout;
  L layer;
  extents<R> shape;
  double products;

  /// Elements that a pass must move, and its operations. Backward reads x and dy and writes dx, and
  /// has two products for each of the forward pass; so has jvp, which returns values as well.
  [[nodiscard]] bench::work work_of(pass which, double x, double y) const {
    const auto weights = static_cast<double>(layout.parameter_count());
    const bool forward = which == pass::forward;
    const double elements = forward              ? x + y + weights
                            : which == pass::jvp ? 2 * (x + y) + weights
                                                 : 2 * x + y + 3 * weights;
    return {sizeof(float) * elements, (forward ? 2 : 4) * products};
  }

  template <class B>
  void run(benchmark::State& state, B& be, pass which) const {
    running_layer<B, L, R> timed(be, layout, layer, shape);
    // Sums of up to 5120 products in single precision, each rounded to 6e-8.
    bench::expect_close(bench::to_host(be, timed.run(which)), expected(which), "a layer");
    timed.time(state, which);
    bench::report(state, be, work_of(which, timed.input_size(), timed.output_size()));
  }

  [[nodiscard]] std::vector<double> expected(pass which) const {
    eigen<double> be;
    running_layer<eigen<double>, L, R> oracle(be, layout, layer, shape);
    return bench::to_host(be, oracle.run(which));
  }
};

const std::vector<bench::configuration>& backends() {
  static const std::vector<bench::configuration> all = bench::every_backend();
  return all;
}

/// Registers all passes of a layer.
template <class L, std::size_t R>
void add(layer_case<L, R> one) {
  const auto shared = std::make_shared<const layer_case<L, R>>(std::move(one));
  for (const pass which : {pass::forward, pass::backward, pass::jvp}) {
    for (const bench::configuration& on : backends()) {
      bench::add(text(shared->name, '/', to_text(which), '/', on.backend, '/', shared->shape), on,
                 [shared, which](auto& state, auto& be) { shared->run(state, be, which); });
    }
  }
}

/// Builds a layer from a layout. `products` counts the multiplications per element of the output.
template <std::size_t R, class Make>
void add(const std::string& name, const extents<R>& shape, double products, const Make& make) {
  parameter_layout layout;
  auto layer = make(layout);
  const auto outputs = static_cast<double>(size_of(layer.output_shape(shape)));
  add(layer_case<decltype(layer), R>{name, std::move(layout), std::move(layer), shape,
                                     products * outputs});
}

using layout_ref = parameter_layout&;

/// The layers of the conditional U-Net at batch 64 and of the image encoder at batch 16.
void add_all() {
  const extents<3> chunk{64, 16, 256};
  add("linear", extents{64, 1024}, 1024, [](layout_ref l) { return linear(l, "a", 1024, 1024); });
  add("conv1d_k5", chunk, 5 * 256, [](layout_ref l) {
    return conv1d(l, "a", {.inputs = 256, .outputs = 256, .kernel = 5, .padding = 2});
  });
  add("conv1d_down", chunk, 3 * 256, [](layout_ref l) {
    return conv1d(l, "a", {.inputs = 256, .outputs = 256, .kernel = 3, .stride = 2, .padding = 1});
  });
  // Each output of a doubling kernel of 4 receives 2 taps.
  add("conv_transpose1d", chunk, 2 * 256, [](layout_ref l) {
    return conv_transpose1d(
        l, "a", {.inputs = 256, .outputs = 256, .kernel = 4, .stride = 2, .padding = 1});
  });
  add("group_norm", chunk, 0,
      [](layout_ref l) { return group_norm(l, "a", {.channels = 256, .groups = 8}); });
  add("layer_norm", chunk, 0, [](layout_ref l) { return layer_norm(l, "a", {.channels = 256}); });
  add("film", chunk, 0, [](layout_ref l) { return modulation_layer(l); });
  add("relu", chunk, 0, [](layout_ref) { return relu_layer{}; });
  add("silu", chunk, 0, [](layout_ref) { return silu_layer{}; });
  add("mish", chunk, 0, [](layout_ref) { return mish_layer{}; });
  add("gelu", chunk, 0, [](layout_ref) { return gelu_layer{}; });
  add("time_embedding", extents{1024, 1}, 0,
      [](layout_ref l) { return sinusoidal_time_embedding(l, {.dimension = 256}); });
  add("conv2d_7x7", extents{16, 84, 84, 3}, 49 * 3, [](layout_ref l) {
    return conv2d(l, "a",
                  {.inputs = 3,
                   .outputs = 64,
                   .kernel = {7, 7},
                   .stride = {2, 2},
                   .padding = {3, 3},
                   .bias = bias_term::none});
  });
  add("conv2d_3x3", extents{16, 21, 21, 64}, 9 * 64, [](layout_ref l) {
    return conv2d(l, "a",
                  {.inputs = 64,
                   .outputs = 64,
                   .kernel = {3, 3},
                   .padding = {1, 1},
                   .bias = bias_term::none});
  });
  add("max_pool2d", extents{16, 42, 42, 64}, 0, [](layout_ref) {
    return max_pool2d({.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}});
  });
  add("spatial_soft_argmax", extents{64, 10, 10, 32}, 0, [](layout_ref l) {
    return spatial_soft_argmax(l, {.height = 10, .width = 10, .channels = 32});
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_all();
  return bench::run_benchmarks(argc, argv);
}
