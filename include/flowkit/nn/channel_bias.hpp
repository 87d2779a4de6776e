// The bias of a convolution, which it may do without.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/nn/parameters.hpp>

namespace flowkit {

/// Whether a convolution adds a learned number per output channel. Before a normalisation it would
/// be subtracted again.
enum class bias_term { none, learned };

/// A bias b [channels] of every row of an output, or none.
class channel_bias {
 public:
  /// Adds the parameter "bias" to the layout where one is wanted.
  channel_bias(parameter_layout& layout, bias_term term, index_t channels,
               const initializer& init) {
    if (term == bias_term::learned) slot_ = layout.add("bias", extents{channels}, init);
  }

  /// Calls f with what an operation takes in place of beta to add the bias: the bias, or 0.
  template <class B, class F>
  void start(const parameters<B>& p, const F& f) const {
    if (learned()) return f(p.value(slot_));
    f(typename B::value_type(0));
  }

  /// Adds the sum of dy over all rows to the gradient.
  template <class B, std::size_t R>
  void add_gradient(B& be, const parameters<B>& p,
                    view<const typename B::value_type, R, typename B::space> dy) const {
    if (!learned()) return;
    be.column_sums(fn::identity{}, accumulate::add, p.gradient(slot_), as_rows(dy));
  }

 private:
  [[nodiscard]] bool learned() const { return slot_.shape[0] > 0; }

  slot<1> slot_;
};

}  // namespace flowkit
