// Everything that is independent of a place to run: include this and one backend.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/extents.hpp>
#include <flowkit/core/processors.hpp>
#include <flowkit/core/rng.hpp>
#include <flowkit/core/text.hpp>
#include <flowkit/core/view.hpp>

#include <flowkit/backend/concepts.hpp>
#include <flowkit/backend/device_scalar.hpp>
#include <flowkit/backend/draw.hpp>
#include <flowkit/backend/geometry.hpp>
#include <flowkit/backend/neighbours.hpp>
#include <flowkit/backend/precision.hpp>
#include <flowkit/backend/recording.hpp>
#include <flowkit/backend/replay.hpp>
#include <flowkit/backend/single_launch.hpp>
#include <flowkit/backend/tensor.hpp>
#include <flowkit/backend/workspace.hpp>

#include <flowkit/io/array.hpp>
#include <flowkit/io/deflate.hpp>
#include <flowkit/io/file.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/metrics.hpp>
#include <flowkit/io/npy.hpp>
#include <flowkit/io/npz.hpp>
#include <flowkit/io/progress.hpp>
#include <flowkit/io/safetensors.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/io/utf8.hpp>
#include <flowkit/io/zip.hpp>

#include <flowkit/nn/activation.hpp>
#include <flowkit/nn/basic_block.hpp>
#include <flowkit/nn/channel_bias.hpp>
#include <flowkit/nn/concat.hpp>
#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/conditional_residual_block.hpp>
#include <flowkit/nn/conv1d.hpp>
#include <flowkit/nn/conv2d.hpp>
#include <flowkit/nn/conv_transpose1d.hpp>
#include <flowkit/nn/film.hpp>
#include <flowkit/nn/group_norm.hpp>
#include <flowkit/nn/import.hpp>
#include <flowkit/nn/import_names.hpp>
#include <flowkit/nn/init.hpp>
#include <flowkit/nn/keypoint_encoder.hpp>
#include <flowkit/nn/layer_norm.hpp>
#include <flowkit/nn/linear.hpp>
#include <flowkit/nn/mlp.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/nn/one_hot.hpp>
#include <flowkit/nn/parameters.hpp>
#include <flowkit/nn/pooling.hpp>
#include <flowkit/nn/residual.hpp>
#include <flowkit/nn/resnet.hpp>
#include <flowkit/nn/sequential.hpp>
#include <flowkit/nn/shape.hpp>
#include <flowkit/nn/spatial_soft_argmax.hpp>
#include <flowkit/nn/time_condition.hpp>
#include <flowkit/nn/time_embedding.hpp>
#include <flowkit/nn/unet1d.hpp>
#include <flowkit/nn/velocity_network.hpp>

#include <flowkit/path/affine_path.hpp>
#include <flowkit/path/concepts.hpp>
#include <flowkit/path/parameterization.hpp>
#include <flowkit/path/schedule.hpp>

#include <flowkit/coupling/assignment.hpp>
#include <flowkit/coupling/concepts.hpp>
#include <flowkit/coupling/condition_groups.hpp>
#include <flowkit/coupling/entropic_ot.hpp>
#include <flowkit/coupling/independent.hpp>
#include <flowkit/coupling/minibatch_ot.hpp>
#include <flowkit/coupling/sinkhorn.hpp>
#include <flowkit/coupling/stored.hpp>
#include <flowkit/coupling/transport_cost.hpp>

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/field/concepts.hpp>
#include <flowkit/field/conditioned.hpp>
#include <flowkit/field/counted.hpp>
#include <flowkit/field/joined.hpp>
#include <flowkit/field/network_field.hpp>
#include <flowkit/field/point.hpp>

#include <flowkit/solver/adaptive.hpp>
#include <flowkit/solver/concepts.hpp>
#include <flowkit/solver/controller.hpp>
#include <flowkit/solver/dense_output.hpp>
#include <flowkit/solver/divergence.hpp>
#include <flowkit/solver/integrate.hpp>
#include <flowkit/solver/likelihood.hpp>
#include <flowkit/solver/result.hpp>
#include <flowkit/solver/tableau.hpp>
#include <flowkit/solver/time_grid.hpp>

#include <flowkit/objective/concepts.hpp>
#include <flowkit/objective/distillation.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/objective/loss.hpp>
#include <flowkit/objective/regression.hpp>
#include <flowkit/objective/time_sampling.hpp>

#include <flowkit/align/adaptive.hpp>
#include <flowkit/align/concepts.hpp>
#include <flowkit/align/couplings.hpp>
#include <flowkit/align/identity.hpp>
#include <flowkit/align/nearest.hpp>
#include <flowkit/align/neighbourhood.hpp>
#include <flowkit/align/rectify.hpp>
#include <flowkit/align/selective.hpp>
#include <flowkit/align/whitening.hpp>

#include <flowkit/train/checkpoint.hpp>
#include <flowkit/train/clipping.hpp>
#include <flowkit/train/concepts.hpp>
#include <flowkit/train/dataset_source.hpp>
#include <flowkit/train/ema.hpp>
#include <flowkit/train/interrupt.hpp>
#include <flowkit/train/optimizer.hpp>
#include <flowkit/train/schedule.hpp>
#include <flowkit/train/train_step.hpp>
#include <flowkit/train/trainer.hpp>
