// Layers on batches without samples, which solvers reach when all samples are finished.
#include <flowkit/nn/conv1d.hpp>
#include <flowkit/nn/conv2d.hpp>
#include <flowkit/nn/conv_transpose1d.hpp>
#include <flowkit/nn/film.hpp>
#include <flowkit/nn/layer_norm.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/nn/pooling.hpp>
#include <flowkit/nn/residual.hpp>
#include <flowkit/nn/sequential.hpp>
#include <flowkit/nn/spatial_soft_argmax.hpp>
#include <flowkit/nn/time_embedding.hpp>

#include "support/differentiable.hpp"

namespace flowkit::testing {
namespace {

TEST(EmptyBatch, PassesThroughDenseLayers) {
  parameter_layout layout;
  const linear affine(layout, "linear", 3, 3);
  const layer_norm norm(layout, "norm", {.channels = 3});
  const mlp_field field(layout, "field", {.dimension = 3, .condition = 2});
  const sinusoidal_time_embedding time(layout, {.dimension = 4});

  expect_differentiable("network", layout, sequential(residual(affine), mish_layer{}, norm),
                        extents{0, 3});
  expect_differentiable("time embedding", layout, time, extents{0, 1});
  expect_differentiable("film", layout, film{}, extents{0, 5, 3}, extents{0, 6});
  expect_differentiable_field("field", layout, field, 0, 3);
}

TEST(EmptyBatch, PassesThroughConvolutions) {
  parameter_layout layout;
  const conv1d down(layout, "down", {.inputs = 2, .outputs = 4, .kernel = 3, .stride = 2});
  const group_norm norm(layout, "norm", {.channels = 4, .groups = 2});
  const conv_transpose1d up(layout, "up", {.inputs = 4, .outputs = 1, .kernel = 4, .stride = 2});
  const conv2d image(layout, "image", {.inputs = 1, .outputs = 2, .kernel = {3, 3}});
  const spatial_soft_argmax points(layout, {.height = 2, .width = 3, .channels = 2});

  expect_differentiable("chunks", layout, sequential(down, norm, up), extents{0, 8, 2});
  expect_differentiable("images", layout,
                        sequential(image, max_pool2d({.kernel = {2, 2}, .stride = {1, 1}}), points),
                        extents{0, 5, 6, 1});
  expect_differentiable("average", layout, global_average_pool{}, extents{0, 5, 6, 1});
}

}  // namespace
}  // namespace flowkit::testing
