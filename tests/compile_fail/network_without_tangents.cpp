// Divergences and average velocities need the tangents of a network, so one without them is none.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/velocity_network.hpp>

using namespace flowkit;

struct network {
  template <class B>
  struct saved {};

  [[nodiscard]] index_t times() const { return 1; }
  [[nodiscard]] index_t condition_size() const { return 0; }
  template <class B>
  view_of<B, 2> forward(B&, const parameters<B>&, const field_input<B>& in, workspace<B>& ws,
                        saved<B>&) const {
    return ws.take(in.x.shape());
  }
  template <class B>
  field_gradient<B> backward(B&, const parameters<B>&, const saved<B>&, const_view_of<B, 2>,
                             workspace<B>&) const {
    return {};
  }
#ifndef FLOWKIT_BAD
  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B&, const parameters<B>&, const field_input<B>& in,
                                  const field_input<B>&, workspace<B>& ws) const {
    return {ws.take(in.x.shape()), ws.take(in.x.shape())};
  }
#endif
};

template <VelocityNetwork<eigen<float>> N>
void use(const N&) {}

int main() { use(network{}); }
