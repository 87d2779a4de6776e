// The number format in which a backend multiplies matrices.
#pragma once

#include <string>
#include <string_view>

namespace flowkit {

/// Format of the operands of matrix products and convolutions. Storage, sums, statistics and the
/// optimiser are float whatever is chosen, so algorithms need not know. `f32` rounds an operand to
/// 2^-24, `tf32` to 2^-11, `bf16` to 2^-9.
enum class precision { f32, tf32, bf16 };

/// The name that options and reports use.
[[nodiscard]] constexpr std::string_view to_text(precision p) {
  if (p == precision::f32) return "f32";
  return p == precision::tf32 ? "tf32" : "bf16";
}

/// What numbers were computed by, for records: the name of a backend, and its precision where that
/// is not f32. Results of objects that differ in it differ beyond the last bits.
template <class B>
[[nodiscard]] std::string computed_by(const B& be) {
  std::string out(B::name());
  if constexpr (requires { be.precision(); }) {
    if (be.precision() != precision::f32) out.append(" ").append(to_text(be.precision()));
  }
  return out;
}

}  // namespace flowkit
