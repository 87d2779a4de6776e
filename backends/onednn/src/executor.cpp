#include "executor.hpp"

#include <flowkit/core/error.hpp>

#include <cstring>

namespace flowkit::detail {
namespace {

/// Rows of a part of the weights are short pieces of memory far apart, which no processor fetches
/// in time by itself.
constexpr index_t rows_ahead = 8;
constexpr index_t floats_per_line = 16;

/// What f returns, with oneDNN's errors as ours.
template <class F>
auto started(const F& f) {
  try {
    return f();
  } catch (const dnnl::error& problem) {
    throw backend_error("start oneDNN", reported(problem.status));
  }
}

dnnl::engine cpu_engine() {
  return started([] { return dnnl::engine(dnnl::engine::kind::cpu, 0); });
}

}  // namespace

product_executor::product_executor(const onednn_options& options, int threads,
                                   std::shared_ptr<held_copies> held)
    : precision_(options.precision),
      units_(options.units == bf16_units::none ? bf16_units::none : best_bf16_units()),
      instructions_(options.instructions),
      least_products_(options.least_products),
      engine_(cpu_engine()),
      products_(engine_, threads),
      images_(engine_, threads),
      held_(std::move(held)) {
  if (precision_ == flowkit::precision::tf32) {
    throw backend_error("choose a precision",
                        text("onednn has no ", to_text(precision_), "; use f32 or bf16"));
  }
  started([&] {
    for (int i = 0; i < threads; ++i) lanes_.emplace_back(engine_);
  });
}

void product_executor::store(index_t count, const float* x, std::byte* y) const {
  if (reads_floats()) {
    std::memcpy(y, x, static_cast<std::size_t>(count) * sizeof(float));
  } else if (format() == element::bf16) {
    narrow_to_bf16(instructions_, count, x, reinterpret_cast<std::uint16_t*>(y));
  } else {
    round_to_bf16(instructions_, count, x, reinterpret_cast<float*>(y));
  }
}

void product_executor::store_rows(index_t rows, index_t columns, const float* x, index_t step,
                                  std::byte* y) const {
  if (step == columns) return store(rows * columns, x, y);
  for (index_t i = 0; i < rows; ++i) {
    const float* const row = x + i * step;
    if (i + rows_ahead < rows) {
      for (index_t c = 0; c < columns; c += floats_per_line) {
        __builtin_prefetch(row + rows_ahead * step + c);
      }
    }
    store(columns, row, y + i * columns * element_size());
  }
}

void product_executor::store_all(thread_pool& pool, view<const float, 2, host_space> x,
                                 std::byte* y) const {
  const index_t rows = x.shape()[0];
  const index_t columns = x.shape()[1];
  const index_t parts = std::min(rows, static_cast<index_t>(lanes_.size()));
  pool.for_each_index(parts, x.size(), [&](index_t i) {
    const index_t first = rows * i / parts;
    store_rows(rows * (i + 1) / parts - first, columns, x.data() + first * x.strides()[0],
               x.strides()[0], y + first * columns * element_size());
  });
}

const std::byte* product_executor::kept(thread_pool& pool, view<const float, 2, host_space> x) {
  if (reads_in_place(x.shape()[1], x.strides()[0])) return nullptr;
  return kept(x, static_cast<index_t>(held_layout::dense), x.size() * element_size(),
              [&](std::byte* copy) { store_all(pool, x, copy); });
}

operand product_executor::stored(thread_pool& pool, growing_memory& memory,
                                 view<const float, 2, host_space> x) {
  if (const std::byte* const copy = kept(pool, x)) return {copy, x.shape()[1], 1};
  return stored_anew(pool, memory, x);
}

operand product_executor::stored_anew(thread_pool& pool, growing_memory& memory,
                                      view<const float, 2, host_space> x) {
  if (reads_in_place(x.shape()[1], x.strides()[0])) return {x.data(), x.strides()[0], 1};
  auto* const data = memory.grown<std::byte>(x.size() * element_size());
  store_all(pool, x, data);
  return {data, x.shape()[1], 1};
}

operand product_executor::stored(growing_memory& memory, index_t rows, index_t columns,
                                 const float* x, index_t step) const {
  if (reads_in_place(columns, step)) return {x, step, 1};
  auto* const data = memory.grown<std::byte>(rows * columns * element_size());
  store_rows(rows, columns, x, step, data);
  return {data, columns, 1};
}

void product_executor::multiply(thread_pool& pool, const product& p) {
  const grid g = product_grid(p.m, p.n);
  const auto part = [&](index_t task) {
    return part_of(p, g.rows_of(task), g.columns_of(task), element_size());
  };
  for (index_t task = 0; task < g.tasks(); ++task) prepare(part(task));
  for_each_task(pool, g.tasks(), p.m * p.n * p.k,
                [&](index_t task, std::size_t number, lane&) { run(part(task), number); });
}

}  // namespace flowkit::detail
