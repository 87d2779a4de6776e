#include "direct_convolution.hpp"
#include "image_convolution.hpp"
#include "tiled_convolution.hpp"
#include "time_convolution.hpp"

namespace flowkit {
namespace {

using detail::direct_convolution;
using detail::image_convolution;
using detail::image_pass;
using detail::image_windows;
using detail::tiled_convolution;
using detail::time_convolution;
using detail::time_windows;

/// What a pass is lowered to.
struct lowering {
  enum class way { own_kernel, over_tiles, over_time, over_images };
  way how;
  detail::line_tile tile{};  ///< of over_tiles
};

/// The products of a pass over [batch, height, width, inputs] with so many outputs, whose results
/// have so many lines and columns. Pointwise kernels do not come here: they are a product as they
/// stand.
lowering lowering_of(const detail::product_executor& by, image_pass pass,
                     const convolution_geometry& g, const extents<4>& image, index_t outputs,
                     const extents<2>& results) {
  const index_t windows = size_of(g.output(image, 1));
  const bool over_time = time_windows::fits(g, image);
  const index_t depth = over_time ? image[3] : image[3] * g.taps();
  if (by.leaves_to_own_kernel({windows, outputs, depth})) return {lowering::way::own_kernel};
  if (const auto tile = tiled_convolution::best_tile(by, pass, g, image, outputs, results)) {
    return {lowering::way::over_tiles, *tile};
  }
  return {over_time ? lowering::way::over_time : lowering::way::over_images};
}

/// Lines and columns of [batch, height, width, channels].
template <class U>
extents<2> lines_of(const view<U, 4, host_space>& v) {
  return {v.shape()[1], v.shape()[2]};
}

/// The rows of [batch, 1, time, channels] as [batch, time, channels].
template <class U>
view<U, 3, host_space> over_time(const view<U, 4, host_space>& v) {
  FLOWKIT_EXPECT(v.shape()[3] <= 1 || v.strides()[3] == 1);
  return {v.data(), extents<3>{v.shape()[0], v.shape()[2], v.shape()[3]},
          extents<3>{v.strides()[0], v.strides()[2], v.strides()[3]}};
}

/// Whether a kernel sees one pixel and all of them.
bool pointwise(const convolution_geometry& g) { return g == convolution_geometry{}; }

}  // namespace

void onednn::convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w,
                      float beta, mutable_view<4> y) {
  FLOWKIT_EXPECT(y.shape() == g.output(x.shape(), w.shape()[1]));
  FLOWKIT_EXPECT(w.shape()[0] == g.taps() * x.shape()[3] && contiguous_rows(w));
  if (pointwise(g)) {
    return gemm(transpose::no, transpose::no, 1, positions(x), w, beta, positions(y));
  }
  const auto [how, tile] =
      lowering_of(*executor_, image_pass::forward, g, x.shape(), w.shape()[1], lines_of(y));
  if (how == lowering::way::own_kernel) return eigen<float>::convolve(g, x, w, beta, y);
  executor_->begin_operation();
  if (beta != 0 && beta != 1) for_each(fn::scaled<float>{beta}, y, constant_view<4>(y));
  if (how == lowering::way::over_images) {
    if (x.dense() && w.dense() && y.dense()) {
      const direct_convolution direct(
          *executor_, pool(), instructions(),
          {image_pass::forward, g, x.shape(), w.shape()[1], executor_->format(), beta != 0});
      if (direct.found()) return direct.forward(x, w, y);
    }
    const image_windows over(g, x.shape());
    return image_convolution{*executor_, pool(), instructions(), over}.forward(x, w, beta != 0,
                                                                               positions(y));
  }
  if (how == lowering::way::over_tiles) {
    const tiled_convolution tiled(*executor_, pool(), instructions(), g, tile);
    return tiled.forward(x, w, beta, y);
  }
  const time_windows over(g, x.shape()[0], x.shape()[2]);
  time_convolution{*executor_, pool(), instructions(), over}.forward(over_time(x), w, beta,
                                                                     over_time(y));
}

void onednn::convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                                    constant_view<2> w, float beta, mutable_view<4> dx) {
  FLOWKIT_EXPECT(dy.shape() == g.output(dx.shape(), w.shape()[1]));
  FLOWKIT_EXPECT(w.shape()[0] == g.taps() * dx.shape()[3] && contiguous_rows(w));
  if (pointwise(g)) {
    return gemm(transpose::no, transpose::yes, 1, positions(dy), w, beta, positions(dx));
  }
  const auto [how, tile] =
      lowering_of(*executor_, image_pass::data, g, dx.shape(), w.shape()[1], lines_of(dx));
  if (how == lowering::way::own_kernel) {
    return eigen<float>::convolve_backward_data(g, dy, w, beta, dx);
  }
  executor_->begin_operation();
  if (beta != 0 && beta != 1) for_each(fn::scaled<float>{beta}, dx, constant_view<4>(dx));
  if (how == lowering::way::over_images) {
    if (dy.dense() && w.dense() && dx.dense()) {
      const direct_convolution direct(
          *executor_, pool(), instructions(),
          {image_pass::data, g, dx.shape(), w.shape()[1], executor_->format(), false});
      if (direct.found()) return direct.data(dy, w, beta != 0, dx);
    }
    if (beta == 0) fill(dx, 0.0F);
    const image_windows over(g, dx.shape());
    return image_convolution{*executor_, pool(), instructions(), over}.data(positions(dy), w, dx);
  }
  if (how == lowering::way::over_tiles) {
    const tiled_convolution tiled(*executor_, pool(), instructions(), g, tile);
    return tiled.data(dy, w, beta, dx);
  }
  const time_windows over(g, dx.shape()[0], dx.shape()[2]);
  time_convolution{*executor_, pool(), instructions(), over}.data(over_time(dy), w, beta,
                                                                  over_time(dx));
}

void onednn::convolve_backward_weights(const convolution_geometry& g, constant_view<4> x,
                                       constant_view<4> dy, float beta, mutable_view<2> dw) {
  FLOWKIT_EXPECT(dy.shape() == g.output(x.shape(), dw.shape()[1]));
  FLOWKIT_EXPECT(dw.shape()[0] == g.taps() * x.shape()[3]);
  FLOWKIT_EXPECT(contiguous_rows(constant_view<2>(dw)));
  if (pointwise(g)) {
    return gemm(transpose::yes, transpose::no, 1, positions(x), positions(dy), beta, dw);
  }
  const auto [how, tile] =
      lowering_of(*executor_, image_pass::weights, g, x.shape(), dw.shape()[1], lines_of(dy));
  if (how == lowering::way::own_kernel) {
    return eigen<float>::convolve_backward_weights(g, x, dy, beta, dw);
  }
  executor_->begin_operation();
  if (beta != 0 && beta != 1) for_each(fn::scaled<float>{beta}, dw, constant_view<2>(dw));
  if (how == lowering::way::over_images) {
    if (x.dense() && dy.dense() && dw.dense()) {
      const direct_convolution direct(
          *executor_, pool(), instructions(),
          {image_pass::weights, g, x.shape(), dw.shape()[1], executor_->format(), beta != 0});
      if (direct.found()) return direct.weights(x, dy, dw);
    }
    const image_windows over(g, x.shape());
    return image_convolution{*executor_, pool(), instructions(), over}.weights(x, positions(dy),
                                                                               beta != 0, dw);
  }
  if (how == lowering::way::over_tiles) {
    const tiled_convolution tiled(*executor_, pool(), instructions(), g, tile);
    return tiled.weights(x, dy, beta, dw);
  }
  const time_windows over(g, x.shape()[0], x.shape()[2]);
  time_convolution{*executor_, pool(), instructions(), over}.weights(over_time(x), over_time(dy),
                                                                     beta, dw);
}

}  // namespace flowkit
