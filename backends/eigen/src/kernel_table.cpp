#include "kernel_table.hpp"

namespace flowkit {

namespace arch_base {
template <class T>
const kernel_table<T>& kernels();
}
namespace arch_v3 {
template <class T>
const kernel_table<T>& kernels();
}
namespace arch_v4 {
template <class T>
const kernel_table<T>& kernels();
}

template <class T>
const kernel_table<T>& kernels(instruction_set set) {
#if defined(FLOWKIT_HAS_ARCH_V4)
  if (set == instruction_set::v4) return arch_v4::kernels<T>();
#endif
#if defined(FLOWKIT_HAS_ARCH_V3)
  if (set >= instruction_set::v3) return arch_v3::kernels<T>();
#endif
  static_cast<void>(set);
  return arch_base::kernels<T>();
}

template const kernel_table<float>& kernels(instruction_set);
template const kernel_table<double>& kernels(instruction_set);

}  // namespace flowkit
