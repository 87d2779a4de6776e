#include <flowkit/nn/import_names.hpp>

#include <support/files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace flowkit {
namespace {

using testing::golden;
using ::testing::HasSubstr;
using testing::message_of;

unet1d_options unet_options() {
  return {.channels = 4, .condition = 20, .time_embedding = 32, .dims = {16, 32, 64}};
}

keypoint_encoder_options encoder_options() {
  return {.height = 84, .width = 84, .trunk = {.widths = {16, 32, 48, 64}}};
}

/// Imports a reference file into a network of type N that is built with these options.
template <class N, class Options>
std::vector<float> import_file(const char* name, const Options& o, const import_map& map) {
  parameter_layout layout;
  const N net(layout, "net", o);
  std::vector<float> values(static_cast<std::size_t>(layout.size()));
  import_parameters<float>(safetensors_file(golden(name)), map, layout, values);
  return values;
}

std::set<std::string> keys_of(const import_map& map) {
  std::set<std::string> keys;
  for (const import_rule& rule : map.rules) keys.insert(rule.key);
  for (const import_constant& constant : map.constants) keys.insert(constant.key);
  return keys;
}

std::set<std::string> names_in(const char* file) {
  const safetensors_file open(golden(file));
  std::set<std::string> names;
  for (const auto& tensor : open.tensors()) names.insert(tensor.name);
  return names;
}

TEST(ConditionalUnet1dKeys, AreThoseOfTheReference) {
  EXPECT_EQ(keys_of(conditional_unet1d_keys(unet_options(), {"", "net"})),
            names_in("unet1d.safetensors"));
}

TEST(VisualCoreKeys, AreThoseOfTheReference) {
  EXPECT_EQ(keys_of(visual_core_keys(encoder_options(), {"", "net"})),
            names_in("encoder.safetensors"));
}

TEST(ConditionalUnet1dKeys, FollowThePrefixes) {
  const import_map map = conditional_unet1d_keys(unet_options(), {"model.", "velocity"});

  for (const import_rule& rule : map.rules) {
    EXPECT_EQ(rule.key.rfind("model.", 0), 0u) << rule.key;
    EXPECT_EQ(rule.parameter.rfind("velocity.", 0), 0u) << rule.parameter;
  }
}

TEST(ConditionalUnet1dKeys, DoNotFitANetworkOfOtherWidths) {
  unet1d_options wider = unet_options();
  wider.dims = {16, 32, 128};

  const std::string message = message_of<file_error>([&] {
    import_file<unet1d>("unet1d.safetensors", wider, conditional_unet1d_keys(wider, {"", "net"}));
  });

  EXPECT_THAT(message, HasSubstr("unet1d.safetensors: tensor \"down_modules.2.0."));
  EXPECT_THAT(message, HasSubstr("needs [128,"));
}

TEST(ConditionalUnet1dKeys, DoNotFitANetworkOfFewerLevels) {
  unet1d_options flatter = unet_options();
  flatter.dims = {16, 32};

  const std::string message = message_of<file_error>([&] {
    import_file<unet1d>("unet1d.safetensors", flatter,
                        conditional_unet1d_keys(flatter, {"", "net"}));
  });

  EXPECT_THAT(message, HasSubstr("has no place in this network"));
}

TEST(ConditionalUnet1dKeys, LeaveASecondTimeUnset) {
  unet1d_options two = unet_options();
  two.times = 2;

  const std::string message = message_of<invalid_input>([&] {
    import_file<unet1d>("unet1d.safetensors", two, conditional_unet1d_keys(two, {"", "net"}));
  });

  EXPECT_THAT(message, HasSubstr("'net.second_time.expand.weight' has no counterpart"));
}

TEST(VisualCoreKeys, DoNotFitAnotherNumberOfKeypoints) {
  keypoint_encoder_options fewer = encoder_options();
  fewer.keypoints = 16;

  const std::string message = message_of<file_error>([&] {
    import_file<keypoint_encoder>("encoder.safetensors", fewer,
                                  visual_core_keys(fewer, {"", "net"}));
  });

  EXPECT_THAT(message, HasSubstr("\"nets.1.nets.weight\" has the shape [32, 64, 1, 1]"));
  EXPECT_THAT(message, HasSubstr("needs [16, 64, 1, 1]"));
}

}  // namespace
}  // namespace flowkit
