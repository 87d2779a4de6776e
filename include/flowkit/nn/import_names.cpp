#include <flowkit/nn/import_names.hpp>

namespace flowkit {
namespace {

import_map map_of(const import_place& place, std::string_view key_prefix) {
  import_map map;
  map.key_prefix = text(place.key_prefix, key_prefix);
  map.parameter_prefix = text(place.network, ".");
  return map;
}

/// A layer whose two parameters are named alike on both sides.
void add_layer(import_map& map, const std::string& key, const std::string& name,
               const std::vector<index_t>& taps = {}) {
  map.add(key + ".weight", name + ".weight", taps);
  map.add(key + ".bias", name + ".bias");
}

// ---- ConditionalUnet1D --------------------------------------------------------------------------

void add_conv_block(import_map& map, const std::string& key, const std::string& name,
                    index_t kernel) {
  add_layer(map, key + ".block.0", name + ".conv", {kernel});
  add_layer(map, key + ".block.1", name + ".norm");
}

/// Whether a block changes the number of channels and therefore has a convolution in its skip.
enum class channels { same, change };

void add_residual_block(import_map& map, const std::string& key, const std::string& name,
                        index_t kernel, channels inputs) {
  add_conv_block(map, key + ".blocks.0", name + ".block1", kernel);
  add_conv_block(map, key + ".blocks.1", name + ".block2", kernel);
  add_layer(map, key + ".cond_encoder.1", name + ".modulation");
  if (inputs == channels::change) add_layer(map, key + ".residual_conv", name + ".skip", {1});
}

void add_pair(import_map& map, const std::string& key, const std::string& name, index_t kernel,
              channels inputs) {
  add_residual_block(map, key + ".0", name + ".first", kernel, inputs);
  add_residual_block(map, key + ".1", name + ".second", kernel, channels::same);
}

channels compare(index_t inputs, index_t outputs) {
  return inputs == outputs ? channels::same : channels::change;
}

void add_down(import_map& map, const unet1d_options& o) {
  for (std::size_t l = 0; l < o.dims.size(); ++l) {
    const std::string key = text("down_modules.", l);
    const std::string name = text("down.", l);
    add_pair(map, key, name, o.kernel, compare(l == 0 ? o.channels : o.dims[l - 1], o.dims[l]));
    if (l + 1 < o.dims.size()) add_layer(map, key + ".2.conv", name + ".shorten", {3});
  }
}

/// The published network counts the way up in the order of execution.
void add_up(import_map& map, const unet1d_options& o) {
  for (std::size_t l = 1; l < o.dims.size(); ++l) {
    const std::string key = text("up_modules.", o.dims.size() - 1 - l);
    const std::string name = text("up.", l);
    add_pair(map, key, name, o.kernel, compare(2 * o.dims[l], o.dims[l - 1]));
    add_layer(map, key + ".2.conv", name + ".lengthen", {4});
  }
}

// ---- VisualCore ---------------------------------------------------------------------------------

void add_conv_norm(import_map& map, const std::string& conv_key, const std::string& norm_key,
                   const std::string& conv, const std::string& norm, index_t kernel) {
  map.add(conv_key + ".weight", conv + ".weight", {kernel, kernel});
  add_layer(map, norm_key, norm);
}

void add_basic_block(import_map& map, const std::string& key, const std::string& name,
                     bool has_shortcut) {
  add_conv_norm(map, key + ".conv1", key + ".bn1", name + ".conv1", name + ".norm1", 3);
  add_conv_norm(map, key + ".conv2", key + ".bn2", name + ".conv2", name + ".norm2", 3);
  if (!has_shortcut) return;
  add_conv_norm(map, key + ".downsample.0", key + ".downsample.1", name + ".shortcut.conv",
                name + ".shortcut.norm", 1);
}

}  // namespace

import_map conditional_unet1d_keys(const unet1d_options& o, const import_place& place) {
  import_map map = map_of(place, "");
  add_layer(map, "diffusion_step_encoder.1", "time.expand");
  add_layer(map, "diffusion_step_encoder.3", "time.reduce");
  add_down(map, o);
  add_residual_block(map, "mid_modules.0", "middle.first", o.kernel, channels::same);
  add_residual_block(map, "mid_modules.1", "middle.second", o.kernel, channels::same);
  add_up(map, o);
  add_conv_block(map, "final_conv.0", "head", o.kernel);
  add_layer(map, "final_conv.1", "output", {1});
  return map;
}

import_map visual_core_keys(const keypoint_encoder_options& o, const import_place& place) {
  import_map map = map_of(place, "nets.");
  add_conv_norm(map, "0.nets.0", "0.nets.1", "trunk.stem.conv", "trunk.stem.norm", 7);
  for (std::size_t i = 0; i < o.trunk.widths.size(); ++i) {
    // The first four entries of the list are the stem.
    const std::string key = text("0.nets.", i + 4);
    const std::string name = text("trunk.stage.", i);
    add_basic_block(map, key + ".0", name + ".0", i > 0);
    add_basic_block(map, key + ".1", name + ".1", false);
  }
  add_layer(map, "1.nets", "keypoints", {1, 1});
  map.add_constant("1.temperature", 1.0);
  map.add_constant("1.pos_x");  // both follow from the size of the image
  map.add_constant("1.pos_y");
  add_layer(map, "3", "features");
  return map;
}

}  // namespace flowkit
