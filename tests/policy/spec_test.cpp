#include <flowkit/policy/network_options.hpp>
#include <flowkit/policy/visuomotor_field.hpp>

#include "policy/example_policy.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace flowkit::policy {
namespace {

using ::testing::ElementsAre;
using testing::example_spec;
using ::testing::HasSubstr;

std::string why(const std::function<void()>& action) {
  return flowkit::testing::message_of<invalid_input>(action);
}

TEST(spec, defaults_are_those_of_the_published_policies) {
  const spec s;

  EXPECT_EQ(s.horizon, 16);
  EXPECT_EQ(s.observe, 2);
  EXPECT_EQ(s.execute, 8);
}

TEST(spec, survives_json) {
  const spec s = example_spec(true);

  const spec read = spec_from_json(parse_json(to_json(json_of(s))));

  EXPECT_EQ(read, s);
  EXPECT_TRUE(differences(s, read).empty());
  EXPECT_NO_THROW(expect_equal(s, read, "never"));
}

TEST(spec, says_which_part_differs_with_both_values) {
  const spec expected = example_spec(true);
  spec given = expected;
  given.horizon = 16;
  given.state[1] = "elbow";
  given.cameras[0].crop_width = 10;

  EXPECT_THAT(differences(expected, given),
              ElementsAre("horizon: expected 8, given 16",
                          "state dimension 1: expected 'hand_y', given 'elbow'",
                          "camera 'front' crop width: expected 18, given 10"));
  EXPECT_THAT(why([&] { expect_equal(expected, given, "data do not fit"); }),
              HasSubstr("data do not fit: horizon: expected 8, given 16; state dimension 1"));
}

struct mistake {
  const char* name;
  std::function<void(spec&)> make;
  const char* message;
};

class unusable_spec : public ::testing::TestWithParam<mistake> {};

TEST_P(unusable_spec, is_refused_with_the_reason) {
  spec s = example_spec(true);
  GetParam().make(s);

  EXPECT_THAT(why([&] { validate(s); }), HasSubstr(GetParam().message));
  EXPECT_THROW((void)spec_from_json(json_of(s)), invalid_input);
}

const mistake mistakes[] = {
    {"no_horizon", [](spec& s) { s.horizon = 0; }, "horizon of 0 actions"},
    {"huge_horizon", [](spec& s) { s.horizon = 1 << 20; }, "it must lie in 1 .. 1024"},
    {"executes_too_much", [](spec& s) { s.execute = 8; }, "observe - 1 + execute must not exceed"},
    {"no_action", [](spec& s) { s.action.clear(); }, "without action dimensions"},
    {"twice", [](spec& s) { s.action[1] = "x"; }, "two action dimensions are named 'x'"},
    {"empty_name", [](spec& s) { s.state[0].clear(); }, "empty name"},
    {"blind",
     [](spec& s) {
       s.state.clear();
       s.cameras.clear();
     },
     "needs something to look at"},
    {"crop", [](spec& s) { s.cameras[0].crop_height = 21; }, "a crop lies within its image"},
    {"two_cameras", [](spec& s) { s.cameras.push_back(s.cameras[0]); }, "two cameras are named"}};

INSTANTIATE_TEST_SUITE_P(spec, unusable_spec, ::testing::ValuesIn(mistakes),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(spec, wrong_documents_name_the_field) {
  const auto with = [](const char* name, json_value value) {
    json_value json = json_of(example_spec());
    json.set(name, std::move(value));
    return why([&] { (void)spec_from_json(json); });
  };

  EXPECT_THAT(with("horizon", "eight"), HasSubstr("spec.horizon is of kind string"));
  EXPECT_THAT(with("observe", 5000), HasSubstr("spec.observe is 5000: it must lie in 1 .. 1024"));
  EXPECT_THAT(with("action", json_array{"x", 3}), HasSubstr("spec.action[1] is of kind integer"));
  EXPECT_THAT(with("cameras", json_array{json_object{}}),
              HasSubstr("spec.cameras[0].name is missing"));
}

TEST(network_options, presets_survive_json_and_have_the_published_sizes) {
  for (const std::string& name : network_preset_names()) {
    const network_options o = network_preset(name);
    EXPECT_EQ(network_from_json(parse_json(to_json(json_of(o)))), o) << name;
  }
  EXPECT_THAT(why([] { (void)network_preset("large"); }),
              HasSubstr("tiny small kitchen meta_world"));

  // Parameters of the velocity networks of the published policies, counted from their shapes.
  const auto parameters = [](const char* preset, index_t action, index_t per_observation) {
    spec s;
    for (index_t d = 0; d < action; ++d) s.action.push_back(text("a", d));
    for (index_t d = 0; d < per_observation; ++d) s.state.push_back(text("s", d));
    return visuomotor_field(s, network_preset(preset)).velocity_layout().parameter_count();
  };
  EXPECT_EQ(parameters("small", 4, 39), 4'368'644);
  EXPECT_EQ(parameters("kitchen", 9, 60), 66'942'729);
  EXPECT_EQ(parameters("meta_world", 4, 68), 251'633'796);
}

TEST(network_options, refuse_what_cannot_be_built) {
  const spec s = example_spec();
  const auto with = [&](auto change) {
    network_options o = network_preset("tiny");
    change(o);
    return why([&] { validate(o, s); });
  };

  EXPECT_THAT(with([](network_options& o) {
                o.dims = {16, 16, 16, 16, 16};
              }),
              HasSubstr("choose a multiple of 16"));
  EXPECT_THAT(with([](network_options& o) { o.groups = 5; }), HasSubstr("must divide every level"));
  EXPECT_THAT(with([](network_options& o) { o.kernel = 4; }), HasSubstr("must be odd"));
  EXPECT_THAT(with([](network_options& o) { o.dims.clear(); }), HasSubstr("give 1 to 6"));
}

TEST(network_options, another_time_scale_is_refused) {
  json_value json = json_of(network_preset("tiny"));
  json.set("time_scale", 100);

  EXPECT_THAT(why([&] { (void)network_from_json(json); }),
              HasSubstr("network.time_scale is 100, but times are scaled by 999"));
}

}  // namespace
}  // namespace flowkit::policy
