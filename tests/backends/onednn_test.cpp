// What is particular to the oneDNN backend; its operations are tested by the conformance suite.
#include <support/backends.hpp>

#if defined(FLOWKIT_HAS_ONEDNN)

#include <flowkit/core/error.hpp>

#include <gmock/gmock.h>

#include <support/unet_run.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <thread>

namespace flowkit::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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

// Rows that overlap are a matrix to us, but oneDNN would run its reference code.
TEST(Onednn, OverlappingAndRepeatedRowsAreCopied) {
  onednn be({.least_products = 0});
  eigen<float> reference;
  const auto b = on_backend(be, random_array(extents<2>{20, 10}, 2));
  const auto memory = on_backend(be, random_array(extents<1>{200}, 1));
  for (const index_t step : {3, 0}) {
    const const_view_of<onednn, 2> a(memory.view().data(), extents<2>{30, 20}, extents<2>{step, 1});
    tensor<onednn, 2> c(be, {30, 10});
    tensor<eigen<float>, 2> expected(reference, {30, 10});

    be.gemm(transpose::no, transpose::no, 1, a, b.view(), 0, c.view());
    reference.gemm(transpose::no, transpose::no, 1, a, b.view(), 0, expected.view());

    expect_close(on_host(be, c), on_host(reference, expected), rounding<float>(20));
  }
}

// Over tiles, over time and over images: none may ask oneDNN for such rows.
TEST(Onednn, WeightsOfOverlappingAndRepeatedRowsConvolve) {
  onednn be({.least_products = 0});
  eigen<float> reference;
  const auto memory = on_backend(be, random_array(extents<1>{8000}, 1));
  struct shape {
    convolution_geometry geometry;
    extents<4> image;
  };
  for (const shape& s : {shape{{{1, 5}, {1, 1}, {0, 2}}, {16, 1, 16, 32}},
                         shape{{{1, 3}, {1, 1}, {0, 1}}, {64, 1, 16, 64}},
                         shape{{{3, 3}, {1, 1}, {1, 1}}, {16, 8, 8, 16}},
                         shape{{{3, 3}, {1, 1}, {1, 1}}, {2, 8, 8, 16}}}) {
    const auto x = on_backend(be, random_array(s.image, 2));
    for (const index_t step : {3, 0}) {
      const const_view_of<onednn, 2> w(memory.view().data(),
                                       extents<2>{s.geometry.taps() * s.image[3], 64},
                                       extents<2>{step, 1});
      const extents<4> results = s.geometry.output(s.image, 64);
      const auto dy = on_backend(be, random_array(results, 3));
      auto y = nan_tensor(be, results);
      auto dx = nan_tensor(be, s.image);
      auto expected_y = nan_tensor(reference, results);
      auto expected_dx = nan_tensor(reference, s.image);

      be.convolve(s.geometry, x.view(), w, 0, y.view());
      be.convolve_backward_data(s.geometry, dy.view(), w, 0, dx.view());
      reference.convolve(s.geometry, x.view(), w, 0, expected_y.view());
      reference.convolve_backward_data(s.geometry, dy.view(), w, 0, expected_dx.view());

      // Tiles round up to 6 times as much.
      const double bound = 6 * rounding<float>(s.geometry.taps() * 64);
      expect_close(on_host(be, y), on_host(reference, expected_y), bound);
      expect_close(on_host(be, dx), on_host(reference, expected_dx), bound);
    }
  }
}

TEST(Onednn, AProductThatTheLibraryRefusesIsNamedWithItsStatus) {
  onednn be({.least_products = 0});
  tensor<onednn, 2> a(be, {30, 20});
  tensor<onednn, 2> b(be, {20, 10});
  tensor<onednn, 1> memory(be, {200});
  const view_of<onednn, 2> overlapping(memory.view().data(), extents<2>{30, 10}, extents<2>{3, 1});

  try {
    be.gemm(transpose::no, transpose::no, 1, a.view(), b.view(), 0, overlapping);
    FAIL() << "the library took a result of overlapping rows";
  } catch (const backend_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("matrix product"), HasSubstr("[30, 20] x [20, 10]"),
                                HasSubstr("(3, 1)"), HasSubstr("status '")));
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

/// Five taps over time with the padding of a U-Net, and three by three over images: convolutions
/// that run in tiles.
constexpr convolution_geometry five_taps{{1, 5}, {1, 1}, {0, 2}};
constexpr convolution_geometry three_by_three{{3, 3}, {1, 1}, {1, 1}};

template <class B>
host_array<4> convolved(B& be, const convolution_geometry& g, const host_array<4>& x,
                        const host_array<2>& w) {
  const auto image = on_backend(be, x);
  const auto weights = on_backend(be, w);
  auto y = nan_tensor(be, g.output(x.shape, w.shape[1]));
  be.convolve(g, image.view(), weights.view(), typename B::value_type(0), y.view());
  return on_host(be, y);
}

double distance(const host_array<4>& a, const host_array<4>& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    squares += (a.values[i] - b.values[i]) * (a.values[i] - b.values[i]);
  }
  return std::sqrt(squares / static_cast<double>(a.values.size()));
}

struct tiled_case {
  convolution_geometry geometry;
  extents<4> image;
  double least;  ///< times the error of the products that are saved
  double most;
};

// The ranges are those of flowkit/backends/line_tiles.hpp; sums of the products themselves add what
// no map changes.
TEST(Onednn, TilesRoundAsTheirMapsSay) {
  const tiled_case cases[] = {
      {five_taps, {32, 1, 16, 128}, 2, 6},
      {three_by_three, {8, 5, 16, 64}, 1.2, 2.9},
  };
  for (const tiled_case& c : cases) {
    SCOPED_TRACE(text(c.image));
    const auto x = random_array(c.image, 1);
    const auto w = random_array(extents<2>{c.geometry.taps() * c.image[3], 64}, 2);
    eigen<double> exact;
    eigen<float> direct;
    onednn tiled;
    const auto expected = convolved(exact, c.geometry, x, w);

    const double ratio = distance(convolved(tiled, c.geometry, x, w), expected) /
                         distance(convolved(direct, c.geometry, x, w), expected);

    EXPECT_LT(ratio, c.most);
    EXPECT_GT(ratio, c.least) << "no tiles ran";
  }
}

TEST(Onednn, ANumberThatIsNoneStaysInItsImage) {
  auto x = random_array(extents<4>{16, 1, 16, 32}, 1);
  for (const convolution_geometry& g : {five_taps, three_by_three}) {
    const auto w = random_array(extents<2>{g.taps() * 32, 32}, 2);
    onednn be({.least_products = 0});  // tiles, though the product is small
    x(3, 0, 8, 5) = 0;
    const auto expected = convolved(be, g, x, w);
    x(3, 0, 8, 5) = std::numeric_limits<double>::quiet_NaN();

    const auto found = convolved(be, g, x, w);

    EXPECT_TRUE(std::isnan(found(3, 0, 8, 0)));
    const index_t blind = g == five_taps ? 4 : 11;  // its window does not hold step 8
    EXPECT_TRUE(std::isnan(found(3, 0, blind, 0))) << "no tiles ran: one spoils all of its results";
    for (index_t image = 0; image < 16; ++image) {
      if (image == 3) continue;
      for (index_t step = 0; step < 16; ++step) {
        for (index_t c = 0; c < 32; ++c) {
          ASSERT_EQ(found(image, 0, step, c), expected(image, 0, step, c));
        }
      }
    }
  }
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
