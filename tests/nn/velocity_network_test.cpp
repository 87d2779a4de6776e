#include <flowkit/nn/velocity_network.hpp>

#include <flowkit/nn/linear.hpp>

#include "support/differentiable.hpp"

namespace flowkit::testing {
namespace {

/// u(x, t, c) = t x + c, for states of the size of the condition: no more than the concept asks
/// for.
struct network_archetype {
  template <class B>
  using saved = field_input<B>;

  static index_t times() { return 1; }
  static index_t condition_size() { return 2; }

  template <class B>
  view_of<B, 2> forward(B& be, const parameters<B>&, const field_input<B>& in, workspace<B>& ws,
                        saved<B>& s) const {
    s = in;
    const view_of<B, 2> y = ws.take(in.x.shape());
    be.for_each(fn::multiply_add{}, y, in.x, spread<B>(in.time), in.condition);
    return y;
  }

  template <class B>
  field_gradient<B> backward(B& be, const parameters<B>&, const saved<B>& s, const_view_of<B, 2> dy,
                             workspace<B>& ws) const {
    const field_gradient<B> out{ws.take(dy.shape()), ws.take(s.time.shape()), ws.take(dy.shape())};
    be.for_each(fn::product_of{}, out.x, dy, spread<B>(s.time));
    be.row_sums(fn::multiply{}, flatten(out.time), dy, s.x);
    be.copy(out.condition, dy);
    return out;
  }

  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>& p, const field_input<B>& in,
                                  const field_input<B>& d, workspace<B>& ws) const {
    saved<B> unused;
    const view_of<B, 2> y = forward(be, p, in, ws, unused);
    const view_of<B, 2> dy = ws.take(y.shape());
    be.for_each(fn::sum_of_products{}, dy, d.x, spread<B>(in.time), in.x, spread<B>(d.time));
    be.for_each(fn::add_to{}, dy, d.condition);
    return {y, dy};
  }

 private:
  template <class B>
  static const_view_of<B, 2> spread(const_view_of<B, 2> time) {
    return repeat_columns(flatten(time), 2);
  }
};

static_assert(VelocityNetwork<network_archetype, eigen<float>> &&
              VelocityNetwork<network_archetype, oracle>);
static_assert(!VelocityNetwork<linear, oracle>);

TEST(VelocityNetwork, ArchetypeIsDifferentiableInAllInputs) {
  const parameter_layout layout;

  expect_differentiable_field("archetype", layout, network_archetype{}, 1, 2);
  expect_differentiable_field("archetype", layout, network_archetype{}, 3, 2);
}

}  // namespace
}  // namespace flowkit::testing
