#include "image_convolution.hpp"

namespace flowkit::detail {
namespace {

/// Elements of the windows that a task holds at once: they stay in the second cache.
constexpr index_t task_elements = index_t{1} << 17;
/// Elements of the windows that all tasks of a gradient of weights share: they stay in the last
/// cache.
constexpr index_t shared_elements = index_t{1} << 21;

operand below(const operand& o, index_t rows, index_t size) {
  return {static_cast<const std::byte*>(o.data) + rows * o.row_step * size, o.row_step,
          o.column_step};
}

}  // namespace

void image_convolution::forward(view<const float, 4, host_space> x, matrix w, bool add,
                                view<float, 2, host_space> y) const {
  const operand weights = by.stored(pool, by.right, w);
  const index_t depth = over.row_size();
  const cut_axis parts(over.lines(), over.lines_within(task_elements));
  const auto part = [&](index_t task) {
    return product{.m = parts.part(task).size * over.width(),
                   .n = y.shape()[1],
                   .k = depth,
                   .a = {nullptr, depth, 1},
                   .b = weights,
                   .c = y.data() + parts.part(task).first * over.width() * y.strides()[0],
                   .c_step = y.strides()[0],
                   .format = by.format(),
                   .add = add};
  };
  for (index_t task : {index_t{0}, parts.count - 1}) by.prepare(part(task));
  const index_t products = y.size() * depth;
  by.for_each_task(pool, parts.count, products, [&](index_t task, std::size_t number, lane& own) {
    product p = part(task);
    auto* const windows = own.operands.grown<std::byte>(p.m * depth * by.element_size());
    const span_of lines = parts.part(task);
    for (index_t i = 0; i < lines.size; ++i) {
      over.lower(by, x, lines.first + i, windows + i * over.width() * depth * by.element_size());
    }
    p.a.data = windows;
    by.run(p, number);
  });
}

void image_convolution::data(matrix dy, matrix w, view<float, 4, host_space> dx) const {
  const operand weights = transposed(by.stored(pool, by.right, w));
  const operand slopes = by.stored(pool, by.left, dy);
  const index_t depth = over.row_size();
  const cut_axis parts(over.height(), over.lines_within(task_elements));
  const auto part = [&](const span_of& lines, index_t first_line) {
    return product{.m = lines.size * over.width(),
                   .n = depth,
                   .k = dy.shape()[1],
                   .a = below(slopes, first_line * over.width(), by.element_size()),
                   .b = weights,
                   .c = nullptr,
                   .c_step = depth,
                   .format = by.format(),
                   .add = false};
  };
  for (index_t i : {index_t{0}, parts.count - 1}) by.prepare(part(parts.part(i), 0));
  const index_t products = dy.size() * depth;
  by.for_each_task(pool, over.batch(), products, [&](index_t image, std::size_t number, lane& own) {
    for (index_t i = 0; i < parts.count; ++i) {
      const span_of lines = parts.part(i);
      const index_t first = image * over.height() + lines.first;
      product p = part(lines, first);
      p.c = own.sums.grown<float>(p.m * depth);
      by.run(p, number);
      for (index_t line = 0; line < lines.size; ++line) {
        over.raise(instructions, p.c + line * over.width() * depth, first + line, dx);
      }
    }
  });
}

void image_convolution::weights(view<const float, 4, host_space> x, matrix dy, bool add,
                                view<float, 2, host_space> dw) const {
  const operand slopes = by.stored(pool, by.right, dy);
  const index_t depth = over.row_size();
  const index_t size = by.element_size();
  const cut_axis chunks(over.lines(), over.lines_within(shared_elements));
  auto* const windows =
      by.left.grown<std::byte>(std::min(chunks.size, over.lines()) * over.width() * depth * size);
  for (index_t chunk = 0; chunk < chunks.count; ++chunk) {
    const span_of lines = chunks.part(chunk);
    pool.for_each_index(lines.size, [&](index_t i) {
      over.lower(by, x, lines.first + i, windows + i * over.width() * depth * size);
    });
    by.multiply(pool, {.m = depth,
                       .n = dw.shape()[1],
                       .k = lines.size * over.width(),
                       .a = {windows, 1, depth},
                       .b = below(slopes, lines.first * over.width(), size),
                       .c = dw.data(),
                       .c_step = dw.strides()[0],
                       .format = by.format(),
                       .add = add || chunk > 0});
  }
}

}  // namespace flowkit::detail
