// Statuses of the CUDA libraries as errors with the operation's name.
#pragma once

#include <flowkit/core/error.hpp>

#include <cublasLt.h>
#include <cuda_runtime.h>

namespace flowkit::detail {

/// Throws backend_error unless the call succeeded. `operation` is what was tried, with its shapes.
template <class... Pieces>
void check(cudaError_t status, const Pieces&... operation) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that is reported once does not fail the next call
  throw backend_error(text(operation...),
                      text(cudaGetErrorString(status), " (", cudaGetErrorName(status), ")"));
}

template <class... Pieces>
void check(cublasStatus_t status, const Pieces&... operation) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw backend_error(text(operation...), text("cuBLASLt: ", cublasLtGetStatusString(status)));
}

}  // namespace flowkit::detail
