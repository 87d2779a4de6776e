// What is particular to the oneDNN backend; its operations are tested by the conformance suite.
#include <support/backends.hpp>

#if defined(FLOWKIT_HAS_ONEDNN)

#include <flowkit/core/error.hpp>
#include <flowkit/nn/unet1d.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/train_step.hpp>

#include <gmock/gmock.h>

#include <bit>
#include <limits>
#include <thread>

namespace flowkit::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A conditional U-Net in training whose convolutions are large enough for oneDNN.
template <class B>
struct unet_run {
  static unet1d_options options() {
    return {.channels = 3, .condition = 5, .time_embedding = 16, .dims = {32, 64}};
  }

  explicit unet_run(B&& backend, std::uint64_t seed = 1)
      : be(std::move(backend)), net(layout, "net", options()), store(be, layout, {seed}) {
    be.normal(x.view(), {seed, 1});
    be.normal(c.view(), {seed, 2});
  }

  /// Losses of some steps of training.
  std::vector<double> train(int steps) {
    std::vector<double> losses;
    for (int i = 0; i < steps; ++i) {
      step(training_batch<B>{.x1 = x.view(), .condition = c.view()}, keys.next());
      losses.push_back(step.loss());
    }
    return losses;
  }

  std::vector<double> values() {
    const auto v = store.values();
    return {v.data(), v.data() + v.size()};
  }

  B be;
  parameter_layout layout;
  unet1d net;
  parameter_store<B> store;
  flow_matching<unet1d> objective{net};
  adamw<B> optimizer{be, layout};
  moving_average<B> average{be, store.values()};
  train_step<B, flow_matching<unet1d>, adamw<B>> step{
      be, objective, store, optimizer, average, {.learning_rate = constant_rate{1e-3}}};
  tensor<B, 2> x{be, {32, 8 * 3}};
  tensor<B, 2> c{be, {32, 5}};
  key_sequence keys{7};
};

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// How far 20 steps of training end from those of eigen<double>: the largest relative difference of
/// a loss, and the distance of the parameters relative to the way that they went.
struct divergence {
  double loss = 0;
  double parameters = 0;
};

divergence after_20_steps(const onednn_options& options) {
  unet_run<eigen<double>> reference(eigen<double>{});
  unet_run<onednn> run(onednn{options});
  const std::vector<double> start = reference.values();
  const std::vector<double> expected = reference.train(20);
  const std::vector<double> found = run.train(20);
  divergence out;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    out.loss = std::max(out.loss, std::abs(found[i] - expected[i]) / expected[i]);
  }
  out.parameters = distance(run.values(), reference.values()) / distance(start, reference.values());
  return out;
}

// Each step of Adam divides a gradient by its own size: where a gradient is close to 0 its rounding
// decides the direction, so parameters differ by more than losses.
TEST(Onednn, Trains20StepsAsTheReferenceInDouble) {
  const divergence f32 = after_20_steps({.least_products = 0});

  EXPECT_LE(f32.loss, 2e-5);
  EXPECT_LE(f32.parameters, 5e-3);
}

// Rounding to 8 bits changes a gradient by about 2^-9 of its size times the square root of the
// layers it passed; small ones change direction.
TEST(Onednn, Trains20StepsInBf16WithinItsRounding) {
  for (const bf16_units units : {best_bf16_units(), bf16_units::none}) {
    const divergence bf16 =
        after_20_steps({.precision = precision::bf16, .units = units, .least_products = 0});

    EXPECT_LE(bf16.loss, 2e-2);
    EXPECT_LE(bf16.parameters, 0.3);
  }
}

// Numbers of 8 bits are not rounded, and small sums of their products are exact in float: units and
// emulation must agree in every bit, in every layout of the operands.
TEST(Onednn, Bf16IsExactWhereNothingIsRounded) {
  for (const bf16_units units : {best_bf16_units(), bf16_units::none}) {
    onednn be({.precision = precision::bf16, .units = units, .least_products = 0});
    host_array<2> a(extents<2>{30, 40});
    host_array<2> b(extents<2>{40, 50});
    for (std::size_t i = 0; i < a.values.size(); ++i) a.values[i] = static_cast<double>(i % 17) - 8;
    for (std::size_t i = 0; i < b.values.size(); ++i) b.values[i] = static_cast<double>(i % 13) - 6;
    const auto left = on_backend(be, a);
    const auto right = on_backend(be, b);
    auto c = nan_tensor(be, extents<2>{30, 50});

    be.gemm(transpose::no, transpose::no, 1, left.view(), right.view(), 0, c.view());

    const auto out = on_host(be, c);
    for (index_t i = 0; i < 30; ++i) {
      for (index_t j = 0; j < 50; ++j) {
        double sum = 0;
        for (index_t p = 0; p < 40; ++p) sum += a(i, p) * b(p, j);
        ASSERT_EQ(out(i, j), sum);
      }
    }
  }
}

/// x multiplied by 1 in bf16.
std::vector<float> rounded(const onednn_options& options, const std::vector<float>& x) {
  onednn be(options);
  tensor<onednn, 2> a(be, {static_cast<index_t>(x.size()), 1});
  tensor<onednn, 2> one(be, {1, 1});
  tensor<onednn, 2> y(be, a.shape());
  be.upload(flatten(a.view()), x);
  be.fill(one.view(), 1.0F);
  be.gemm(transpose::no, transpose::no, 1, a.view(), one.view(), 0, y.view());
  std::vector<float> out(x.size());
  be.download(std::span<float>(out), flatten(std::as_const(y).view()));
  return out;
}

TEST(Onednn, Bf16RoundsToNearestWithTiesToEven) {
  const std::vector<float> x{1 + 0x1p-8F,      1 + 0x3p-8F,  1 + 0x1.1p-8F, 1 + 0x0.fp-8F,
                             -(1 + 0x3p-8F),   0x1.fep+100F, 0x1.ffp+100F,  0x1p-100F,
                             0x1.fffffep+127F, 0.0F};
  const std::vector<float> expected{
      1,         1 + 0x1p-6F,    1 + 0x1p-7F,
      1,         -(1 + 0x1p-6F), 0x1.fep+100F,
      0x1p+101F, 0x1p-100F,      std::numeric_limits<float>::infinity(),
      0.0F};
  for (const bf16_units units : {best_bf16_units(), bf16_units::none}) {
    for (const instruction_set set :
         {instruction_set::base, instruction_set::v3, instruction_set::v4}) {
      if (set > best_instruction_set()) continue;
      EXPECT_EQ(rounded({.precision = precision::bf16,
                         .units = units,
                         .least_products = 0,
                         .instructions = set},
                        x),
                expected);
    }
  }
}

TEST(Onednn, Bf16KeepsWhatIsNotANumber) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  // A payload in the lower bits alone would round to infinity.
  const float low = std::bit_cast<float>(std::uint32_t{0x7F800001});
  for (const float y : rounded({.precision = precision::bf16, .least_products = 0}, {none, low})) {
    EXPECT_TRUE(std::isnan(y));
  }
}

TEST(Onednn, SaysHowItRuns) {
  EXPECT_THAT(onednn({.threads = 1}).info(),
              AllOf(HasSubstr("oneDNN "), HasSubstr("f32, 1 thread")));
  EXPECT_THAT(onednn({.precision = precision::bf16, .units = bf16_units::none}).info(),
              HasSubstr("bf16 (emulated"));
  EXPECT_FALSE(onednn::own_kernels().empty());
}

TEST(Onednn, RefusesAPrecisionThatItLacks) {
  try {
    const onednn be({.precision = precision::tf32});
    FAIL() << "tf32 was accepted";
  } catch (const backend_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("tf32"), HasSubstr("f32 or bf16")));
  }
}

// Rows that overlap are a matrix to us, but not to oneDNN.
TEST(Onednn, AProductThatTheLibraryRefusesIsNamedWithItsStatus) {
  onednn be({.least_products = 0});
  tensor<onednn, 1> memory(be, {200});
  be.fill(memory.view(), 1.0F);
  const const_view_of<onednn, 2> overlapping(memory.view().data(), extents<2>{30, 20},
                                             extents<2>{3, 1});
  tensor<onednn, 2> b(be, {20, 10});
  tensor<onednn, 2> c(be, {30, 10});

  try {
    be.gemm(transpose::no, transpose::no, 1, overlapping, b.view(), 0, c.view());
    FAIL() << "the library took overlapping rows";
  } catch (const backend_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("matrix product"), HasSubstr("[30, 20] x [20, 10]"),
                                HasSubstr("steps (3, 1)"), HasSubstr("status '")));
  }
}

TEST(Onednn, MakesPrimitivesOncePerShape) {
  unet_run<onednn> run(onednn({.least_products = 0}));
  run.train(2);
  const index_t made = run.be.cache_misses();

  run.train(3);

  EXPECT_GT(made, 0);
  EXPECT_EQ(run.be.cache_misses(), made);
}

TEST(Onednn, StaysCorrectWhenItHasSeenMoreShapesThanItKeeps) {
  onednn be({.threads = 1, .least_products = 0});
  const auto a = on_backend(be, random_array(extents<2>{70, 70}, 1));
  tensor<onednn, 2> c(be, {70, 70});
  const auto multiply = [&](index_t m, index_t n) {
    be.gemm(transpose::no, transpose::no, 1, rows(a.view(), 0, m), columns(a.view(), 0, n), 0,
            columns(rows(c.view(), 0, m), 0, n));
    return c.view()(m - 1, n - 1);
  };
  const float first = multiply(1, 1);
  for (index_t m = 1; m <= 64; ++m) {
    for (index_t n = 1; n <= 70; ++n) multiply(m, n);
  }
  const index_t made = be.cache_misses();

  EXPECT_EQ(multiply(1, 1), first);
  EXPECT_EQ(be.cache_misses(), made + 1);
}

// Each object has its own primitives, scratch memory and pool.
TEST(Onednn, TwoObjectsInTwoThreadsTrainAsOneAfterTheOther) {
  const auto trained = [](std::uint64_t seed) {
    unet_run<onednn> run(onednn({.threads = 2, .least_products = 0}), seed);
    run.train(5);
    return run.values();
  };
  const std::vector<double> expected[] = {trained(1), trained(2)};
  std::vector<double> found[2];

  std::thread one([&] { found[0] = trained(1); });
  std::thread two([&] { found[1] = trained(2); });
  one.join();
  two.join();

  EXPECT_EQ(found[0], expected[0]);
  EXPECT_EQ(found[1], expected[1]);
}

TEST(Onednn, AMovedObjectWorksOn) {
  onednn first({.least_products = 0});
  const auto a = on_backend(first, random_array(extents<2>{20, 20}, 1));
  onednn second(std::move(first));
  auto c = nan_tensor(second, extents<2>{20, 20});

  second.gemm(transpose::no, transpose::no, 1, a.view(), a.view(), 0, c.view());

  EXPECT_FALSE(std::isnan(c.view()(19, 19)));
}

}  // namespace
}  // namespace flowkit::testing

#endif
