// What an optimiser and a source of batches are.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/fn/optimizer.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace flowkit {

/// What an optimiser changes: flat tensors of one layout. The average may be empty.
template <class B>
struct trained_values {
  view_of<B, 1> values;
  view_of<B, 1> gradients;
  view_of<B, 1> average = {};
};

/// What a step needs besides that.
template <class B>
struct step_settings {
  double learning_rate;
  index_t count;                        ///< steps taken before this one
  const_view_of<B, 0> gradient_factor;  ///< multiplies gradients, see clip_factor
  fn::average_update<typename B::value_type> average = {};  ///< of this step
};

/// A flat tensor that belongs to an optimiser, for checkpoints.
template <class B>
struct optimizer_state {
  std::string_view name;
  view_of<B, 1> values;
};

/// `o.step(be, trained, settings)` moves the values, includes them in the average if there is one,
/// and sets the gradients to zero; `o.state()` lists the flat tensors that it keeps between steps.
/// Laws: elementwise, so results do not depend on how a layout is cut; a new object whose state was
/// overwritten continues bit for bit; nothing allocates or synchronises.
template <class O, class B>
concept Optimizer = requires(O& o, B& be, const trained_values<B>& trained,
                             const step_settings<B>& settings) {
  o.step(be, trained, settings);
  { *o.state().begin() } -> std::convertible_to<optimizer_state<B>>;
};

/// A flat tensor that changes during training, under the name of its role.
template <class B>
struct named_values {
  std::string role;
  view_of<B, 1> values;
};

/// A stream of batches: `source(be, number, key)` returns batch `number` (counted from 0), whose
/// views stay valid until the next call. Laws: equal numbers and keys give equal batches, whatever
/// was asked for before, so a resumed run needs no more than the number to see the same data; the
/// caller passes one key for the whole run, and the source splits it.
template <class S, class B>
concept BatchSource = requires(S& source, B& be, index_t number, rng_key key) {
  source(be, number, key);
};

/// The type of a source's batches.
template <class S, class B>
using batch_of = std::invoke_result_t<S&, B&, index_t, rng_key>;

}  // namespace flowkit
