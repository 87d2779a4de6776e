// Convolutions against plain loops, and the adjoint identities between the three passes.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

struct convolution_case {
  convolution_geometry geometry;
  extents<4> image;
  index_t outputs;
};

/// 1-D and 2-D, every combination of stride, padding, point-wise kernels, single pixels, no images.
std::vector<convolution_case> convolution_cases() {
  return {
      {{{1, 5}, {1, 1}, {0, 2}}, {3, 1, 16, 7}, 9},
      {{{1, 3}, {1, 2}, {0, 1}}, {2, 1, 9, 5}, 4},
      {{{1, 1}, {1, 1}, {0, 0}}, {4, 1, 8, 19}, 33},
      {{{1, 1}, {2, 2}, {0, 0}}, {2, 5, 7, 6}, 5},
      {{{3, 3}, {1, 1}, {1, 1}}, {2, 6, 5, 3}, 17},
      {{{3, 3}, {2, 2}, {1, 1}}, {3, 7, 8, 4}, 5},
      {{{7, 7}, {2, 2}, {3, 3}}, {1, 12, 11, 3}, 6},
      {{{1, 4}, {1, 2}, {0, 1}}, {2, 1, 8, 6}, 6},
      {{{3, 3}, {1, 1}, {2, 2}}, {1, 1, 1, 1}, 1},
      {{{1, 3}, {1, 1}, {0, 1}}, {0, 1, 6, 4}, 3},
      {{{2, 3}, {3, 1}, {0, 2}}, {5, 9, 4, 37}, 21},
      {{{1, 5}, {1, 1}, {0, 2}}, {2, 1, 3, 2}, 3},
      // Large enough for the kernels that are meant for networks.
      {{{1, 5}, {1, 1}, {0, 2}}, {25, 1, 4, 72}, 150},
      // Tiles of four results: more rows than a task takes, a last tile that is not full, few
      // windows, more windows than steps, more channels than a task takes at a time, one column or
      // term left over, and one long sequence.
      {{{1, 5}, {1, 1}, {0, 2}}, {66, 1, 16, 33}, 40},
      {{{1, 5}, {1, 1}, {0, 2}}, {25, 1, 6, 40}, 270},
      {{{1, 5}, {1, 1}, {0, 0}}, {25, 1, 11, 36}, 35},
      {{{1, 5}, {1, 1}, {0, 4}}, {13, 1, 13, 130}, 34},
      {{{1, 5}, {1, 1}, {0, 1}}, {13, 1, 18, 129}, 33},
      {{{1, 5}, {1, 1}, {0, 3}}, {25, 1, 6, 32}, 65},
      {{{1, 5}, {1, 1}, {0, 2}}, {1, 1, 1050, 32}, 32},
      {{{1, 3}, {1, 2}, {0, 1}}, {33, 1, 8, 64}, 65},
      {{{1, 4}, {1, 2}, {0, 1}}, {40, 1, 7, 130}, 48},
      {{{1, 4}, {1, 3}, {0, 0}}, {130, 1, 11, 33}, 40},
      {{{1, 3}, {1, 1}, {0, 4}}, {70, 1, 2, 40}, 50},
      {{{1, 1}, {1, 1}, {0, 0}}, {20, 1, 16, 50}, 70},
      {{{3, 3}, {1, 1}, {1, 1}}, {9, 10, 9, 32}, 40},
      {{{3, 3}, {2, 2}, {1, 1}}, {17, 11, 8, 30}, 70},
      // Tiles of three taps, over time and over images: lines that do not see each other, blocks of
      // images and parts of an image to a task, lines of the kernel that meet every line and such
      // that do not, a kernel of even height, channels in several parts, long and short lines.
      {{{1, 3}, {1, 1}, {0, 1}}, {33, 1, 8, 64}, 65},
      {{{1, 3}, {1, 1}, {0, 2}}, {13, 5, 7, 36}, 34},
      {{{3, 3}, {1, 1}, {1, 1}}, {3, 14, 24, 33}, 34},
      {{{3, 3}, {1, 1}, {1, 1}}, {1, 30, 30, 32}, 32},
      {{{3, 3}, {1, 1}, {0, 0}}, {6, 9, 10, 32}, 33},
      {{{3, 3}, {1, 1}, {2, 2}}, {9, 3, 3, 40}, 33},
      {{{3, 3}, {1, 1}, {2, 0}}, {60, 1, 5, 32}, 32},
      {{{3, 3}, {1, 1}, {1, 1}}, {20, 3, 3, 260}, 32},
      {{{2, 3}, {1, 1}, {1, 1}}, {1, 1, 800, 32}, 32},
      {{{2, 3}, {1, 1}, {1, 1}}, {12, 5, 6, 35}, 48},
      {{{4, 3}, {1, 1}, {0, 2}}, {4, 9, 7, 32}, 130},
      {{{5, 5}, {1, 1}, {2, 2}}, {3, 9, 9, 32}, 32},
      {{{1, 5}, {1, 1}, {0, 2}}, {12, 1, 16, 32}, 32},
      {{{3, 3}, {1, 1}, {2, 1}}, {16, 0, 12, 32}, 32},
      // Enough images and windows for kernels that convolve directly, with channels that do not
      // fill a vector and a last task that is smaller than the others.
      {{{3, 3}, {1, 1}, {1, 1}}, {19, 11, 10, 20}, 36},
      {{{7, 7}, {2, 2}, {3, 3}}, {9, 22, 21, 3}, 32},
      // Lines of less than five windows, whose forward pass is one for data with mirrored weights.
      {{{3, 3}, {1, 1}, {1, 1}}, {33, 5, 3, 20}, 40},
      {{{3, 2}, {1, 1}, {0, 1}}, {40, 7, 3, 18}, 33},
  };
}

enum class pass { forward, data, weights };

/// Bound on the error of a pass of a convolution that sums so many products.
template <class Case>
double rounding_of(const convolution_case& c, index_t terms, pass which = pass::weights) {
  if constexpr (requires { Case::convolution_rounding(c.geometry, c.image, c.outputs, terms); }) {
    // In bf16 only gradients of weights run in tiles.
    if (Case::products == precision::bf16 && which != pass::weights) {
      return Case::product_rounding(terms);
    }
    return Case::convolution_rounding(c.geometry, c.image, c.outputs, terms);
  } else {
    return Case::product_rounding(terms);
  }
}

template <class Case>
class convolution_conformance : public conformance<Case> {
 protected:
  template <class F>
  void for_all(const F& f) {
    for (const convolution_case& c : convolution_cases()) {
      SCOPED_TRACE(text("kernel ", c.geometry.kernel, " stride ", c.geometry.stride, " padding ",
                        c.geometry.padding, " image ", c.image, " outputs ", c.outputs));
      const auto x = random_array(c.image, 1);
      const auto w = random_array(extents<2>{c.geometry.taps() * c.image[3], c.outputs}, 2);
      const auto dy = random_array(c.geometry.output(c.image, c.outputs), 3);
      f(c, x, w, dy);
    }
  }
};

TYPED_TEST_SUITE(convolution_conformance, backend_cases, backend_case_names);

TYPED_TEST(convolution_conformance, forward) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  this->for_all([&](const auto& c, const auto& x, const auto& w, const auto& dy) {
    auto y = nan_tensor(be, dy.shape);

    be.convolve(c.geometry, on_backend(be, x).view(), on_backend(be, w).view(), scalar(0),
                y.view());

    expect_close(on_host(be, y), convolution(c.geometry, x, w),
                 rounding_of<TypeParam>(c, w.shape[0], pass::forward));
  });
}

TYPED_TEST(convolution_conformance, backward_data) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  this->for_all([&](const auto& c, const auto& x, const auto& w, const auto& dy) {
    auto dx = nan_tensor(be, x.shape);

    be.convolve_backward_data(c.geometry, on_backend(be, dy).view(), on_backend(be, w).view(),
                              scalar(0), dx.view());

    expect_close(on_host(be, dx), convolution_data(c.geometry, dy, w, x.shape),
                 rounding_of<TypeParam>(c, c.geometry.taps() * c.outputs, pass::data));
  });
}

// As if it had been copied to every pixel, which beta = 1 adds to.
TYPED_TEST(convolution_conformance, a_row_is_added_to_every_pixel) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  this->for_all([&](const auto& c, const auto& x, const auto& w, const auto& dy) {
    const auto outputs = on_backend(be, random_array(extents<1>{c.outputs}, 4));
    const auto inputs = on_backend(be, random_array(extents<1>{c.image[3]}, 5));
    const auto image = on_backend(be, x);
    const auto weights = on_backend(be, w);
    const auto slope = on_backend(be, dy);
    auto y = nan_tensor(be, dy.shape);
    auto dx = nan_tensor(be, x.shape);
    auto expected_y = nan_tensor(be, dy.shape);
    auto expected_dx = nan_tensor(be, x.shape);
    be.copy(as_rows(expected_y.view()), repeat_rows(outputs.view(), row_count(y.view())));
    be.copy(as_rows(expected_dx.view()), repeat_rows(inputs.view(), row_count(dx.view())));
    be.convolve(c.geometry, image.view(), weights.view(), scalar(1), expected_y.view());
    be.convolve_backward_data(c.geometry, slope.view(), weights.view(), scalar(1),
                              expected_dx.view());

    be.convolve(c.geometry, image.view(), weights.view(), outputs.view(), y.view());
    be.convolve_backward_data(c.geometry, slope.view(), weights.view(), inputs.view(), dx.view());

    expect_close(on_host(be, y), on_host(be, expected_y), rounding<scalar>(w.shape[0]));
    expect_close(on_host(be, dx), on_host(be, expected_dx),
                 rounding<scalar>(c.geometry.taps() * c.outputs));
  });
}

TYPED_TEST(convolution_conformance, backward_weights) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  this->for_all([&](const auto& c, const auto& x, const auto& w, const auto& dy) {
    auto dw = nan_tensor(be, w.shape);

    be.convolve_backward_weights(c.geometry, on_backend(be, x).view(), on_backend(be, dy).view(),
                                 scalar(0), dw.view());

    expect_close(on_host(be, dw), convolution_weights(c.geometry, x, dy),
                 rounding_of<TypeParam>(c, size_of(dy.shape) / std::max<index_t>(1, c.outputs)));
  });
}

TYPED_TEST(convolution_conformance, beta_adds_to_old_values) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  this->for_all([&](const auto& c, const auto& x, const auto& w, const auto& dy) {
    const auto image = on_backend(be, x);
    const auto weights = on_backend(be, w);
    const auto slopes = on_backend(be, dy);
    auto y = on_backend(be, dy);
    auto dx = on_backend(be, x);
    auto dw = on_backend(be, w);

    be.convolve(c.geometry, image.view(), weights.view(), scalar(1), y.view());
    be.convolve_backward_data(c.geometry, slopes.view(), weights.view(), scalar(0.5), dx.view());
    be.convolve_backward_weights(c.geometry, image.view(), slopes.view(), scalar(-2), dw.view());

    const auto plus = [](auto sum, double factor, const auto& old) {
      for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += factor * old.values[i];
      return sum;
    };
    expect_close(on_host(be, y), plus(convolution(c.geometry, x, w), 1, dy),
                 rounding_of<TypeParam>(c, w.shape[0], pass::forward));
    expect_close(on_host(be, dx), plus(convolution_data(c.geometry, dy, w, x.shape), 0.5, x),
                 rounding_of<TypeParam>(c, c.geometry.taps() * c.outputs, pass::data));
    expect_close(on_host(be, dw), plus(convolution_weights(c.geometry, x, dy), -2, w),
                 rounding_of<TypeParam>(c, size_of(dy.shape) / std::max<index_t>(1, c.outputs)));
  });
}

// <dy, conv(x, w)> = <x, data(dy, w)> = <w, weights(x, dy)>, each evaluated by the backend itself.
TYPED_TEST(convolution_conformance, adjoint_identity) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  this->for_all([&](const auto& c, const auto& x, const auto& w, const auto& dy) {
    const auto image = on_backend(be, x);
    const auto weights = on_backend(be, w);
    const auto slopes = on_backend(be, dy);
    auto y = nan_tensor(be, dy.shape);
    auto dx = nan_tensor(be, x.shape);
    auto dw = nan_tensor(be, w.shape);

    be.convolve(c.geometry, image.view(), weights.view(), scalar(0), y.view());
    be.convolve_backward_data(c.geometry, slopes.view(), weights.view(), scalar(0), dx.view());
    be.convolve_backward_weights(c.geometry, image.view(), slopes.view(), scalar(0), dw.view());

    const double forward = inner(on_host(be, y), dy);
    // Errors of the elements are independent, so their sum grows like the root of their number.
    const auto error = [&](index_t terms, index_t elements) {
      return rounding_of<TypeParam>(c, terms) * std::sqrt(static_cast<double>(elements) + 1);
    };
    const double of_y = error(w.shape[0], size_of(dy.shape));
    EXPECT_NEAR(inner(on_host(be, dx), x), forward,
                of_y + error(c.geometry.taps() * c.outputs, size_of(x.shape)));
    EXPECT_NEAR(
        inner(on_host(be, dw), w), forward,
        of_y + error(size_of(dy.shape) / std::max<index_t>(1, c.outputs), size_of(w.shape)));
  });
}

TYPED_TEST(convolution_conformance, more_windows_than_fit_one_chunk) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  const convolution_geometry g{{3, 3}, {1, 1}, {1, 1}};
  const auto x = random_array(extents<4>{3, 70, 60, 24}, 1);
  const auto w = random_array(extents<2>{9 * 24, 2}, 2);
  const auto dy = random_array(extents<4>{3, 70, 60, 2}, 3);
  const auto image = on_backend(be, x);
  const auto weights = on_backend(be, w);
  const auto slopes = on_backend(be, dy);
  auto y = nan_tensor(be, dy.shape);
  auto dx = nan_tensor(be, x.shape);
  auto dw = nan_tensor(be, w.shape);

  be.convolve(g, image.view(), weights.view(), scalar(0), y.view());
  be.convolve_backward_data(g, slopes.view(), weights.view(), scalar(0), dx.view());
  be.convolve_backward_weights(g, image.view(), slopes.view(), scalar(0), dw.view());

  expect_close(on_host(be, y), convolution(g, x, w), TypeParam::product_rounding(216));
  expect_close(on_host(be, dx), convolution_data(g, dy, w, x.shape),
               TypeParam::product_rounding(18));
  expect_close(on_host(be, dw), convolution_weights(g, x, dy), TypeParam::product_rounding(12600));
}

/// A dense copy of some channels.
host_array<4> channels_of(const host_array<4>& x, index_t first, index_t count) {
  host_array<4> out(extents<4>{x.shape[0], 1, x.shape[2], count});
  for (index_t n = 0; n < x.shape[0]; ++n) {
    for (index_t t = 0; t < x.shape[2]; ++t) {
      for (index_t c = 0; c < count; ++c) out(n, 0, t, c) = x(n, 0, t, first + c);
    }
  }
  return out;
}

/// The channels around a result, which nobody may write.
void expect_untouched(const host_array<4>& wide, index_t first, index_t count) {
  for (index_t n = 0; n < wide.shape[0]; ++n) {
    for (index_t t = 0; t < wide.shape[2]; ++t) {
      for (index_t c = 0; c < wide.shape[3]; ++c) {
        if (c >= first && c < first + count) continue;
        ASSERT_TRUE(std::isnan(wide(n, 0, t, c)));
      }
    }
  }
}

TYPED_TEST(convolution_conformance, channels_of_a_wider_array) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  constexpr index_t before = 2;
  const convolution_case cases[] = {{{{1, 3}, {1, 1}, {0, 1}}, {2, 1, 6, 4}, 5},
                                    {{{1, 5}, {1, 1}, {0, 2}}, {25, 1, 8, 33}, 34}};
  for (const convolution_case& c : cases) {
    const index_t inputs = c.image[3];
    const auto wide_x = random_array(extents<4>{c.image[0], 1, c.image[2], inputs + 5}, 1);
    const auto wide_dy = random_array(extents<4>{c.image[0], 1, c.image[2], c.outputs + 3}, 3);
    const auto w = random_array(extents<2>{c.geometry.taps() * inputs, c.outputs}, 2);
    const auto image = on_backend(be, wide_x);
    const auto slopes = on_backend(be, wide_dy);
    const auto weights = on_backend(be, w);
    auto y = nan_tensor(be, wide_dy.shape);
    auto dx = nan_tensor(be, wide_x.shape);
    auto dw = nan_tensor(be, w.shape);

    be.convolve(c.geometry, columns(image.view(), before, inputs), weights.view(), scalar(0),
                columns(y.view(), before, c.outputs));
    be.convolve_backward_data(c.geometry, columns(slopes.view(), before, c.outputs), weights.view(),
                              scalar(0), columns(dx.view(), before, inputs));
    be.convolve_backward_weights(c.geometry, columns(image.view(), before, inputs),
                                 columns(slopes.view(), before, c.outputs), scalar(0), dw.view());

    const auto x = channels_of(wide_x, before, inputs);
    const auto dy = channels_of(wide_dy, before, c.outputs);
    const index_t terms = std::max(size_of(w.shape), size_of(dy.shape)) / c.outputs;
    const double bound = rounding_of<TypeParam>(c, terms);
    expect_close(channels_of(on_host(be, y), before, c.outputs), convolution(c.geometry, x, w),
                 bound);
    expect_close(channels_of(on_host(be, dx), before, inputs),
                 convolution_data(c.geometry, dy, w, x.shape), bound);
    expect_close(on_host(be, dw), convolution_weights(c.geometry, x, dy), bound);
    expect_untouched(on_host(be, y), before, c.outputs);
    expect_untouched(on_host(be, dx), before, inputs);
  }
}

}  // namespace
}  // namespace flowkit::testing
