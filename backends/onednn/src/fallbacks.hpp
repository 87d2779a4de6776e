// Which products do not go to oneDNN, and why. There are no others.
#pragma once

#include <flowkit/backend/geometry.hpp>

#include <string>
#include <vector>

namespace flowkit::detail {

/// Sizes of a product and its factor.
struct product_size {
  index_t m;
  index_t n;
  index_t k;
  float alpha = 1;
};

/// Whether a product runs on the packed kernel of `eigen<float>`, in f32 whatever the precision:
///  - with few rows it is a pass over b, which that kernel reads where it lies, while oneDNN packs
///    it first (and rounding it to bf16 would cost another pass);
///  - with few columns or a short sum, or below half a million multiplications, the call costs more
///  than
///    it wins;
///  - a factor other than 1 stands in costs of transport and statistics, which need all their
///    digits.
[[nodiscard]] bool runs_on_own_kernels(const product_size& p);

/// The same as lines for people, as `onednn::own_kernels` returns them.
[[nodiscard]] std::vector<std::string> own_kernel_list();

}  // namespace flowkit::detail
