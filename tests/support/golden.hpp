// Reference data of tests/data/golden: arrays for a backend, and how far a result is from them.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/io/npz.hpp>
#include <flowkit/io/safetensors.hpp>
#include <support/differentiable.hpp>
#include <support/files.hpp>

#include <map>
#include <string>

namespace flowkit::testing {

/// The arrays of one .npz file of reference data.
class golden_arrays {
 public:
  explicit golden_arrays(std::string_view name) : arrays_(read_npz(golden(name))) {}

  /// All elements, widened to double.
  [[nodiscard]] numbers values(const std::string& name) const {
    return arrays_.at(name).converted<double>();
  }

  /// The array in the memory of a backend, under a shape of equal size.
  template <class B, std::size_t R>
  [[nodiscard]] tensor<B, R> on(B& be, const std::string& name, const extents<R>& shape) const {
    using T = typename B::value_type;
    const std::vector<T> elements = arrays_.at(name).converted<T>();
    tensor<B, R> out(be, shape);
    be.upload(flatten(out.view()), std::span<const T>(elements));
    return out;
  }

 private:
  std::map<std::string, array> arrays_;
};

/// The elements of a view, widened to double.
template <class T, std::size_t R>
[[nodiscard]] numbers values_of(const view<T, R, host_space>& v) {
  numbers out;
  append(out, v);
  return out;
}

/// max |a - b| / max |b|: what the tolerances of the reference data are relative to.
template <class T, std::size_t R>
[[nodiscard]] double relative_difference(const view<T, R, host_space>& actual,
                                         const numbers& expected) {
  return largest_difference(values_of(actual), expected) / largest(expected);
}

/// The tolerance for a scalar type: as the reference data states it for float; for double, what the
/// stored precision of the reference leaves.
template <class T>
[[nodiscard]] constexpr double tolerance(double in_float, double in_double) {
  return std::is_same_v<T, float> ? in_float : in_double;
}

/// Every tensor of a layout within `relative` of its own largest element plus `absolute` of the
/// largest element of all: the form in which the reference data states tolerances of gradients.
template <class T>
void expect_close_tensors(const parameter_layout& layout, const view<T, 1, host_space>& actual,
                          const numbers& expected, double relative, double absolute) {
  const double all = largest(expected);
  for (const auto& e : layout.entries()) {
    const numbers want(expected.begin() + e.offset, expected.begin() + e.offset + e.size());
    const numbers have = values_of(rows(actual, e.offset, e.size()));
    EXPECT_LE(largest_difference(have, want), relative * largest(want) + absolute * all) << e.name;
  }
}

}  // namespace flowkit::testing
