// The bias of a convolution, which it may do without.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/nn/parameters.hpp>

namespace flowkit {

/// Whether a convolution adds a learned number per output channel. Before a normalisation it would
/// be subtracted again.
enum class bias_term { none, learned };

/// Adds b [channels] to every row of an output, or nothing.
class channel_bias {
 public:
  /// Adds the parameter "bias" to the layout where one is wanted.
  channel_bias(parameter_layout& layout, bias_term term, index_t channels,
               const initializer& init) {
    if (term == bias_term::learned) slot_ = layout.add("bias", extents{channels}, init);
  }

  /// Prepares y for an operation y = ... + beta y and returns the beta that adds the bias: 1 over
  /// its copy, or 0 over memory that is not read.
  template <class B, std::size_t R>
  typename B::value_type begin(B& be, const parameters<B>& p,
                               view<typename B::value_type, R, typename B::space> y) const {
    using S = typename B::value_type;
    if (!learned()) return S(0);
    be.copy(as_rows(y), repeat_rows(p.value(slot_), row_count(y)));
    return S(1);
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
