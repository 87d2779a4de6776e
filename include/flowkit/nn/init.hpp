// How layers draw their parameters before training.
#pragma once

#include <flowkit/nn/parameters.hpp>

#include <cmath>

namespace flowkit {

/// The choices for the weights of a convolution.
enum class weight_init {
  uniform_fan_in,  ///< uniform in +-1/sqrt(fan_in), the default of most frameworks
  normal_fan_out,  ///< normal of deviation sqrt(2/fan_out), for stacks of relu (residual networks)
};

/// Uniform in +-1/sqrt(fan_in), where fan_in counts the inputs of one output.
[[nodiscard]] inline initializer uniform_fan_in(index_t fan_in) {
  return initializer::uniform(1 / std::sqrt(static_cast<double>(fan_in)));
}

/// Normal of deviation sqrt(2/fan_out): keeps the size of gradients through relu (He et al. 2015).
[[nodiscard]] inline initializer normal_fan_out(index_t fan_out) {
  return initializer::normal(std::sqrt(2 / static_cast<double>(fan_out)));
}

}  // namespace flowkit
