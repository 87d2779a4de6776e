// Chooses the copy of the rounding kernels by instruction set.
#include <flowkit/backends/host_kernels.hpp>

#include <cstdint>

namespace flowkit {

namespace arch_base {
void narrow_to_bf16(index_t count, const float* x, std::uint16_t* y);
void round_to_bf16(index_t count, const float* x, float* y);
}  // namespace arch_base
namespace arch_v3 {
void narrow_to_bf16(index_t count, const float* x, std::uint16_t* y);
void round_to_bf16(index_t count, const float* x, float* y);
}  // namespace arch_v3
namespace arch_v4 {
void narrow_to_bf16(index_t count, const float* x, std::uint16_t* y);
void round_to_bf16(index_t count, const float* x, float* y);
}  // namespace arch_v4

namespace detail {

void narrow_to_bf16(instruction_set set, index_t count, const float* x, std::uint16_t* y) {
#if defined(FLOWKIT_HAS_ARCH_V4)
  if (set == instruction_set::v4) return arch_v4::narrow_to_bf16(count, x, y);
#endif
#if defined(FLOWKIT_HAS_ARCH_V3)
  if (set >= instruction_set::v3) return arch_v3::narrow_to_bf16(count, x, y);
#endif
  static_cast<void>(set);
  arch_base::narrow_to_bf16(count, x, y);
}

void round_to_bf16(instruction_set set, index_t count, const float* x, float* y) {
#if defined(FLOWKIT_HAS_ARCH_V4)
  if (set == instruction_set::v4) return arch_v4::round_to_bf16(count, x, y);
#endif
#if defined(FLOWKIT_HAS_ARCH_V3)
  if (set >= instruction_set::v3) return arch_v3::round_to_bf16(count, x, y);
#endif
  static_cast<void>(set);
  arch_base::round_to_bf16(count, x, y);
}

}  // namespace detail
}  // namespace flowkit
