// Matrix products of cuBLASLt: one plan per shape, made once.
#pragma once

#include <flowkit/backends/device/device.hpp>

#include <cublasLt.h>
#include <cuda_runtime.h>

#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace flowkit::detail {

/// Deletes what cuBLASLt made.
struct cublas_deleter {
  void operator()(cublasLtMatmulDesc_t d) const noexcept { cublasLtMatmulDescDestroy(d); }
  void operator()(cublasLtMatrixLayout_t l) const noexcept { cublasLtMatrixLayoutDestroy(l); }
  void operator()(cublasLtMatmulPreference_t p) const noexcept {
    cublasLtMatmulPreferenceDestroy(p);
  }
};
template <class Handle>
using cublas_object = std::unique_ptr<std::remove_pointer_t<Handle>, cublas_deleter>;

/// One product as cuBLASLt sees it: column-major, so operands change places.
struct product_plan {
  cublas_object<cublasLtMatmulDesc_t> product;
  cublas_object<cublasLtMatrixLayout_t> left;
  cublas_object<cublasLtMatrixLayout_t> right;
  cublas_object<cublasLtMatrixLayout_t> result;
  std::optional<cublasLtMatmulAlgo_t> algorithm;  ///< none: the library has none for the shape
};

/// The plans of one object, and the library's handle and workspace.
class product_plans {
 public:
  /// `workspace` has `workspace_size` bytes on the GPU and belongs to the caller.
  product_plans(precision math, void* workspace, std::size_t workspace_size);
  product_plans(const product_plans&) = delete;
  product_plans& operator=(const product_plans&) = delete;
  ~product_plans();

  /// Whether the library can run the product as it is asked for.
  [[nodiscard]] bool has_algorithm(const device_product& p) {
    return plan_for(p).algorithm.has_value();
  }
  /// Queues the product. Throws backend_error with the shapes, also if there is no algorithm.
  void run(const device_product& p, cudaStream_t stream);

 private:
  /// What a plan depends on: shapes, steps, transpositions, and alignments of the pointers.
  using key = std::tuple<index_t, index_t, index_t, index_t, index_t, index_t, index_t, index_t,
                         index_t, index_t, int, int, int, int>;

  const product_plan& plan_for(const device_product& p);
  void choose_algorithm(const device_product& p, product_plan& plan);

  precision math_;
  void* workspace_;
  std::size_t workspace_size_;
  cublasLtHandle_t handle_ = nullptr;
  std::map<key, product_plan> plans_;
};

}  // namespace flowkit::detail
