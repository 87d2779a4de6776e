// A layer without a tangent pass is not a TangentLayer, which says so where it is used.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/activation.hpp>

using namespace flowkit;

struct shift_layer {
  template <class B>
  struct saved {};

  extents<2> output_shape(const extents<2>& shape) const { return shape; }

  template <class B>
  view_of<B, 2> forward(B&, const parameters<B>&, const_view_of<B, 2> x, workspace<B>& ws,
                        saved<B>&) const {
    return ws.take(x.shape());
  }
  template <class B>
  const_view_of<B, 2> backward(B&, const parameters<B>&, const saved<B>&, const_view_of<B, 2> dy,
                               workspace<B>&) const {
    return dy;
  }
};
static_assert(Layer<shift_layer, eigen<float>>);

template <TangentLayer<eigen<float>> L>
void differentiate(const L&) {}

int main() {
#ifdef FLOWKIT_BAD
  differentiate(shift_layer{});
#else
  differentiate(silu_layer{});
#endif
}
