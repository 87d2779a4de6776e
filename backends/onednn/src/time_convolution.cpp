#include "time_convolution.hpp"

#include <flowkit/fn/arithmetic.hpp>

namespace flowkit::detail {
namespace {

const std::byte* row_of(const std::byte* rows, index_t row, index_t columns, index_t size) {
  return rows + row * columns * size;
}

/// A dense operand.
operand dense(const std::byte* data, index_t columns) { return {data, columns, 1}; }

}  // namespace

const std::byte* time_convolution::collected(growing_memory& memory,
                                             view<const float, 3, host_space> x,
                                             order by_what) const {
  const index_t batch = x.shape()[0];
  const index_t channels = x.shape()[2];
  const index_t size = by.element_size();
  auto* const to = memory.grown<std::byte>(x.size() * size);
  pool.for_each_index(x.shape()[1], x.size(), [&](index_t step) {
    const index_t position = by_what == order::slots ? over.slot(step) : step;
    by.store_rows(batch, channels, x.data() + step * x.strides()[1], x.strides()[0],
                  to + position * batch * channels * size);
  });
  return to;
}

const std::byte* time_convolution::kept_columns(matrix w) const {
  if (by.reads_floats()) return nullptr;
  const index_t rows = w.shape()[0];
  const index_t size = by.element_size();
  return by.kept(w, static_cast<index_t>(held_layout::columns), w.size() * size,
                 [&](std::byte* copy) {
                   const cut_axis parts(w.shape()[1], time_windows::task_columns);
                   pool.for_each_index(parts.count, w.size(), [&](index_t i) {
                     const span_of part = parts.part(i);
                     by.store_rows(rows, part.size, w.data() + part.first, w.strides()[0],
                                   copy + part.first * rows * size);
                   });
                 });
}

void time_convolution::release(const float* sums, const span_of& positions, const span_of& columns,
                               float beta, view<float, 3, host_space> y, order by_what) const {
  const index_t batch = y.shape()[0];
  for (index_t step = 0; step < y.shape()[1]; ++step) {
    const index_t at = (by_what == order::slots ? over.slot(step) : step) - positions.first;
    if (at < 0 || at >= positions.size) continue;
    const extents<2> shape{batch, columns.size};
    const view<float, 2, host_space> to(
        y.data() + step * y.strides()[1] + columns.first * y.strides()[2], shape,
        extents<2>{y.strides()[0], y.strides()[2]});
    const view<const float, 2, host_space> from(sums + at * batch * columns.size, shape);
    const extents<2> strides[] = {to.strides(), from.strides()};
    const loop_nest<2> loop = collapse(shape, strides);
    const tile all{0, loop.rows(), 0, loop.inner};
    const std::tuple<float*, const float*> data{to.data(), from.data()};
    if (beta == 0) {
      run_elementwise(instructions, fn::assign{}, loop, data, all);
    } else {
      run_elementwise(instructions, fn::add_to{}, loop, data, all);
    }
  }
}

void time_convolution::forward(view<const float, 3, host_space> x, matrix w, float beta,
                               view<float, 3, host_space> y) const {
  const index_t inputs = x.shape()[2];
  const index_t batch = over.batch();
  const grid g = over.parts(over.windows(), y.shape()[2]);
  const std::byte* steps = collected(by.left, x, order::slots);
  const std::byte* const kept = kept_columns(w);
  // The product of a tap, but for the weights and the sums, which lie in the memory of a lane.
  const auto shape = [&](index_t task, const time_windows::run& r) {
    const index_t columns = g.columns_of(task).size;
    return product{.m = r.count * batch,
                   .n = columns,
                   .k = inputs,
                   .a = dense(row_of(steps, r.slot * batch, inputs, by.element_size()), inputs),
                   .b = {nullptr, by.stored_step(columns, w.strides()[0]), 1},
                   .c = nullptr,
                   .c_step = columns,
                   .format = by.format(),
                   .add = true};
  };
  for (index_t task = 0; task < g.tasks(); ++task) {
    for (index_t tap = 0; tap < over.taps(); ++tap) {
      const auto r = over.within_windows(tap, g.rows_of(task));
      if (r.count > 0) by.prepare(shape(task, r));
    }
  }
  const index_t products = x.size() * w.size() / inputs;
  by.for_each_task(pool, g.tasks(), products, [&](index_t task, std::size_t number, lane& own) {
    const span_of positions = g.rows_of(task);
    const span_of columns = g.columns_of(task);
    const index_t size = positions.size * batch * columns.size;
    float* const sums = own.sums.grown<float>(size);
    std::fill_n(sums, size, 0.0F);
    for (index_t tap = 0; tap < over.taps(); ++tap) {
      const auto r = over.within_windows(tap, positions);
      if (r.count == 0) continue;
      product p = shape(task, r);
      if (kept == nullptr) {
        p.b = by.stored(own.operands, inputs, columns.size,
                        w.data() + tap * inputs * w.strides()[0] + columns.first, w.strides()[0]);
      } else {
        const std::byte* const part = row_of(kept, columns.first, w.shape()[0], by.element_size());
        p.b = dense(row_of(part, tap * inputs, columns.size, by.element_size()), columns.size);
      }
      p.c = sums + (r.window - positions.first) * batch * columns.size;
      by.run(p, number);
    }
    release(sums, positions, columns, beta, y, order::windows);
  });
}

void time_convolution::data(view<const float, 3, host_space> dy, matrix w, float beta,
                            view<float, 3, host_space> dx) const {
  const index_t outputs = dy.shape()[2];
  const index_t inputs = dx.shape()[2];
  const index_t batch = over.batch();
  const grid g = over.parts(over.steps(), inputs);
  const std::byte* windows = collected(by.left, dy, order::windows);
  const std::byte* const kept = by.kept(pool, w);
  const auto shape = [&](index_t task, const time_windows::run& r) {
    return product{
        .m = r.count * batch,
        .n = g.columns_of(task).size,
        .k = outputs,
        .a = dense(row_of(windows, r.window * batch, outputs, by.element_size()), outputs),
        .b = {nullptr, 1, by.stored_step(outputs, w.strides()[0])},
        .c = nullptr,
        .c_step = g.columns_of(task).size,
        .format = by.format(),
        .add = true};
  };
  for (index_t task = 0; task < g.tasks(); ++task) {
    for (index_t tap = 0; tap < over.taps(); ++tap) {
      const auto r = over.within_slots(tap, g.rows_of(task));
      if (r.count > 0) by.prepare(shape(task, r));
    }
  }
  const index_t products = dy.size() * w.size() / outputs;
  by.for_each_task(pool, g.tasks(), products, [&](index_t task, std::size_t number, lane& own) {
    const span_of slots = g.rows_of(task);
    const span_of columns = g.columns_of(task);
    const index_t size = slots.size * batch * columns.size;
    float* const sums = own.sums.grown<float>(size);
    std::fill_n(sums, size, 0.0F);
    for (index_t tap = 0; tap < over.taps(); ++tap) {
      const auto r = over.within_slots(tap, slots);
      if (r.count == 0) continue;
      product p = shape(task, r);
      const index_t row = tap * inputs + columns.first;
      p.b = transposed(kept == nullptr
                           ? by.stored(own.operands, columns.size, outputs,
                                       w.data() + row * w.strides()[0], w.strides()[0])
                           : dense(row_of(kept, row, outputs, by.element_size()), outputs));
      p.c = sums + (r.slot - slots.first) * batch * columns.size;
      by.run(p, number);
    }
    release(sums, slots, columns, beta, dx, order::slots);
  });
}

void time_convolution::weights(view<const float, 3, host_space> x,
                               view<const float, 3, host_space> dy, float beta,
                               view<float, 2, host_space> dw) const {
  const index_t inputs = x.shape()[2];
  const index_t outputs = dy.shape()[2];
  const index_t batch = over.batch();
  const index_t size = by.element_size();
  const std::byte* steps = collected(by.left, x, order::slots);
  const std::byte* windows = collected(by.right, dy, order::windows);
  const grid g{cut_axis(over.taps(), 1), cut_axis(inputs, time_windows::task_columns)};
  const auto part = [&](index_t task) {
    const index_t tap = g.rows_of(task).first;
    const span_of columns = g.columns_of(task);
    const auto r = over.within_windows(tap, {0, over.windows()});
    return product{
        .m = columns.size,
        .n = outputs,
        .k = r.count * batch,
        .a = {row_of(steps, r.slot * batch, inputs, size) + columns.first * size, 1, inputs},
        .b = dense(row_of(windows, r.window * batch, outputs, size), outputs),
        .c = dw.data() + (tap * inputs + columns.first) * dw.strides()[0],
        .c_step = dw.strides()[0],
        .format = by.format(),
        .add = beta != 0};
  };
  for (index_t task = 0; task < g.tasks(); ++task) {
    if (part(task).k > 0) by.prepare(part(task));
  }
  const index_t products = dy.size() * dw.size() / outputs;
  by.for_each_task(pool, g.tasks(), products, [&](index_t task, std::size_t number, lane&) {
    const product p = part(task);
    if (p.k > 0) {
      by.run(p, number);
    } else if (beta == 0) {
      for (index_t i = 0; i < p.m; ++i) std::fill_n(p.c + i * p.c_step, p.n, 0.0F);
    }
  });
}

}  // namespace flowkit::detail
