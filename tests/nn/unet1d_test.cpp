#include <flowkit/nn/unet1d.hpp>

#include <flowkit/nn/import_names.hpp>
#include <support/allocation.hpp>
#include <support/backends.hpp>
#include <support/golden.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace flowkit {
namespace {

using namespace testing;
using ::testing::HasSubstr;

static_assert(VelocityNetwork<unet1d, eigen<float>>);
static_assert(VelocityNetwork<unet1d, eigen<double>>);

/// The options of the reference networks.
unet1d_options golden_options(std::vector<index_t> dims) {
  return {.channels = 4, .condition = 20, .time_embedding = 32, .dims = std::move(dims)};
}

/// A network with the state that its passes need.
template <class B>
struct network {
  using T = typename B::value_type;

  explicit network(const unet1d_options& o)
      : net(layout, "net", o), store(be, layout, rng_key{1}), ws(be) {}

  void set_parameters(const std::vector<T>& flat) {
    be.upload(store.values(), std::span<const T>(flat));
  }

  B be;
  parameter_layout layout;
  unet1d net;
  parameter_store<B> store;
  workspace<B> ws;
  saved_of<unet1d, B> saved;
};

/// The inputs of a file of reference data, or other arrays of the same shapes.
template <class B>
struct golden_input {
  golden_input(B& be, const golden_arrays& io, index_t n, index_t steps, const std::string& x,
               const std::string& t, const std::string& c)
      : state(io.on(be, x, extents{n, 4 * steps})),
        time(io.on(be, t, extents{n, index_t{1}})),
        condition(io.on(be, c, extents{n, index_t{20}})) {}

  [[nodiscard]] field_input<B> view() const {
    return {state.view(), time.view(), condition.view()};
  }

  tensor<B, 2> state;
  tensor<B, 2> time;
  tensor<B, 2> condition;
};

template <class B>
class GoldenUnet1d : public ::testing::Test {
 protected:
  using value_type = typename B::value_type;

  GoldenUnet1d() {
    const safetensors_file file(golden("unet1d.safetensors"));
    std::vector<value_type> flat(static_cast<std::size_t>(built.layout.size()));
    import_parameters<value_type>(file, keys, built.layout, flat);
    built.set_parameters(flat);
  }

  /// The tangent of y along some of the directions of the reference data.
  tensor<B, 2> tangent(bool along_x, bool along_t, bool along_c) {
    golden_input<B> direction(built.be, io, 3, 16, "dx", "dt", "dc");
    if (!along_x) built.be.fill(direction.state.view(), value_type(0));
    if (!along_t) built.be.fill(direction.time.view(), value_type(0));
    if (!along_c) built.be.fill(direction.condition.view(), value_type(0));
    built.ws.rewind();
    const auto out =
        built.net.jvp(built.be, built.store.view(), input.view(), direction.view(), built.ws);
    EXPECT_LE(relative_difference(out.y, io.values("y64")), y_tolerance);
    tensor<B, 2> kept(built.be, out.dy.shape());
    built.be.copy(kept.view(), out.dy);
    return kept;
  }

  // The reference gives y in double. In float it allows 2e-5; most of it is the rounding of the
  // sinusoidal embedding. In double the rounding was 2e-15.
  static constexpr double y_tolerance = tolerance<value_type>(2e-5, 1e-13);
  // Derivatives are computed in double and stored in float: 2^-24 = 6e-8 of an element.
  static constexpr double derivative_tolerance = tolerance<value_type>(1e-4, 1e-7);

  network<B> built{golden_options({16, 32, 64})};
  import_map keys = conditional_unet1d_keys(golden_options({16, 32, 64}), {"", "net"});
  golden_arrays io{"unet1d_io.npz"};
  golden_input<B> input{built.be, io, 3, 16, "x", "t", "c"};
};
TYPED_TEST_SUITE(GoldenUnet1d, network_backends);

TYPED_TEST(GoldenUnet1d, HasTheParametersOfTheReference) {
  EXPECT_EQ(this->built.layout.parameter_count(), 297364);
}

TYPED_TEST(GoldenUnet1d, ComputesTheTimeFeature) {
  auto& n = this->built;
  saved_of<time_condition::time_feature, TypeParam> saved;
  saved_of<sinusoidal_time_embedding, TypeParam> saved_embedding;
  const auto& feature = n.net.condition().feature(0);
  const auto t = this->input.view().time;

  const auto e =
      feature.template layer<0>().forward(n.be, n.store.view(), t, n.ws, saved_embedding);
  const auto y = feature.forward(n.be, n.store.view(), t, n.ws, saved);

  EXPECT_LE(relative_difference(e, this->io.values("time_embedding64")), this->y_tolerance);
  EXPECT_LE(relative_difference(y, this->io.values("time_feature64")), this->y_tolerance);
}

TYPED_TEST(GoldenUnet1d, ComputesTheOutput) {
  auto& n = this->built;

  const auto y = n.net.forward(n.be, n.store.view(), this->input.view(), n.ws, n.saved);

  EXPECT_LE(relative_difference(y, this->io.values("y64")), this->y_tolerance);
}

TYPED_TEST(GoldenUnet1d, ComputesTheOutputOfALongerHorizon) {
  auto& n = this->built;
  const golden_input<TypeParam> other(n.be, this->io, 1, 32, "x2", "t2", "c2");

  const auto y = n.net.forward(n.be, n.store.view(), other.view(), n.ws, n.saved);

  EXPECT_LE(relative_difference(y, this->io.values("y2_64")), this->y_tolerance);
}

TYPED_TEST(GoldenUnet1d, ComputesAllGradients) {
  auto& n = this->built;
  const safetensors_file file(golden("unet1d_grads.safetensors"));
  numbers expected(static_cast<std::size_t>(n.layout.size()));
  import_parameters<double>(file, this->keys, n.layout, expected);
  const auto w = this->io.on(n.be, "w", extents{3, 64});

  n.net.forward(n.be, n.store.view(), this->input.view(), n.ws, n.saved);
  const auto g = n.net.backward(n.be, n.store.view(), n.saved, w.view(), n.ws);

  EXPECT_LE(relative_difference(g.x, this->io.values("grad_x")), this->derivative_tolerance);
  EXPECT_LE(relative_difference(g.time, this->io.values("grad_t")), this->derivative_tolerance);
  EXPECT_LE(relative_difference(g.condition, this->io.values("grad_c")),
            this->derivative_tolerance);
  expect_close_tensors(n.layout, n.store.gradients(), expected, this->derivative_tolerance,
                       tolerance<typename TypeParam::value_type>(1e-6, 1e-12));
}

TYPED_TEST(GoldenUnet1d, ComputesTangents) {
  const double allowed = this->derivative_tolerance;

  EXPECT_LE(relative_difference(this->tangent(true, true, true).view(), this->io.values("dy")),
            allowed);
  EXPECT_LE(relative_difference(this->tangent(true, false, false).view(), this->io.values("dy_x")),
            allowed);
  EXPECT_LE(relative_difference(this->tangent(false, true, false).view(), this->io.values("dy_t")),
            allowed);
  EXPECT_LE(relative_difference(this->tangent(false, false, true).view(), this->io.values("dy_c")),
            allowed);
}

// ---- the larger reference network, whose weights follow from a formula
// ---------------------------

/// U of the reference: element i of tensor j, in [-1, 1).
double formula_value(std::uint64_t j, std::uint64_t i) {
  const std::uint64_t n = (j << 32) + i + 1;
  std::uint64_t z = n * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z = z ^ (z >> 31);
  return static_cast<double>(z >> 40) * 0x1p-23 - 1;
}

/// The foreign tensors that a map asks for, in the order of their names.
class formula_tensors {
 public:
  formula_tensors(const parameter_layout& layout, const import_map& keys) {
    for (const import_rule& rule : keys.rules) shapes_[rule.key] = foreign_shape(layout, rule);
  }

  /// Tensor j holds base[j] + scale[j] U(j + shift), rounded to float as in the reference.
  [[nodiscard]] numbers imported(const parameter_layout& layout, const import_map& keys,
                                 const numbers& base, const numbers& scale, std::uint64_t shift) {
    std::vector<std::vector<float>> elements;
    std::vector<named_array_view> tensors;
    for (const auto& [name, shape] : shapes_) {
      const std::size_t j = elements.size();
      auto& values = elements.emplace_back(static_cast<std::size_t>(size(shape)));
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(base[j] + scale[j] * formula_value(j + shift, i));
      }
      tensors.push_back({name, array_view(dtype::f32, shape, std::as_bytes(std::span(values)))});
    }
    numbers flat(static_cast<std::size_t>(layout.size()));
    import_parameters<double>(tensors, "formula", keys, layout, flat);
    return flat;
  }

  /// Index of a name in the sorted list.
  [[nodiscard]] std::size_t rank(const std::string& key) const {
    return static_cast<std::size_t>(std::distance(shapes_.begin(), shapes_.find(key)));
  }

 private:
  static array_shape foreign_shape(const parameter_layout& layout, const import_rule& rule) {
    const auto& own = layout.find(rule.parameter)->shape;
    if (own.size() == 1) return own;
    array_shape shape{own[1], own[0] / size(rule.taps)};
    shape.insert(shape.end(), rule.taps.begin(), rule.taps.end());
    return shape;
  }
  static index_t size(const array_shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), index_t{1}, std::multiplies<>());
  }

  std::map<std::string, array_shape> shapes_;
};

TEST(FormulaValue, IsThatOfTheReference) {
  EXPECT_EQ(formula_value(0, 0), 0.7666215896606445);
  EXPECT_EQ(formula_value(0, 4), -0.7873066663742065);
}

template <class B>
class LargeUnet1d : public ::testing::Test {};
TYPED_TEST_SUITE(LargeUnet1d, network_backends);

TYPED_TEST(LargeUnet1d, AgreesWithTheReference) {
  using T = typename TypeParam::value_type;
  const unet1d_options options = golden_options({32, 64, 128});
  const golden_arrays io("unet1d_large_io.npz");
  const import_map keys = conditional_unet1d_keys(options, {"", "net"});
  network<TypeParam> n(options);
  formula_tensors tensors(n.layout, keys);
  const numbers base = io.values("base");
  const numbers weights = tensors.imported(n.layout, keys, base, io.values("scale"), 0);
  const numbers probes = tensors.imported(n.layout, keys, numbers(base.size(), 0.0),
                                          numbers(base.size(), 1.0), 100000);
  n.set_parameters(std::vector<T>(weights.begin(), weights.end()));
  const golden_input<TypeParam> input(n.be, io, 3, 16, "x", "t", "c");
  const auto w = io.on(n.be, "w", extents{3, 64});

  const auto y = n.net.forward(n.be, n.store.view(), input.view(), n.ws, n.saved);
  const auto g = n.net.backward(n.be, n.store.view(), n.saved, w.view(), n.ws);

  const double derivative_tolerance = tolerance<T>(1e-4, 1e-7);  // stored in float
  EXPECT_EQ(n.layout.parameter_count(), 1062532);
  EXPECT_LE(relative_difference(y, io.values("y64")), tolerance<T>(3e-5, 1e-13));
  EXPECT_LE(relative_difference(g.x, io.values("grad_x")), derivative_tolerance);
  EXPECT_LE(relative_difference(g.time, io.values("grad_t")), derivative_tolerance);
  EXPECT_LE(relative_difference(g.condition, io.values("grad_c")), derivative_tolerance);
  // Projections and norms are stored in double.
  const numbers dots = io.values("grad_dot");
  const numbers norms = io.values("grad_norm");
  const double slack = tolerance<T>(1e-6, 1e-12) * largest(norms);
  for (const import_rule& rule : keys.rules) {
    const auto& e = *n.layout.find(rule.parameter);
    const std::size_t j = tensors.rank(rule.key);
    const numbers gradient = values_of(rows(n.store.gradients(), e.offset, e.size()));
    const numbers probe(probes.begin() + e.offset, probes.begin() + e.offset + e.size());
    const double allowed = tolerance<T>(1e-4, 1e-11) * norms[j] + slack;
    EXPECT_NEAR(dot(gradient, probe), dots[j], allowed) << rule.key;
    EXPECT_NEAR(std::sqrt(dot(gradient, gradient)), norms[j], allowed) << rule.key;
  }
}

// ---- sizes, laws, errors
// -------------------------------------------------------------------------

index_t parameter_count(const unet1d_options& o) {
  parameter_layout layout;
  const unet1d net(layout, "net", o);
  return layout.parameter_count();
}

TEST(Unet1d, HasAsManyParametersAsPublishedNetworks) {
  EXPECT_EQ(parameter_count(
                {.channels = 4, .condition = 78, .time_embedding = 64, .dims = {64, 128, 256}}),
            4'368'644);
  EXPECT_EQ(parameter_count({.channels = 9, .condition = 120, .time_embedding = 256}), 66'942'729);
  EXPECT_EQ(parameter_count({.channels = 4, .condition = 136, .dims = {512, 1024, 2048}}),
            251'633'796);
}

unet1d_options small_options() {
  return {
      .channels = 2, .condition = 3, .time_embedding = 4, .dims = {4, 6}, .kernel = 3, .groups = 2};
}

void expect_laws(const std::string& name, const unet1d_options& o, index_t steps) {
  parameter_layout layout;
  const unet1d net(layout, "net", o);
  expect_differentiable_field(name, layout, net, 2, steps * o.channels);
}

TEST(Unet1d, IsDifferentiable) { expect_laws("two levels", small_options(), 4); }

TEST(Unet1d, IsDifferentiableInTwoTimes) {
  unet1d_options o = small_options();
  o.times = 2;
  o.time_scale = 3;
  expect_laws("two times", o, 4);
}

TEST(Unet1d, IsDifferentiableWithOneLevel) {
  unet1d_options o = small_options();
  o.dims = {4};
  expect_laws("one level", o, 3);
}

TEST(Unet1d, IsDifferentiableWithThreeLevelsAndNoCondition) {
  unet1d_options o = small_options();
  o.dims = {4, 2, 4};  // levels may also become narrower
  o.condition = 0;
  expect_laws("three levels", o, 4);
}

/// Inputs of a network, normal numbers.
template <class B>
struct random_input {
  random_input(B& be, const network<B>& n, index_t batch, index_t steps)
      : x(be, extents{batch, steps * n.net.channels()}),
        time(be, extents{batch, n.net.times()}),
        condition(be, extents{batch, n.net.condition_size()}) {
    be.normal(x.view(), rng_key{1});
    be.normal(time.view(), rng_key{2});
    be.normal(condition.view(), rng_key{3});
  }
  [[nodiscard]] field_input<B> view() const { return {x.view(), time.view(), condition.view()}; }

  tensor<B, 2> x;
  tensor<B, 2> time;
  tensor<B, 2> condition;
};

TEST(Unet1d, TreatsEverySampleByItself) {
  network<oracle> n(small_options());
  const random_input<oracle> input(n.be, n, 3, 4);
  const auto all = input.view();

  const auto y = n.net.forward(n.be, n.store.view(), all, n.ws, n.saved);
  const field_input<oracle> last{rows(all.x, 2, 1), rows(all.time, 2, 1),
                                 rows(all.condition, 2, 1)};
  const auto y_last = n.net.forward(n.be, n.store.view(), last, n.ws, n.saved);

  // Blocks of a matrix product may differ with the batch: rounding of double.
  EXPECT_LE(relative_difference(y_last, values_of(rows(y, 2, 1))), 1e-13);
}

TEST(Unet1d, AcceptsAnEmptyBatch) {
  network<oracle> n(small_options());
  const random_input<oracle> input(n.be, n, 0, 4);

  const auto y = n.net.forward(n.be, n.store.view(), input.view(), n.ws, n.saved);
  const auto g = n.net.backward(n.be, n.store.view(), n.saved, y, n.ws);

  EXPECT_EQ(y.shape(), (extents<2>{0, 8}));
  EXPECT_EQ(g.condition.shape(), (extents<2>{0, 3}));
  EXPECT_EQ(largest(values_of(n.store.gradients())), 0);
}

TEST(Unet1d, ScalesTheTime) {
  unet1d_options o = small_options();
  network<oracle> plain(o);
  o.time_scale = 8;
  network<oracle> scaled(o);
  random_input<oracle> input(plain.be, plain, 2, 4);

  const numbers y = values_of(
      scaled.net.forward(scaled.be, scaled.store.view(), input.view(), scaled.ws, scaled.saved));
  plain.be.for_each(fn::scaled<double>{8}, input.time.view(),
                    const_view_of<oracle, 2>(input.time.view()));
  const auto y_plain =
      plain.net.forward(plain.be, plain.store.view(), input.view(), plain.ws, plain.saved);

  // A power of two scales frequencies and times alike, without rounding.
  EXPECT_LE(relative_difference(y_plain, y), 1e-14);
}

template <class B>
class AllocationOfUnet1d : public ::testing::Test {};
TYPED_TEST_SUITE(AllocationOfUnet1d, own_backends);

TYPED_TEST(AllocationOfUnet1d, IsNoneAfterWarmUp) {
  unet1d_options o = small_options();
  o.times = 2;
  network<TypeParam> n(o);
  const random_input<TypeParam> input(n.be, n, 5, 8);
  const auto step = [&] {
    n.ws.rewind();
    const auto y = n.net.forward(n.be, n.store.view(), input.view(), n.ws, n.saved);
    n.net.backward(n.be, n.store.view(), n.saved, y, n.ws);
    n.net.jvp(n.be, n.store.view(), input.view(), input.view(), n.ws);
  };
  // The arena grows in the first pass and becomes one block in the second.
  for (int warm_up = 0; warm_up < 2; ++warm_up) step();

  const allocation_counter counter;
  step();

  EXPECT_EQ(counter.count(), 0);
}

std::string option_error(const unet1d_options& o) {
  parameter_layout layout;
  return message_of<invalid_input>([&] { unet1d(layout, "net", o); });
}

TEST(Unet1d, ExplainsUnusableOptions) {
  unet1d_options no_channels = small_options();
  no_channels.channels = 0;
  unet1d_options no_level = small_options();
  no_level.dims.clear();
  unet1d_options many_levels = small_options();
  many_levels.dims.assign(7, 4);
  unet1d_options even_kernel = small_options();
  even_kernel.kernel = 4;
  unet1d_options odd_groups = small_options();
  odd_groups.groups = 3;
  unet1d_options three_times = small_options();
  three_times.times = 3;

  EXPECT_THAT(option_error(no_channels), HasSubstr("with 0 channels"));
  EXPECT_THAT(option_error(no_level), HasSubstr("with 0 levels"));
  EXPECT_THAT(option_error(many_levels), HasSubstr("with 7 levels"));
  EXPECT_THAT(option_error(even_kernel), HasSubstr("kernel 4"));
  EXPECT_THAT(option_error(odd_groups), HasSubstr("4 channels in 3 groups"));
  EXPECT_THAT(option_error(three_times), HasSubstr("3 times"));
}

TEST(Unet1d, ExplainsInputsOfOtherSizes) {
  network<oracle> n(small_options());
  const random_input<oracle> good(n.be, n, 2, 4);
  const random_input<oracle> odd_steps(n.be, n, 2, 3);
  const random_input<oracle> more_samples(n.be, n, 3, 4);
  const auto error = [&](const field_input<oracle>& in) {
    return message_of<invalid_input>(
        [&] { n.net.forward(n.be, n.store.view(), in, n.ws, n.saved); });
  };
  const auto ok = good.view();
  const const_view_of<oracle, 2> half_a_step{ok.x.data(), {2, 5}};
  const const_view_of<oracle, 2> nothing{ok.x.data(), {2, 0}};

  EXPECT_THAT(error(odd_steps.view()), HasSubstr("T is a multiple of 2"));
  EXPECT_THAT(error({half_a_step, ok.time, ok.condition}), HasSubstr("[2, 5]"));
  EXPECT_THAT(error({nothing, ok.time, ok.condition}), HasSubstr("[2, 0]"));
  EXPECT_THAT(error({ok.x, ok.condition, ok.condition}), HasSubstr("time input"));
  EXPECT_THAT(error({ok.x, ok.time, ok.time}), HasSubstr("condition input"));
  EXPECT_THAT(error({ok.x, more_samples.view().time, ok.condition}),
              HasSubstr("one row per sample"));
}

}  // namespace
}  // namespace flowkit
