#include <flowkit/policy/network_options.hpp>

#include "core/json_fields.hpp"

#include <algorithm>
#include <utility>

namespace flowkit::policy {
namespace {

constexpr index_t max_levels = 6;
constexpr index_t max_width = 8192;
constexpr index_t max_kernel = 63;
constexpr index_t max_features = 4096;

encoder_options resnet18() { return {}; }
encoder_options small_encoder() {
  return {.widths = {16, 32, 64}, .group_channels = 8, .keypoints = 16, .features = 32};
}
encoder_options tiny_encoder() {
  return {.widths = {8, 16}, .group_channels = 4, .keypoints = 8, .features = 16};
}

std::vector<std::pair<std::string, network_options>> presets() {
  return {
      {"tiny", {.dims = {16, 32}, .time_embedding = 16, .encoder = tiny_encoder()}},
      {"small", {.dims = {64, 128, 256}, .time_embedding = 64, .encoder = small_encoder()}},
      {"kitchen", {.dims = {256, 512, 1024}, .time_embedding = 256, .encoder = resnet18()}},
      {"meta_world", {.dims = {512, 1024, 2048}, .time_embedding = 128, .encoder = resnet18()}}};
}

void check_sizes(const std::vector<index_t>& sizes, std::string_view what) {
  FLOWKIT_VALIDATE(!sizes.empty() && static_cast<index_t>(sizes.size()) <= max_levels,
                   "network options with ", sizes.size(), " ", what, ": give 1 to ", max_levels);
  for (const index_t size : sizes) {
    FLOWKIT_VALIDATE(size >= 1 && size <= max_width, "network options with ", size, " channels in ",
                     what, ": they must lie in 1 .. ", max_width);
  }
}

void check_encoder(const encoder_options& e) {
  check_sizes(e.widths, "encoder.widths");
  FLOWKIT_VALIDATE(e.group_channels >= 1 && e.keypoints >= 1 && e.features >= 1 &&
                       e.keypoints <= max_features && e.features <= max_features,
                   "encoder options with group_channels ", e.group_channels, ", keypoints ",
                   e.keypoints, ", features ", e.features, ": they must lie in 1 .. ",
                   max_features);
}

json_value list_of(const std::vector<index_t>& sizes) {
  return json_array(sizes.begin(), sizes.end());
}

}  // namespace

network_options network_preset(std::string_view name) {
  std::string known;
  for (const auto& p : presets()) {
    if (p.first == name) return p.second;
    known += " " + p.first;
  }
  FLOWKIT_VALIDATE(false, "there is no network preset '", name, "'; there are:", known);
  return {};
}

std::vector<std::string> network_preset_names() {
  std::vector<std::string> out;
  for (const auto& p : presets()) out.push_back(p.first);
  return out;
}

void validate(const network_options& o, const spec& s) {
  check_sizes(o.dims, "dims");
  for (const index_t d : o.dims) {
    FLOWKIT_VALIDATE(o.groups >= 1 && d % o.groups == 0, "a U-Net level of ", d, " channels in ",
                     o.groups, " groups: the number of groups must divide every level");
  }
  FLOWKIT_VALIDATE(o.kernel >= 1 && o.kernel <= max_kernel && o.kernel % 2 == 1,
                   "a U-Net kernel of ", o.kernel, ": it must be odd and at most ", max_kernel);
  FLOWKIT_VALIDATE(
      o.time_embedding >= 4 && o.time_embedding <= max_width && o.time_embedding % 2 == 0,
      "a time embedding of ", o.time_embedding, ": it must be even and lie in 4 .. ", max_width);
  const index_t shortest = index_t{1} << (o.dims.size() - 1);
  FLOWKIT_VALIDATE(s.horizon % shortest == 0, "a horizon of ", s.horizon,
                   " actions cannot be halved in a U-Net of ", o.dims.size(),
                   " levels: choose a multiple of ", shortest);
  if (!s.cameras.empty()) check_encoder(o.encoder);
}

json_value json_of(const network_options& o) {
  return json_object{{"dims", list_of(o.dims)},
                     {"time_embedding", o.time_embedding},
                     {"kernel", o.kernel},
                     {"groups", o.groups},
                     {"time_scale", time_scale},
                     {"encoder", json_object{{"widths", list_of(o.encoder.widths)},
                                             {"group_channels", o.encoder.group_channels},
                                             {"keypoints", o.encoder.keypoints},
                                             {"features", o.encoder.features}}}};
}

network_options network_from_json(const json_value& json) {
  const detail::json_fields f(json, "network");
  const double scale = f.number("time_scale");
  FLOWKIT_VALIDATE(scale == time_scale, f.full("time_scale"), " is ", scale, ", but times are ",
                   "scaled by ", time_scale, " here: the policy was trained otherwise");
  const detail::json_fields e = f.object("encoder");
  return {.dims = f.integers("dims", max_levels, 1, max_width),
          .time_embedding = f.integer("time_embedding", 4, max_width),
          .kernel = f.integer("kernel", 1, max_kernel),
          .groups = f.integer("groups", 1, max_width),
          .encoder = {.widths = e.integers("widths", max_levels, 1, max_width),
                      .group_channels = e.integer("group_channels", 1, max_width),
                      .keypoints = e.integer("keypoints", 1, max_features),
                      .features = e.integer("features", 1, max_features)}};
}

}  // namespace flowkit::policy
