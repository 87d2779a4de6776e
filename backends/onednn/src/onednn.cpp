#include "executor.hpp"
#include "fallbacks.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit {

bf16_units best_bf16_units() {
  if (dnnl_compat::has_bf16_tiles()) return bf16_units::amx;
  return dnnl_compat::has_bf16_vectors() ? bf16_units::avx512 : bf16_units::none;
}

onednn::onednn(const onednn_options& options)
    : eigen<float>({.threads = options.threads, .instructions = options.instructions}),
      executor_(std::make_unique<detail::product_executor>(options, threads(), held())) {}

onednn::onednn(onednn&&) noexcept = default;
onednn& onednn::operator=(onednn&&) noexcept = default;
onednn::~onednn() = default;

precision onednn::precision() const { return executor_->precision(); }

bf16_units onednn::units() const { return executor_->units(); }

index_t onednn::cache_misses() const { return executor_->misses(); }

std::vector<std::string> onednn::own_kernels() { return detail::own_kernel_list(); }

std::string onednn::info() const {
  const dnnl_version_t& v = *dnnl_version();
  std::string mode(to_text(executor_->precision()));
  if (executor_->precision() == precision::bf16) {
    constexpr const char* how[] = {" (emulated: no units for it are used)", " (AVX-512)", " (AMX)"};
    mode += how[static_cast<int>(executor_->units())];
  }
  return text("oneDNN ", v.major, ".", v.minor, ".", v.patch, ", ", mode, ", ", threads(),
              threads() == 1 ? " thread" : " threads");
}

}  // namespace flowkit
