#include "product_plans.hpp"

#include "status.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::detail {
namespace {

std::string shapes_of(const device_product& p) {
  return text("matrix product [", p.m, ", ", p.k, "] x [", p.k, ", ", p.n, "], batch ", p.batch);
}

/// Bytes that a pointer is a multiple of, up to what kernels ask for.
int alignment_of(const void* data) {
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  int bytes = 16;
  while (address % static_cast<unsigned>(bytes) != 0) bytes /= 2;
  return bytes;
}

cublasComputeType_t compute_type(precision math) {
  return math == precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

/// A row-major matrix [rows, columns] is a column-major one [columns, rows].
cublas_object<cublasLtMatrixLayout_t> layout(cudaDataType_t type, index_t rows, index_t columns,
                                             index_t row_step, index_t matrix_step, index_t batch) {
  cublasLtMatrixLayout_t made = nullptr;
  // One row may have any step, also one that the library refuses.
  const index_t step = rows == 1 && row_step < columns ? columns : row_step;
  check(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(columns),
                                   static_cast<std::uint64_t>(rows), step),
        "layout of a matrix [", rows, ", ", columns, "]");
  cublas_object<cublasLtMatrixLayout_t> out(made);
  const auto count = static_cast<std::int32_t>(batch);
  check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                         sizeof(count)),
        "layout of a batch of ", batch);
  check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                         &matrix_step, sizeof(matrix_step)),
        "layout of a batch of ", batch);
  return out;
}

cublas_object<cublasLtMatrixLayout_t> layout(const product_operand& from, transpose t, index_t rows,
                                             index_t columns, index_t batch) {
  if (t == transpose::yes) std::swap(rows, columns);
  return layout(from.bf16 ? CUDA_R_16BF : CUDA_R_32F, rows, columns, from.row_step,
                from.matrix_step, batch);
}

void set_transpose(cublasLtMatmulDesc_t product, cublasLtMatmulDescAttributes_t which,
                   transpose t) {
  const cublasOperation_t operation = t == transpose::yes ? CUBLAS_OP_T : CUBLAS_OP_N;
  check(cublasLtMatmulDescSetAttribute(product, which, &operation, sizeof(operation)),
        "transposition of a matrix product");
}

void set_alignment(cublasLtMatmulPreference_t preference,
                   cublasLtMatmulPreferenceAttributes_t which, const void* data) {
  const auto bytes = static_cast<std::uint32_t>(alignment_of(data));
  check(cublasLtMatmulPreferenceSetAttribute(preference, which, &bytes, sizeof(bytes)),
        "alignment of a matrix product");
}

/// Adds a row to all rows of the result, which are columns to the library.
void set_row(cublasLtMatmulDesc_t product, const float* row) {
  const cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
  check(cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue,
                                       sizeof(epilogue)),
        "row added to a matrix product");
  check(
      cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &row, sizeof(row)),
      "row added to a matrix product");
}

}  // namespace

product_plans::product_plans(precision math, void* workspace, std::size_t workspace_size)
    : math_(math), workspace_(workspace), workspace_size_(workspace_size) {
  check(cublasLtCreate(&handle_), "start cuBLASLt");
}

product_plans::~product_plans() { cublasLtDestroy(handle_); }

void product_plans::choose_algorithm(const device_product& p, product_plan& plan) {
  cublasLtMatmulPreference_t made = nullptr;
  check(cublasLtMatmulPreferenceCreate(&made), shapes_of(p));
  const cublas_object<cublasLtMatmulPreference_t> preference(made);
  check(cublasLtMatmulPreferenceSetAttribute(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                             &workspace_size_, sizeof(workspace_size_)),
        shapes_of(p));
  set_alignment(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, p.b.data);
  set_alignment(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, p.a.data);
  set_alignment(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, p.c);
  set_alignment(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, p.c);
  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(handle_, plan.product.get(), plan.left.get(), plan.right.get(),
                                     plan.result.get(), plan.result.get(), made, 1, &found, &count);
  // Three ways to say that there is none: this status, no result, or a result whose own status
  // fails, in which case its other fields mean nothing. Everything else is an error of the call.
  if (status == CUBLAS_STATUS_NOT_SUPPORTED) return;
  check(status, shapes_of(p));
  if (count > 0 && found.state == CUBLAS_STATUS_SUCCESS) plan.algorithm = found.algo;
}

const product_plan& product_plans::plan_for(const device_product& p) {
  const key shape{
      p.m,
      p.n,
      p.k,
      p.batch,
      p.a.row_step,
      p.a.matrix_step,
      p.b.row_step,
      p.b.matrix_step,
      p.c_row_step,
      p.c_matrix_step,
      static_cast<int>(p.ta) + 2 * static_cast<int>(p.tb) + (p.start.row != nullptr ? 4 : 0),
      alignment_of(p.a.data),
      alignment_of(p.b.data),
      alignment_of(p.c)};
  const auto known = plans_.find(shape);
  if (known != plans_.end()) return known->second;
  product_plan plan;
  cublasLtMatmulDesc_t made = nullptr;
  check(cublasLtMatmulDescCreate(&made, compute_type(math_), CUDA_R_32F), shapes_of(p));
  plan.product.reset(made);
  // c^T = op(b)^T op(a)^T: the operands change places and keep their transpositions.
  set_transpose(made, CUBLASLT_MATMUL_DESC_TRANSA, p.tb);
  set_transpose(made, CUBLASLT_MATMUL_DESC_TRANSB, p.ta);
  if (p.start.row != nullptr) set_row(made, p.start.row);
  plan.left = layout(p.b, p.tb, p.k, p.n, p.batch);
  plan.right = layout(p.a, p.ta, p.m, p.k, p.batch);
  plan.result = layout(CUDA_R_32F, p.m, p.n, p.c_row_step, p.c_matrix_step, p.batch);
  choose_algorithm(p, plan);
  return plans_.emplace(shape, std::move(plan)).first->second;
}

void product_plans::run(const device_product& p, cudaStream_t stream) {
  const product_plan& plan = plan_for(p);
  if (!plan.algorithm) throw backend_error(shapes_of(p), "cuBLASLt has no algorithm for it");
  if (p.start.row != nullptr) set_row(plan.product.get(), p.start.row);
  check(cublasLtMatmul(handle_, plan.product.get(), &p.alpha, p.b.data, plan.left.get(), p.a.data,
                       plan.right.get(), &p.start.beta, p.c, plan.result.get(), p.c,
                       plan.result.get(), &*plan.algorithm, workspace_, workspace_size_, stream),
        shapes_of(p));
}

}  // namespace flowkit::detail
