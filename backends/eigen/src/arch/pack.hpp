// Copies blocks of matrices into the order in which the product kernel reads them.
#pragma once

#include "quad.hpp"

namespace flowkit::FLOWKIT_ARCH {
namespace {

/// target[p * target_step + i] = source[i * source_step + p] for i < lines, p < depth. Fills the
/// target up to a multiple of four lines.
template <class T>
void pack_transposed(const T* source, index_t source_step, index_t lines, index_t depth, T* target,
                     index_t target_step) {
  const index_t whole_depth = depth / 4 * 4;
  for (index_t i = 0; i < lines; i += 4) {
    for (index_t p = 0; p < whole_depth; p += 4) {
      transpose_quad(source + i * source_step + p, source_step, lines - i,
                     target + p * target_step + i, target_step);
    }
  }
  for (index_t p = whole_depth; p < depth; ++p) {
    for (index_t i = 0; i < lines; ++i) target[p * target_step + i] = source[i * source_step + p];
  }
}

/// target[p * target_step + i] = source[p * source_step + i] for i < lines, p < depth.
template <class T>
void pack_straight(const T* source, index_t source_step, index_t lines, index_t depth, T* target,
                   index_t target_step) {
  const index_t whole_lines = lines / 4 * 4;
  for (index_t p = 0; p < depth; ++p) {
    const T* from = source + p * source_step;
    T* to = target + p * target_step;
    for (index_t i = 0; i < whole_lines; i += 4) std::memcpy(to + i, from + i, 4 * sizeof(T));
    for (index_t i = whole_lines; i < lines; ++i) to[i] = from[i];
  }
}

/// A panel whose line i at depth p lies at data[i * line_step + p * depth_step].
template <class T>
void pack_panel(const T* data, index_t line_step, index_t depth_step, index_t lines, index_t depth,
                T* target, index_t target_step) {
  if (line_step == 1) {
    pack_straight(data, depth_step, lines, depth, target, target_step);
  } else {
    pack_transposed(data, line_step, lines, depth, target, target_step);
  }
}

}  // namespace
}  // namespace flowkit::FLOWKIT_ARCH
