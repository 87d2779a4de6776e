// Results have the same bits whatever the number of threads, and operations allocate nothing once
// they have seen their shapes.
#include "conformance.hpp"

#include <flowkit/fn/pointwise.hpp>

#include <support/allocation.hpp>

#include <malloc.h>

#include <numeric>

namespace flowkit::testing {
namespace {

/// Enough for convolutions whose tasks are images, and not a multiple of what a task takes.
constexpr index_t images = 17;
/// Too few for that.
constexpr index_t few_images = 5;
constexpr index_t few_queries = 100;

/// Every operation once, on shapes large enough to be cut into parts. Holds its memory, so that a
/// second run shows what the operations themselves allocate.
template <class B>
class everything {
 public:
  using scalar = typename B::value_type;

  explicit everything(B& be)
      : be_(&be),
        pixels_(on_backend(be, random_array(extents<4>{images, 14, 13, 24}, 1))),
        weights_(on_backend(be, random_array(extents<2>{9 * 24, 40}, 2))),
        slopes_(on_backend(be, random_array(extents<4>{images, 14, 13, 40}, 3))),
        steps_(on_backend(be, random_array(extents<4>{66, 1, 15, 40}, 6))),
        taps_(on_backend(be, random_array(extents<2>{5 * 40, 70}, 7))),
        left_(on_backend(be, random_array(extents<2>{131, 200}, 8))),
        right_(on_backend(be, random_array(extents<2>{200, 150}, 9))),
        right_row_(on_backend(be, random_array(extents<1>{150}, 10))),
        scale_(on_backend(be, random_array(extents<1>{24}, 4))),
        modulation_(on_backend(be, random_array(extents<2>{images, 48}, 5))) {
    std::vector<row_t> reversed(131);
    std::iota(reversed.rbegin(), reversed.rend(), row_t{0});
    be.upload(order_.view(), std::span<const row_t>(reversed));
    be.fill(scattered_.view(), scalar(0));
  }

  void run() {
    constexpr scalar zero(0);
    const convolution_geometry g{{3, 3}, {1, 1}, {1, 1}};
    const auto x = reshape(std::as_const(pixels_).view(), extents<3>{images, 182, 24});
    const auto dy = reshape(std::as_const(image_slope_).view(), x.shape());
    B& be = *be_;
    be.convolve(g, pixels_.view(), weights_.view(), zero, convolved_.view());
    be.convolve_backward_data(g, slopes_.view(), weights_.view(), zero, image_slope_.view());
    be.convolve_backward_weights(g, pixels_.view(), slopes_.view(), zero, weight_slope_.view());
    const convolution_geometry over_time{{1, 5}, {1, 1}, {0, 2}};
    be.convolve(over_time, steps_.view(), taps_.view(), zero, filtered_.view());
    be.convolve_backward_data(over_time, filtered_.view(), taps_.view(), zero, step_slope_.view());
    be.convolve_backward_weights(over_time, steps_.view(), filtered_.view(), zero,
                                 tap_slope_.view());
    // Few images are collected, not convolved directly.
    const auto some_pixels = rows(std::as_const(pixels_).view(), 0, few_images);
    const auto some_slopes = rows(std::as_const(slopes_).view(), 0, few_images);
    be.convolve(g, some_pixels, weights_.view(), zero, few_convolved_.view());
    be.convolve_backward_data(g, some_slopes, weights_.view(), zero, few_slope_.view());
    be.convolve_backward_weights(g, some_pixels, some_slopes, zero, few_weight_slope_.view());
    constexpr scalar one(1);
    be.gemm(transpose::no, transpose::no, one, left_.view(), right_.view(), right_row_.view(),
            product_.view());
    be.gemm(transpose::no, transpose::yes, one, product_.view(), right_.view(), zero,
            left_slope_.view());
    be.gemm(transpose::yes, transpose::no, one, left_.view(), product_.view(), zero,
            right_slope_.view());
    be.gemm(transpose::no, transpose::yes, one, rows(x, 0, 3), rows(x, 0, 3), zero,
            batched_.view());
    const auto modulation = [&](index_t which) {
      return repeat_middle(columns(std::as_const(modulation_).view(), which * 24, 24), 182);
    };
    const std::array others{modulation(0), modulation(1)};
    const std::array dothers{columns(modulation_slope_.view(), 0, 24),
                             columns(modulation_slope_.view(), 24, 24)};
    const fn::activated_film<fn::mish> then;
    be.group_norm(then, 4, scalar(1e-5), x, scale_.view(), scale_.view(), others, normed_.view(),
                  mean_.view(), inverse_.view());
    be.fill(scale_slope_.view(), zero);
    be.fill(shift_slope_.view(), zero);
    be.group_norm_backward(then, 4, x, scale_.view(), scale_.view(), mean_.view(), inverse_.view(),
                           others, dy, norm_slope_.view(), scale_slope_.view(), shift_slope_.view(),
                           dothers);
    be.group_norm_jvp(4, x, scale_.view(), mean_.view(), inverse_.view(), dy, norm_tangent_.view());
    be.softmax(x, softmax_.view());
    be.softmax_product(softmax_.view(), dy, softmax_tangent_.view());
    be.max_pool({{2, 2}, {2, 2}, {0, 0}}, pixels_.view(), pooled_.view(), chosen_.view());
    be.max_pool_backward(chosen_.view(), pooled_.view(), pool_slope_.view());
    be.max_pool_jvp(chosen_.view(), pixels_.view(), pool_tangent_.view());
    be.uniform(uniform_.view(), rng_key{3, 4});
    be.normal(noise_.view(), rng_key{1, 2});
    be.sum(fn::square{}, reshape(total_.view(), extents<0>{}), noise_.view());
    be.column_sums(fn::identity{}, accumulate::overwrite, columns_.view(),
                   as_rows(std::as_const(pixels_).view()));
    be.middle_sums(fn::square{}, middle_.view(), x);
    be.row_sums(fn::square{}, rows_.view(), left_.view());
    be.nearest(as_rows(std::as_const(pixels_).view()),
               rows(as_rows(std::as_const(pixels_).view()), 0, 300), nearest_.view(),
               distance_.view());
    be.gather_rows(left_.view(), order_.view(), gathered_.view());
    be.scatter_rows(left_.view(), order_.view(), scattered_.view());
    const auto queries = rows(std::as_const(left_).view(), 0, few_queries);
    const search_radius<scalar> within{.radius = scalar(8), .steps = 4};
    be.nearest_within(within, queries, std::as_const(left_).view(), queries,
                      std::as_const(left_).view(), found_.view(), chunk_distance_.view(),
                      feature_distance_.view());
  }

  /// All results in one array.
  std::vector<double> results() {
    std::vector<double> out;
    const auto add = [&](const auto&... t) {
      const auto append = [&](const host_array<1>& a) {
        out.insert(out.end(), a.values.begin(), a.values.end());
      };
      (append(flat(t)), ...);
    };
    add(convolved_, image_slope_, weight_slope_, filtered_, step_slope_, tap_slope_, normed_, mean_,
        inverse_, norm_slope_, scale_slope_, shift_slope_, modulation_slope_, norm_tangent_,
        softmax_, softmax_tangent_, pooled_, pool_slope_, noise_, total_, columns_, middle_,
        nearest_, distance_, few_convolved_, few_slope_, few_weight_slope_, product_, left_slope_,
        right_slope_, batched_, pool_tangent_, uniform_, rows_, gathered_, scattered_, found_,
        chunk_distance_, feature_distance_);
    return out;
  }

 private:
  template <std::size_t R, class U>
  host_array<1> flat(const tensor<B, R, U>& t) {
    host_array<1> out;
    out.values = on_host(*be_, t).values;
    return out;
  }
  template <std::size_t R>
  tensor<B, R> make(const extents<R>& shape) {
    return tensor<B, R>(*be_, shape);
  }

  B* be_;
  tensor<B, 4> pixels_;
  tensor<B, 2> weights_;
  tensor<B, 4> slopes_;
  tensor<B, 4> steps_;
  tensor<B, 2> taps_;
  tensor<B, 2> left_;
  tensor<B, 2> right_;
  tensor<B, 1> right_row_;
  tensor<B, 1> scale_;
  tensor<B, 2> modulation_;
  tensor<B, 4> convolved_ = make(extents<4>{images, 14, 13, 40});
  tensor<B, 4> image_slope_ = make(extents<4>{images, 14, 13, 24});
  tensor<B, 2> weight_slope_ = make(extents<2>{9 * 24, 40});
  tensor<B, 4> filtered_ = make(extents<4>{66, 1, 15, 70});
  tensor<B, 4> step_slope_ = make(extents<4>{66, 1, 15, 40});
  tensor<B, 2> tap_slope_ = make(extents<2>{5 * 40, 70});
  tensor<B, 3> normed_ = make(extents<3>{images, 182, 24});
  tensor<B, 2> mean_ = make(extents<2>{images, 4});
  tensor<B, 2> inverse_ = make(extents<2>{images, 4});
  tensor<B, 3> norm_slope_ = make(extents<3>{images, 182, 24});
  tensor<B, 1> scale_slope_ = make(extents<1>{24});
  tensor<B, 1> shift_slope_ = make(extents<1>{24});
  tensor<B, 2> modulation_slope_ = make(extents<2>{images, 48});
  tensor<B, 3> norm_tangent_ = make(extents<3>{images, 182, 24});
  tensor<B, 3> softmax_ = make(extents<3>{images, 182, 24});
  tensor<B, 3> softmax_tangent_ = make(extents<3>{images, 182, 24});
  tensor<B, 4> pooled_ = make(extents<4>{images, 7, 6, 24});
  tensor<B, 4, row_t> chosen_{*be_, extents<4>{images, 7, 6, 24}};
  tensor<B, 4> pool_slope_ = make(extents<4>{images, 14, 13, 24});
  tensor<B, 1> noise_ = make(extents<1>{50001});
  tensor<B, 1> total_ = make(extents<1>{1});
  tensor<B, 1> columns_ = make(extents<1>{24});
  tensor<B, 2> middle_ = make(extents<2>{images, 24});
  tensor<B, 2, row_t> nearest_{*be_, extents<2>{images * 182, 3}};
  tensor<B, 2> distance_ = make(extents<2>{images * 182, 3});
  tensor<B, 4> few_convolved_ = make(extents<4>{few_images, 14, 13, 40});
  tensor<B, 4> few_slope_ = make(extents<4>{few_images, 14, 13, 24});
  tensor<B, 2> few_weight_slope_ = make(extents<2>{9 * 24, 40});
  tensor<B, 2> product_ = make(extents<2>{131, 150});
  tensor<B, 2> left_slope_ = make(extents<2>{131, 200});
  tensor<B, 2> right_slope_ = make(extents<2>{200, 150});
  tensor<B, 3> batched_ = make(extents<3>{3, 182, 182});
  tensor<B, 4> pool_tangent_ = make(extents<4>{images, 7, 6, 24});
  tensor<B, 1> uniform_ = make(extents<1>{50001});
  tensor<B, 1> rows_ = make(extents<1>{131});
  tensor<B, 1, row_t> order_{*be_, extents<1>{131}};
  tensor<B, 2> gathered_ = make(extents<2>{131, 200});
  tensor<B, 2> scattered_ = make(extents<2>{131, 200});
  tensor<B, 1, row_t> found_{*be_, extents<1>{few_queries}};
  tensor<B, 1> chunk_distance_ = make(extents<1>{few_queries});
  tensor<B, 1> feature_distance_ = make(extents<1>{few_queries});
};

template <class Case>
class determinism_conformance : public conformance<Case> {
 protected:
  static std::vector<double> results(int threads) {
    auto be = Case::make(threads);
    everything<typename Case::backend> all(be);
    all.run();
    return all.results();
  }
};

TYPED_TEST_SUITE(determinism_conformance, backend_cases, backend_case_names);

TYPED_TEST(determinism_conformance, results_do_not_depend_on_the_number_of_threads) {
  const std::vector<double> expected = this->results(1);

  EXPECT_EQ(this->results(2), expected);
  EXPECT_EQ(this->results(3), expected);
}

TYPED_TEST(determinism_conformance, a_second_run_gives_the_same_bits) {
  auto& be = this->backend_;
  everything<typename TypeParam::backend> all(be);
  all.run();
  const std::vector<double> expected = all.results();

  all.run();

  EXPECT_EQ(all.results(), expected);
}

TYPED_TEST(determinism_conformance, operations_allocate_nothing_after_their_first_run) {
  auto& be = this->backend_;
  everything<typename TypeParam::backend> all(be);
  all.run();

  const allocation_counter allocations;
  const std::size_t held = mallinfo2().uordblks;
  constexpr int runs = 20;
  for (int i = 0; i < runs; ++i) all.run();

  if (!TypeParam::libraries_allocate) {
    EXPECT_EQ(allocations.count(), 0);
  }
  // What threads keep to hand out again counts as held: a few kilobytes, which do not grow with the
  // runs. One forgotten object of 64 bytes per call of a library would be 2000 of them, 128 000
  // bytes.
  EXPECT_NEAR(static_cast<double>(mallinfo2().uordblks), static_cast<double>(held), 32768);
}

}  // namespace
}  // namespace flowkit::testing
