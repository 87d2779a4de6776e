// Trainable numbers of a network: one flat tensor, in which every layer owns named slots.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/core/rng.hpp>
#include <flowkit/core/scalar_option.hpp>
#include <flowkit/fn/arithmetic.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit {

/// Where a layer's parameter of rank R lies in the flat tensor.
template <std::size_t R>
struct slot {
  index_t offset = 0;
  extents<R> shape{};
};

/// Where a layer's untrained constant lies; a type of its own, so the two are never confused.
template <std::size_t R>
struct constant_slot {
  index_t offset = 0;
  extents<R> shape{};
};

/// How a parameter is drawn before training: scale * draw + shift.
struct initializer {
  enum class distribution { constant, uniform, normal };
  distribution draw = distribution::constant;  ///< uniform is on (-1, 1)
  double scale = 0;
  double shift = 0;

  static initializer zeros() { return {}; }
  static initializer ones() { return {distribution::constant, 0, 1}; }
  static initializer uniform(double bound) { return {distribution::uniform, bound, 0}; }
  static initializer normal(double deviation) { return {distribution::normal, deviation, 0}; }
};

/// The slots of a network, in the order its layers were built. A layer adds its parameters when it
/// is constructed; the same layout then sizes values, gradients, moments and averages.
class parameter_layout {
 public:
  struct entry {
    std::string name;
    index_t offset;
    std::vector<index_t> shape;
    initializer init;
    [[nodiscard]] index_t size() const;
  };

  /// Prefixes the names added while it lives: scope "down", name "weight" -> "down.weight".
  class scope {
   public:
    scope(parameter_layout& layout, std::string_view name);
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope();

   private:
    parameter_layout* layout_;
    std::size_t outer_length_;
  };

  /// Reserves a parameter. Throws invalid_input if the name is taken, a size is not positive, or
  /// the network would have more parameters than can be addressed.
  template <std::size_t R>
  slot<R> add(std::string_view name, const extents<R>& shape, const initializer& init) {
    return {add_entry(name, {shape.n, shape.n + R}, init), shape};
  }

  /// Stores constants that belong to a layer's definition (frequencies, grids); never trained,
  /// never saved, rounded to the backend's scalar once.
  template <std::size_t R>
  constant_slot<R> add_constant(const extents<R>& shape, const std::vector<double>& values) {
    FLOWKIT_EXPECT(size_of(shape) == static_cast<index_t>(values.size()));
    const auto offset = static_cast<index_t>(constants_.size());
    constants_.insert(constants_.end(), values.begin(), values.end());
    return {offset, shape};
  }

  /// Elements of the flat tensor; slots begin at multiples of 16, gaps hold zeros.
  [[nodiscard]] index_t size() const { return size_; }
  /// Trainable numbers, without the gaps.
  [[nodiscard]] index_t parameter_count() const;
  [[nodiscard]] const std::vector<entry>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<double>& constants() const { return constants_; }
  /// The entry of that full name, or nullptr.
  [[nodiscard]] const entry* find(std::string_view name) const;

 private:
  index_t add_entry(std::string_view name, std::vector<index_t> shape, const initializer& init);

  std::string prefix_;
  std::vector<entry> entries_;
  std::vector<double> constants_;
  index_t size_ = 0;
};

namespace detail {

/// Throws invalid_input: a layer looked for a slot that ends at `end` among `size` numbers.
[[noreturn]] void refuse_slot(const char* what, index_t end, index_t size);

/// The part of a flat tensor that a slot names. It is checked always, because a store of another
/// layout would be read and written out of bounds, and one comparison costs nothing beside a layer.
template <std::size_t R, class T, Space S>
view<T, R, S> slot_of(const view<T, 1, S>& flat, const char* what, index_t offset,
                      const extents<R>& shape) {
  const index_t end = offset + size_of(shape);
  if (end > flat.size()) refuse_slot(what, end, flat.size());
  return {flat.data() + offset, shape};
}

}  // namespace detail

/// What a layer sees: values to read, gradients to add to, constants. Trivially copyable; the
/// gradients may be empty when nothing is trained. A slot that lies beyond them throws
/// invalid_input: the numbers are those of another layout.
template <class B>
struct parameters {
  const_view_of<B, 1> values;
  view_of<B, 1> gradients;
  const_view_of<B, 1> constants;

  template <std::size_t R>
  [[nodiscard]] const_view_of<B, R> value(const slot<R>& s) const {
    return detail::slot_of(values, "values", s.offset, s.shape);
  }
  template <std::size_t R>
  [[nodiscard]] view_of<B, R> gradient(const slot<R>& s) const {
    return detail::slot_of(gradients, "gradients", s.offset, s.shape);
  }
  template <std::size_t R>
  [[nodiscard]] const_view_of<B, R> constant(const constant_slot<R>& s) const {
    return detail::slot_of(constants, "constants", s.offset, s.shape);
  }
};

/// Values, gradients and constants of one network on one backend.
template <class B>
class parameter_store {
 public:
  /// Draws the initial values, each entry from its own child of the key. Throws invalid_input for
  /// constants that the backend's scalar cannot hold. Allocates.
  parameter_store(B& be, const parameter_layout& layout, rng_key key);

  [[nodiscard]] parameters<B> view() {
    return {std::as_const(values_).view(), gradients_.view(), std::as_const(constants_).view()};
  }
  /// The same network with other values of the same layout, for example an average of them.
  /// Nothing can be trained through it. Throws invalid_input for another number of values.
  [[nodiscard]] parameters<B> view_with(const_view_of<B, 1> values) const {
    FLOWKIT_VALIDATE(values.size() == values_.size() && values.dense(), values.size(),
                     " values with stride ", values.strides()[0], " for a network of ",
                     values_.size(),
                     ": they must be one flat tensor of its layout, such as an average of its "
                     "values");
    return {values, {}, constants_.view()};
  }
  [[nodiscard]] view_of<B, 1> values() { return values_.view(); }
  [[nodiscard]] view_of<B, 1> gradients() { return gradients_.view(); }

 private:
  tensor<B, 1> values_;
  tensor<B, 1> gradients_;
  tensor<B, 1> constants_;
};

template <class B>
parameter_store<B>::parameter_store(B& be, const parameter_layout& layout, rng_key key)
    : values_(be, extents<1>{layout.size()}),
      gradients_(be, extents<1>{layout.size()}),
      constants_(be, extents<1>{static_cast<index_t>(layout.constants().size())}) {
  using T = typename B::value_type;
  for (const double c : layout.constants()) {
    const detail::scalar_option<T> constant(c);
    FLOWKIT_VALIDATE(constant.finite(), "a layer computes with the constant ", constant,
                     ", so its outputs are no numbers: look at the scales in its options, such as "
                     "the one of a time embedding, or take a backend in double");
  }
  be.fill(values_.view(), T(0));
  be.fill(gradients_.view(), T(0));
  const std::vector<T> constants(layout.constants().begin(), layout.constants().end());
  be.upload(constants_.view(), std::span<const T>(constants));
  for (std::size_t i = 0; i < layout.entries().size(); ++i) {
    const auto& e = layout.entries()[i];
    const view_of<B, 1> y = rows(values_.view(), e.offset, e.size());
    const bool uniform = e.init.draw == initializer::distribution::uniform;
    if (uniform) be.uniform(y, key.split(i));
    if (e.init.draw == initializer::distribution::normal) be.normal(y, key.split(i));
    const double factor = uniform ? 2 * e.init.scale : e.init.scale;
    const double shift = uniform ? e.init.shift - e.init.scale : e.init.shift;
    be.for_each(fn::affine<T>{static_cast<T>(factor), static_cast<T>(shift)}, y,
                const_view_of<B, 1>(y));
  }
}

}  // namespace flowkit
