// Which products do not go to oneDNN, and why. There are no others.
#pragma once

#include <flowkit/backend/geometry.hpp>

#include <string>
#include <vector>

namespace flowkit::detail {

/// Rows, columns and terms of a product.
struct product_size {
  index_t m;
  index_t n;
  index_t k;
};

/// Whether a product runs on the packed kernel of `eigen<float>`, in f32 whatever the precision,
/// where `least` multiplications are worth a call of oneDNN (0: all are):
///  - with few rows it is a pass over b, which that kernel reads where it lies, while oneDNN packs
///    it first (and rounding it to bf16 would cost another pass);
///  - with few columns, a short sum or few multiplications the call costs more than it wins.
/// Products with a factor other than 1 stand in costs of transport and statistics, which need all
/// their digits: they always run there.
[[nodiscard]] bool runs_on_own_kernel(const product_size& p, index_t least);

/// The same as lines for people, as `onednn::own_kernels` returns them.
[[nodiscard]] std::vector<std::string> own_kernel_list();

}  // namespace flowkit::detail
