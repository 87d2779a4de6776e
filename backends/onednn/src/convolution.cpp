#include "fallbacks.hpp"
#include "time_convolution.hpp"

namespace flowkit {
namespace {

using detail::time_convolution;
using detail::time_windows;

/// The rows of [batch, 1, time, channels] as [batch, time, channels].
template <class U>
view<U, 3, host_space> over_time(const view<U, 4, host_space>& v) {
  return {v.data(), extents<3>{v.shape()[0], v.shape()[2], v.shape()[3]},
          extents<3>{v.strides()[0], v.strides()[2], v.strides()[3]}};
}

/// Whether a pass is one over time, and large enough.
bool runs_over_time(const convolution_geometry& g, const extents<4>& image, index_t outputs) {
  if (!time_windows::fits(g, image) || g == convolution_geometry{}) return false;
  const index_t rows = image[0] * g.windows(1, image[2]);
  return !detail::runs_on_own_kernels({rows, outputs, image[3]});
}

}  // namespace

void onednn::convolve(const convolution_geometry& g, constant_view<4> x, constant_view<2> w,
                      float beta, mutable_view<4> y) {
  FLOWKIT_EXPECT(y.shape() == g.output(x.shape(), w.shape()[1]));
  if (!runs_over_time(g, x.shape(), w.shape()[1])) return eigen<float>::convolve(g, x, w, beta, y);
  executor_->begin_operation();
  if (beta != 0 && beta != 1) for_each(fn::scaled<float>{beta}, y, constant_view<4>(y));
  const time_windows over(g, x.shape()[0], x.shape()[2]);
  time_convolution{*executor_, pool(), instructions(), over}.forward(over_time(x), w, beta,
                                                                     over_time(y));
}

void onednn::convolve_backward_data(const convolution_geometry& g, constant_view<4> dy,
                                    constant_view<2> w, float beta, mutable_view<4> dx) {
  FLOWKIT_EXPECT(dy.shape() == g.output(dx.shape(), w.shape()[1]));
  if (!runs_over_time(g, dx.shape(), w.shape()[1])) {
    return eigen<float>::convolve_backward_data(g, dy, w, beta, dx);
  }
  executor_->begin_operation();
  if (beta != 0 && beta != 1) for_each(fn::scaled<float>{beta}, dx, constant_view<4>(dx));
  const time_windows over(g, dx.shape()[0], dx.shape()[2]);
  time_convolution{*executor_, pool(), instructions(), over}.data(over_time(dy), w, beta,
                                                                  over_time(dx));
}

void onednn::convolve_backward_weights(const convolution_geometry& g, constant_view<4> x,
                                       constant_view<4> dy, float beta, mutable_view<2> dw) {
  FLOWKIT_EXPECT(dy.shape() == g.output(x.shape(), dw.shape()[1]));
  if (!runs_over_time(g, x.shape(), dw.shape()[1])) {
    return eigen<float>::convolve_backward_weights(g, x, dy, beta, dw);
  }
  executor_->begin_operation();
  if (beta != 0 && beta != 1) for_each(fn::scaled<float>{beta}, dw, constant_view<2>(dw));
  const time_windows over(g, x.shape()[0], x.shape()[2]);
  time_convolution{*executor_, pool(), instructions(), over}.weights(over_time(x), over_time(dy),
                                                                     beta, dw);
}

}  // namespace flowkit
