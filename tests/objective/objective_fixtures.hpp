// What the tests of objectives share: the reference losses, and a small flow with every option.
#pragma once

#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/import.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/objective/concepts.hpp>

#include <support/golden.hpp>

#include <gmock/gmock.h>

namespace flowkit::testing {

using field = mlp_field<fn::tanh>;
using reference_backends = ::testing::Types<eigen<double>, eigen<float>>;

/// A time sampler that returns given times.
template <class B>
struct given_times {
  const_view_of<B, 1> times;

  void draw(B& be, view_of<B, 1> t, rng_key) const { be.copy(t, times); }
};

/// The network u(x, t, r, c) of the reference losses with its weights, and their data.
template <class B>
class reference_losses {
 public:
  using T = typename B::value_type;

  reference_losses() {
    const safetensors_file file(golden("flow_losses.safetensors"));
    const numbers values = in_layout(file.tensors(), "");
    const std::vector<T> narrowed(values.begin(), values.end());
    be.upload(store.values(), std::span<const T>(narrowed));
  }

  training_batch<B> batch() { return {z1.view(), z0.view(), condition.view()}; }

  /// Loss and gradients of an objective against those of a name, e.g. "rf". Reference tolerance:
  /// 1e-10 of the largest entry in double, 1e-4 in float.
  template <class O>
  void expect_loss(O&& objective, const std::string& name) {
    workspace<B> ws(be);
    const auto loss = objective(be, store.view(), batch(), rng_key{}, ws);

    EXPECT_LE(relative_difference(reshape(loss, extents<1>{1}), arrays.values(name + ".loss")),
              limit);
    expect_close_tensors(layout, store.gradients(), gradients(name), limit, 0);
  }

  B be;
  golden_arrays arrays{"flow_losses.npz"};
  parameter_layout layout;
  field net{layout, "net", {.dimension = 6, .condition = 5, .times = 2, .hidden = 32, .depth = 3}};
  parameter_store<B> store{be, layout, {}};
  tensor<B, 2> z0 = arrays.on(be, "z0", extents<2>{10, 6});
  tensor<B, 2> z1 = arrays.on(be, "z1", extents<2>{10, 6});
  tensor<B, 2> condition = arrays.on(be, "cond", extents<2>{10, 5});
  double limit = tolerance<T>(1e-4, 1e-10);

 private:
  numbers in_layout(std::span<const named_array_view> tensors, const std::string& prefix) {
    import_map map;
    map.key_prefix = prefix;
    for (const auto& e : layout.entries()) map.add(e.name, e.name);
    numbers out(static_cast<std::size_t>(layout.size()));
    import_parameters<double>(tensors, "flow_losses", map, layout, out);
    return out;
  }

  numbers gradients(const std::string& name) {
    const auto file = read_npz(golden("flow_losses.npz"));
    std::vector<named_array_view> tensors;
    for (const auto& [key, value] : file) tensors.push_back({key, value});
    return in_layout(tensors, name + ".grad.");
  }
};

/// A small conditional flow with every optional part of a batch.
class conditional_flow : public ::testing::Test {
 protected:
  using B = oracle;

  conditional_flow() {
    be_.normal(x1_.view(), {1});
    be_.normal(x0_.view(), {2});
    be_.normal(condition_.view(), {3});
    be_.uniform(weights_.view(), {4});
    be_.uniform(mask_.view(), {5});
  }

  training_batch<B> everything() {
    return {x1_.view(), x0_.view(), condition_.view(), weights_.view(), mask_.view()};
  }

  template <class O>
  double loss(O& objective, const training_batch<B>& batch, rng_key key = {9}) {
    ws_.rewind();
    return objective(be_, store_.view(), batch, key, ws_)();
  }

  /// The gradient along a direction against central differences. Truncation is of the order of
  /// step^2 and rounding of eps / step, both below 1e-9 here.
  template <class O>
  void expect_gradient(O& objective, const training_batch<B>& batch) {
    constexpr double step = 1e-5;
    be_.fill(store_.gradients(), 0.0);
    loss(objective, batch);
    const numbers gradient = values_of(store_.gradients());
    const numbers values = values_of(store_.values());
    const numbers direction = normal_numbers(layout_.size(), 11);
    const auto moved_loss = [&](double distance) {
      be_.upload(store_.values(), moved(values, distance, direction));
      return loss(objective, batch);
    };
    const double slope = (moved_loss(step) - moved_loss(-step)) / (2 * step);
    be_.upload(store_.values(), values);
    EXPECT_NEAR(dot(gradient, direction), slope, 1e-8 * (1 + dot_size(gradient, direction)));
  }

  B be_;
  parameter_layout layout_;
  field net_{layout_, "net", {.dimension = 3, .condition = 2, .hidden = 8, .depth = 2}};
  parameter_store<B> store_{be_, layout_, {6}};
  workspace<B> ws_{be_};
  tensor<B, 2> x1_{be_, {5, 3}};
  tensor<B, 2> x0_{be_, {5, 3}};
  tensor<B, 2> condition_{be_, {5, 2}};
  tensor<B, 1> weights_{be_, {5}};
  tensor<B, 2> mask_{be_, {5, 3}};
};

}  // namespace flowkit::testing
