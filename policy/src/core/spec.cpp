#include <flowkit/policy/spec.hpp>

#include "core/json_fields.hpp"

#include <algorithm>
#include <set>

namespace flowkit::policy {
namespace {

void check_horizons(const spec& s) {
  FLOWKIT_VALIDATE(s.horizon >= 1 && s.horizon <= max_horizon, "horizon of ", s.horizon,
                   " actions: it must lie in 1 .. ", max_horizon);
  FLOWKIT_VALIDATE(s.observe >= 1 && s.execute >= 1, "observe ", s.observe, ", execute ", s.execute,
                   ": both must be at least 1");
  FLOWKIT_VALIDATE(s.observe - 1 + s.execute <= s.horizon, "a window of ", s.horizon,
                   " actions that begins at the first of ", s.observe, " observations holds no ",
                   s.execute,
                   " actions to execute: observe - 1 + execute must not exceed the horizon");
}

void check_names(const std::vector<std::string>& names, std::string_view what) {
  FLOWKIT_VALIDATE(static_cast<index_t>(names.size()) <= max_dimensions, names.size(), " ", what,
                   " dimensions: at most ", max_dimensions, " are possible");
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    FLOWKIT_VALIDATE(!name.empty(), "a ", what, " dimension has an empty name: name all of them");
    FLOWKIT_VALIDATE(seen.insert(name).second, "two ", what, " dimensions are named '", name,
                     "': names tell dimensions apart, so each occurs once");
  }
}

void check_camera(const camera& c) {
  const auto fits = [](index_t size, index_t most) { return size >= 1 && size <= most; };
  FLOWKIT_VALIDATE(!c.name.empty() && c.name.find('/') == std::string::npos, "camera name '",
                   c.name, "': it must not be empty nor contain '/'");
  FLOWKIT_VALIDATE(fits(c.height, max_image_side) && fits(c.width, max_image_side), "camera '",
                   c.name, "' of ", c.height, " x ", c.width, " pixels: sides lie in 1 .. ",
                   max_image_side);
  FLOWKIT_VALIDATE(fits(c.crop_height, c.height) && fits(c.crop_width, c.width), "camera '", c.name,
                   "' cropped to ", c.crop_height, " x ", c.crop_width, " of ", c.height, " x ",
                   c.width, " pixels: a crop lies within its image");
}

void compare(std::vector<std::string>& out, std::string_view what, index_t expected,
             index_t given) {
  if (expected != given) out.push_back(text(what, ": expected ", expected, ", given ", given));
}

void compare(std::vector<std::string>& out, std::string_view what,
             const std::vector<std::string>& expected, const std::vector<std::string>& given) {
  compare(out, text("number of ", what, " dimensions"), static_cast<index_t>(expected.size()),
          static_cast<index_t>(given.size()));
  for (std::size_t i = 0; i < std::min(expected.size(), given.size()); ++i) {
    if (expected[i] == given[i]) continue;
    out.push_back(
        text(what, " dimension ", i, ": expected '", expected[i], "', given '", given[i], "'"));
  }
}

void compare(std::vector<std::string>& out, std::size_t i, const camera& expected,
             const camera& given) {
  if (expected.name != given.name) {
    out.push_back(text("camera ", i, ": expected '", expected.name, "', given '", given.name, "'"));
    return;
  }
  const auto part = [&](std::string_view what) { return text("camera '", given.name, "' ", what); };
  compare(out, part("height"), expected.height, given.height);
  compare(out, part("width"), expected.width, given.width);
  compare(out, part("crop height"), expected.crop_height, given.crop_height);
  compare(out, part("crop width"), expected.crop_width, given.crop_width);
}

json_value json_of(const camera& c) {
  return json_object{{"name", c.name},
                     {"height", c.height},
                     {"width", c.width},
                     {"crop_height", c.crop_height},
                     {"crop_width", c.crop_width}};
}

json_value json_of(const std::vector<std::string>& names) {
  return json_array(names.begin(), names.end());
}

}  // namespace

void validate(const spec& s) {
  check_horizons(s);
  FLOWKIT_VALIDATE(!s.action.empty(), "a spec without action dimensions: name at least one");
  check_names(s.action, "action");
  check_names(s.state, "state");
  FLOWKIT_VALIDATE(!s.state.empty() || !s.cameras.empty(),
                   "a spec with neither state dimensions nor cameras: a policy needs something to "
                   "look at");
  FLOWKIT_VALIDATE(static_cast<index_t>(s.cameras.size()) <= max_cameras, s.cameras.size(),
                   " cameras: at most ", max_cameras, " are possible");
  std::set<std::string_view> seen;
  for (const camera& c : s.cameras) {
    check_camera(c);
    FLOWKIT_VALIDATE(seen.insert(c.name).second, "two cameras are named '", c.name,
                     "': each needs its own name");
  }
}

std::vector<std::string> differences(const spec& expected, const spec& given) {
  std::vector<std::string> out;
  compare(out, "horizon", expected.horizon, given.horizon);
  compare(out, "observe", expected.observe, given.observe);
  compare(out, "execute", expected.execute, given.execute);
  compare(out, "action", expected.action, given.action);
  compare(out, "state", expected.state, given.state);
  compare(out, "number of cameras", static_cast<index_t>(expected.cameras.size()),
          static_cast<index_t>(given.cameras.size()));
  for (std::size_t i = 0; i < std::min(expected.cameras.size(), given.cameras.size()); ++i) {
    compare(out, i, expected.cameras[i], given.cameras[i]);
  }
  return out;
}

void expect_equal(const spec& expected, const spec& given, std::string_view what) {
  const std::vector<std::string> found = differences(expected, given);
  if (found.empty()) return;
  std::string list;
  for (const std::string& d : found) list += (list.empty() ? "" : "; ") + d;
  FLOWKIT_VALIDATE(false, what, ": ", list);
}

json_value json_of(const spec& s) {
  json_array cameras;
  for (const camera& c : s.cameras) cameras.push_back(json_of(c));
  return json_object{{"horizon", s.horizon},      {"observe", s.observe},
                     {"execute", s.execute},      {"action", json_of(s.action)},
                     {"state", json_of(s.state)}, {"cameras", std::move(cameras)}};
}

spec spec_from_json(const json_value& json) {
  const detail::json_fields f(json, "spec");
  spec s{.horizon = f.integer("horizon", 1, max_horizon),
         .observe = f.integer("observe", 1, max_horizon),
         .execute = f.integer("execute", 1, max_horizon),
         .action = f.strings("action", max_dimensions),
         .state = f.strings("state", max_dimensions),
         .cameras = {}};
  for (const detail::json_fields& c : f.objects("cameras", max_cameras)) {
    s.cameras.push_back({.name = c.string("name"),
                         .height = c.integer("height", 1, max_image_side),
                         .width = c.integer("width", 1, max_image_side),
                         .crop_height = c.integer("crop_height", 1, max_image_side),
                         .crop_width = c.integer("crop_width", 1, max_image_side)});
  }
  validate(s);
  return s;
}

}  // namespace flowkit::policy
