#include <flowkit/policy/receding_horizon.hpp>

#include "policy/example_policy.hpp"
#include "support/allocation.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace flowkit::policy {
namespace {

using flowkit::testing::allocation_counter;
using flowkit::testing::message_of;
using testing::example_policy;
using ::testing::HasSubstr;
using testing::seen;
using backend = eigen<float>;
using controller = receding_horizon<backend>;

/// Of the camera of example_spec, 20 x 24 pixels.
constexpr std::size_t frame_bytes = 20UL * 24 * 3;

std::vector<float> numbers_of(const chunks<physical, const float>& a) {
  return {a.numbers().data(), a.numbers().data() + a.numbers().size()};
}

std::vector<float> state_of(std::uint32_t seed) {
  return testing::random_matrix(1, 3, seed, 2).values;
}

TEST(receding_horizon, executes_the_part_after_the_current_observation) {
  backend be;
  const auto p = example_policy(be);
  controller robot(be, p, {.guard = guard_options{}});
  robot.observe(seen(state_of(1)));

  const action_plan plan = robot.act();

  EXPECT_EQ(plan.actions.numbers().shape(), (extents<2>{1, 8}));
  EXPECT_EQ(plan.predicted.numbers().shape(), (extents<2>{1, 14}));
  for (index_t step = 0; step < 4; ++step) {
    for (index_t d = 0; d < 2; ++d) {
      EXPECT_EQ(plan.action(0, step)[static_cast<std::size_t>(d)],
                plan.predicted.numbers()(0, step * 2 + d));
    }
  }
  EXPECT_THAT(plan.evaluations, ::testing::ElementsAre(1));
}

/// One Euler step by hand: x0 + v(x0, epsilon, c), converted, cut.
TEST(receding_horizon, one_step_is_noise_plus_velocity) {
  backend be;
  const auto p = example_policy(be);
  const spec& s = p.specification();
  controller robot(be, p, {.seed = 3, .guard = guard_options{}});
  const std::vector<float> state = state_of(1);
  robot.observe(seen(state));
  const std::vector<float> acted = numbers_of(robot.act().predicted);

  workspace<backend> ws(be);
  testing::matrix<float> history(1, s.history_size());  // padded by repetition
  testing::matrix<float> c(1, s.history_size());
  for (index_t i = 0; i < 6; ++i) history(0, i) = state[static_cast<std::size_t>(i % 3)];
  p.manifest().normalizers.state.normalize(states<physical, float>(history.view_of()),
                                           states<normalized, float>(c.view_of()));
  testing::matrix<float> x(1, s.chunk_size());
  be.normal(x.view_of(), rng_key{3, 0}.split(0).split(0));
  testing::matrix<float> t(1, 1);
  t(0, 0) = 1e-3F;
  saved_of<unet1d, backend> saved;
  const field_input<backend> in{x.view_of(), t.view_of(), c.view_of()};
  const auto v = p.field().velocity().forward(be, p.weights(weight_set::average), in, ws, saved);
  for (index_t i = 0; i < x.shape[1]; ++i) x(0, i) += v(0, i);
  testing::matrix<float> a(1, s.chunk_size());
  p.manifest().normalizers.action.denormalize(chunks<normalized, float>(x.view_of()),
                                              chunks<physical, float>(a.view_of()));

  for (std::size_t i = 0; i < acted.size(); ++i) {
    // One multiplication by a step of 1 and one addition, fused or not.
    EXPECT_NEAR(acted[i], a.values[i + 2], 1e-6);
  }
}

TEST(receding_horizon, equal_seeds_act_equally_and_others_do_not) {
  backend be;
  const auto p = example_policy(be);
  const auto act = [&](std::uint64_t seed, std::uint64_t episode) {
    controller robot(be, p, {.seed = seed, .guard = guard_options{}});
    robot.reset(0, episode);
    robot.observe(seen(state_of(1)));
    std::vector<float> out = numbers_of(robot.act().predicted);
    robot.observe(seen(state_of(2)));
    const std::vector<float> second = numbers_of(robot.act().predicted);
    out.insert(out.end(), second.begin(), second.end());
    return out;
  };

  EXPECT_EQ(act(1, 4), act(1, 4));
  EXPECT_NE(act(1, 4), act(2, 4));
  EXPECT_NE(act(1, 4), act(1, 5));
}

TEST(receding_horizon, noise_differs_from_call_to_call) {
  backend be;
  const auto p = example_policy(be);
  controller robot(be, p);
  robot.observe(seen(state_of(1)));

  EXPECT_NE(numbers_of(robot.act().predicted), numbers_of(robot.act().predicted));
}

/// A setting of inference and its name.
struct setting {
  const char* name;
  inference_options inference;
};

class every_setting : public ::testing::TestWithParam<setting> {};

// A robot acts among others as it does alone, bit for bit: noise and samples do not mix.
TEST_P(every_setting, robots_in_a_batch_act_as_alone) {
  backend be;
  const auto p = example_policy(be);
  constexpr index_t n = 5;
  controller all(be, p, {.robots = n, .seed = 7, .inference = GetParam().inference});
  std::vector<std::vector<float>> together(n);
  for (std::uint32_t call = 0; call < 3; ++call) {
    for (index_t i = 0; i < n; ++i) {
      all.observe(i, seen(state_of(10 * call + static_cast<std::uint32_t>(i))));
    }
    const action_plan plan = all.act();
    for (index_t i = 0; i < n; ++i) {
      for (index_t step = 0; step < 4; ++step) {
        const auto a = plan.action(i, step);
        auto& to = together[static_cast<std::size_t>(i)];
        to.insert(to.end(), a.begin(), a.end());
      }
    }
  }

  for (index_t i = 0; i < n; ++i) {
    controller alone(be, p, {.seed = 7, .inference = GetParam().inference});
    alone.reset(0, static_cast<std::uint64_t>(i));
    std::vector<float> acted;
    for (std::uint32_t call = 0; call < 3; ++call) {
      alone.observe(seen(state_of(10 * call + static_cast<std::uint32_t>(i))));
      const std::vector<float> a = numbers_of(alone.act().actions);
      acted.insert(acted.end(), a.begin(), a.end());
    }
    EXPECT_EQ(acted, together[static_cast<std::size_t>(i)]) << "robot " << i;
  }
}

// Who rests costs nothing and changes nothing for the others, also where frames are packed.
TEST_P(every_setting, robots_at_rest_are_left_out) {
  backend be;
  const auto p = example_policy(be, true);
  const std::vector<std::uint8_t> bright(frame_bytes, 200);
  const std::vector<std::uint8_t> dark(frame_bytes, 30);
  const auto make = [&] {
    auto c = std::make_unique<controller>(
        be, p, controller_options{.robots = 3, .inference = GetParam().inference});
    for (std::uint32_t i = 0; i < 3; ++i) {
      const frame_view frame((i == 2 ? bright : dark).data(), extents<3>{20, 24, 3});
      c->observe(i, {state_of(i), {&frame, 1}});
    }
    return c;
  };
  const auto all = make();
  const std::vector<float> expected = numbers_of(all->act().predicted);
  const auto some = make();

  some->rest(1);
  const action_plan plan = some->act();

  const auto size = static_cast<std::ptrdiff_t>(expected.size() / 3);
  const std::vector<float> predicted = numbers_of(plan.predicted);
  EXPECT_TRUE(std::equal(expected.begin(), expected.begin() + size, predicted.begin()));
  EXPECT_TRUE(
      std::equal(expected.begin() + 2 * size, expected.end(), predicted.begin() + 2 * size));
  EXPECT_TRUE(std::all_of(predicted.begin() + size, predicted.begin() + 2 * size,
                          [](float v) { return v == 0; }));
  EXPECT_EQ(plan.evaluations[1], 0);
  EXPECT_GT(plan.evaluations[2], 0);
}

TEST(receding_horizon, wakes_at_a_reset_and_may_rest_as_a_whole) {
  backend be;
  const auto p = example_policy(be);
  controller robot(be, p);
  robot.observe(seen(state_of(1)));
  const std::vector<float> first = numbers_of(robot.act().predicted);

  robot.rest(0);
  EXPECT_EQ(numbers_of(robot.act().predicted), first);

  robot.reset(0, 0);
  EXPECT_THAT(message_of<invalid_input>([&] { (void)robot.act(); }), HasSubstr("has seen nothing"));
  robot.observe(seen(state_of(1)));
  EXPECT_EQ(numbers_of(robot.act().predicted), first);
}

TEST_P(every_setting, nothing_allocates_after_the_first_call) {
  backend be;
  const auto p = example_policy(be);
  controller robots(be, p, {.robots = 3, .inference = GetParam().inference});
  const std::vector<float> state = state_of(1);
  const auto cycle = [&] {
    for (index_t i = 0; i < 3; ++i) robots.observe(i, seen(state));
    (void)robots.act();
  };
  cycle();
  cycle();  // merges the blocks of the workspace

  const allocation_counter allocations;
  for (int i = 0; i < 5; ++i) cycle();
  robots.reset(1, 9);
  cycle();
  robots.rest(0);
  cycle();

  EXPECT_EQ(allocations.count(), 0);
}

TEST_P(every_setting, nothing_allocates_after_a_warm_up_which_leaves_no_trace) {
  backend be;
  const auto p = example_policy(be, true);
  const std::vector<std::uint8_t> pixels(frame_bytes, 90);
  const frame_view frame(pixels.data(), extents<3>{20, 24, 3});
  const std::vector<float> state = state_of(1);
  controller cold(be, p, {.inference = GetParam().inference});
  controller warm(be, p, {.inference = GetParam().inference});
  cold.observe({state, {&frame, 1}});
  const std::vector<float> expected = numbers_of(cold.act().actions);

  warm.warm_up();
  const allocation_counter allocations;
  warm.observe({state, {&frame, 1}});
  const action_plan plan = warm.act();

  EXPECT_EQ(allocations.count(), 0);
  EXPECT_EQ(numbers_of(plan.actions), expected);
}

const setting settings[] = {
    {"one_step", {.steps = 1}},
    {"ten_steps", {.steps = 10}},
    {"adaptive", {.solver = inference_solver::dormand_prince, .tolerance = 1e-3}}};

INSTANTIATE_TEST_SUITE_P(receding_horizon, every_setting, ::testing::ValuesIn(settings),
                         [](const auto& one) { return std::string(one.param.name); });

// All settings integrate the same flow: many steps and the tolerance agree, and a hundredth of the
// step has about a hundredth of the error (Euler is of first order).
TEST(receding_horizon, settings_converge_to_the_same_chunk) {
  backend be;
  const auto p = example_policy(be);
  const auto act = [&](const inference_options& o) {
    controller robot(be, p, {.inference = o, .guard = guard_options{}});
    robot.observe(seen(state_of(1)));
    return numbers_of(robot.act().predicted);
  };
  const auto distance = [](const std::vector<float>& a, const std::vector<float>& b) {
    double out = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      out = std::max(out, std::abs(static_cast<double>(a[i] - b[i])));
    }
    return out;
  };

  // From time 0, where the grid of rectified flows is uniform.
  const auto exact =
      act({.solver = inference_solver::dormand_prince, .tolerance = 1e-6, .epsilon = 0});
  const double coarse = distance(act({.steps = 4, .epsilon = 0}), exact);
  const double fine = distance(act({.steps = 400, .epsilon = 0}), exact);

  EXPECT_GT(coarse, 0);
  EXPECT_LT(fine, coarse / 20);
}

TEST(receding_horizon, sees_the_last_observations_only) {
  backend be;
  const auto p = example_policy(be);
  controller a(be, p);
  controller b(be, p);
  a.observe(seen(state_of(1)));
  for (std::uint32_t i = 2; i < 5; ++i) {
    a.observe(seen(state_of(i)));
    if (i >= 3) b.observe(seen(state_of(i)));
  }

  EXPECT_EQ(numbers_of(a.act().actions), numbers_of(b.act().actions));
}

TEST(receding_horizon, guards_what_it_executes) {
  backend be;
  const auto p = example_policy(be);  // untrained: its noise leaves the range of the data
  controller bounded(be, p, {.robots = 8});
  controller slow(be, p, {.robots = 8, .guard = guard_options{.largest_step = {0.01, 0.01}}});
  const column_statistics& range = p.manifest().normalizers.action.statistics();
  for (index_t i = 0; i < 8; ++i) bounded.observe(i, seen(state_of(1)));
  for (index_t i = 0; i < 8; ++i) slow.observe(i, seen(state_of(1)));

  const action_plan plan = bounded.act();
  const std::vector<float> first = numbers_of(slow.act().actions);
  const action_plan second = slow.act();

  EXPECT_GT(plan.guard.out_of_bounds, 0);
  EXPECT_EQ(plan.guard.checked, 8 * 4 * 2);
  for (index_t i = 0; i < 8; ++i) {
    for (std::size_t d = 0; d < 2; ++d) {
      EXPECT_GE(plan.action(i, 0)[d], static_cast<float>(range.minimum[d]));
      EXPECT_LE(plan.action(i, 0)[d], static_cast<float>(range.maximum[d]));
      // The guard continues from the last action of the plan before; rounding of the sum.
      const float last = first[static_cast<std::size_t>(i) * 8 + 6 + d];
      EXPECT_LE(std::abs(second.action(i, 0)[d] - last), 0.0100001F);
    }
  }
}

TEST(receding_horizon, counts_observations_outside_the_demonstrations) {
  backend be;
  const auto p = example_policy(be);
  controller robot(be, p);
  robot.observe(seen({0.1F, 0.1F, 0.1F}));
  robot.observe(seen({100, 0.1F, 0.1F}));

  EXPECT_EQ(robot.ranges().rows, 2);
  EXPECT_EQ(robot.ranges().outside, 1);
  EXPECT_EQ(robot.ranges().clipped, 1);
}

TEST(receding_horizon, looks_at_the_middle_of_its_frames) {
  backend be;
  const auto p = example_policy(be, true);
  std::vector<std::uint8_t> pixels(frame_bytes, 40);
  const auto act = [&] {
    controller robot(be, p);
    const frame_view frame(pixels.data(), extents<3>{20, 24, 3});
    const std::vector<float> state = state_of(1);
    robot.observe({state, {&frame, 1}});
    return numbers_of(robot.act().predicted);
  };
  const std::vector<float> plain = act();

  pixels[0] = 255;  // a corner, outside the crop of 16 x 18
  const std::vector<float> corner = act();
  pixels[(10UL * 24 + 12) * 3] = 255;
  const std::vector<float> center = act();

  EXPECT_EQ(plain, corner);
  EXPECT_NE(plain, center);
}

TEST(receding_horizon, says_what_is_wrong) {
  backend be;
  const auto p = example_policy(be, true);
  controller robot(be, p);
  const std::vector<float> state = state_of(1);
  const std::vector<std::uint8_t> pixels(frame_bytes);
  const frame_view turned(pixels.data(), extents<3>{24, 20, 3});
  const std::vector<float> broken{0, NAN, 0};
  const std::vector<float> shorter{0, 0};
  const auto why = [&](const observation& o) {
    return message_of<invalid_input>([&] { robot.observe(o); });
  };

  EXPECT_THAT(message_of<invalid_input>([&] { (void)robot.act(); }),
              HasSubstr("robot 0 has seen nothing since its reset"));
  EXPECT_THAT(why({state, {}}), HasSubstr("0 frames does not fit the 1 cameras"));
  EXPECT_THAT(why({shorter, {&turned, 1}}), HasSubstr("2 state numbers does not fit the 3"));
  EXPECT_THAT(why({broken, {&turned, 1}}), HasSubstr("state dimension 'hand_y' is nan"));
  EXPECT_THAT(why({state, {&turned, 1}}),
              HasSubstr("camera 'front' gave a frame of shape [24, 20"));
  EXPECT_THROW(robot.reset(1, 0), invalid_input);
  EXPECT_THROW(robot.rest(1), invalid_input);
  EXPECT_THROW(controller(be, p, {.robots = 0}), invalid_input);
  EXPECT_THROW(controller(be, p, {.inference = inference_options{.steps = 0}}), invalid_input);
  EXPECT_THROW(controller(be, p, {.guard = guard_options{.lowest = {1}}}), invalid_input);
}

TEST(crops, of_acting_lie_in_the_centre) {
  const crop_origin at = center_crop({"front", 8, 9, 6, 6});

  EXPECT_EQ(at.row, 1);
  EXPECT_EQ(at.column, 1);
}

}  // namespace
}  // namespace flowkit::policy
