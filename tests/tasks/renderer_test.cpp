#include <flowkit/core/error.hpp>
#include <flowkit/core/thread_pool.hpp>
#include <support/files.hpp>
#include <tasks/support.hpp>

#include <cstdlib>
#include <thread>

namespace flowkit::policy::testing {
namespace {

using ::flowkit::testing::message_of;

/// Four patches of pure colours seen from above; x is right, y is up.
constexpr std::string_view markers = R"(<mujoco>
  <visual><headlight ambient="1 1 1" diffuse="0 0 0" specular="0 0 0"/></visual>
  <worldbody>
    <camera name="above" pos="0 0 1" fovy="90"/>
    <camera name="turned" pos="0 0 1" fovy="90" xyaxes="0 1 0 -1 0 0"/>
    <geom type="box" size=".4 .4 .01" pos="-.5 .5 0" rgba="1 0 0 1"/>
    <geom type="box" size=".4 .4 .01" pos=".5 .5 0" rgba="0 1 0 1"/>
    <geom type="box" size=".4 .4 .01" pos="-.5 -.5 0" rgba="0 0 1 1"/>
    <geom type="box" size=".4 .4 .01" pos=".5 -.5 0" rgba="1 1 1 1"/>
  </worldbody>
</mujoco>)";

struct picture {
  index_t height;
  index_t width;
  std::vector<std::uint8_t> bytes =
      std::vector<std::uint8_t>(static_cast<std::size_t>(3 * height * width));

  /// "red", "green", "blue", "white", "black" or "mixed" at a share of height and width.
  [[nodiscard]] std::string colour(double down, double right) const {
    const auto row = static_cast<index_t>(down * static_cast<double>(height));
    const auto column = static_cast<index_t>(right * static_cast<double>(width));
    const auto at = bytes.begin() + 3 * (row * width + column);
    const auto on = [](int value) { return value > 200; };
    const auto off = [](int value) { return value < 50; };
    if (on(at[0]) && off(at[1]) && off(at[2])) return "red";
    if (off(at[0]) && on(at[1]) && off(at[2])) return "green";
    if (off(at[0]) && off(at[1]) && on(at[2])) return "blue";
    if (on(at[0]) && on(at[1]) && on(at[2])) return "white";
    return off(at[0]) && off(at[1]) && off(at[2]) ? "black" : "mixed";
  }
};

/// Colours of the quarters: top left, top right, bottom left, bottom right.
std::vector<std::string> quarters(const picture& p) {
  return {p.colour(.25, .25), p.colour(.25, .75), p.colour(.75, .25), p.colour(.75, .75)};
}

picture draw(renderer& r, const scene& s, std::string_view camera, index_t height, index_t width) {
  picture p{height, width};
  r.render(s, camera, p.bytes);
  return p;
}

TEST(renderer, shows_pictures_the_right_way_up) {
  const scene s(markers);
  renderer r(s, {.height = 64, .width = 64});

  EXPECT_EQ(quarters(draw(r, s, "above", 64, 64)),
            (std::vector<std::string>{"red", "green", "blue", "white"}));
  // Right is +y and up is -x: the picture turned by a quarter.
  EXPECT_EQ(quarters(draw(r, s, "turned", 64, 64)),
            (std::vector<std::string>{"blue", "red", "white", "green"}));
}

TEST(renderer, draws_rows_of_any_width_and_height) {
  const scene s(markers);
  renderer r(s, {.height = 35, .width = 51});

  EXPECT_EQ(r.image_size(), 35u * 51u * 3u);
  const picture p = draw(r, s, "above", 35, 51);
  EXPECT_EQ(p.colour(.25, .35), "red");
  EXPECT_EQ(p.colour(.75, .65), "white");
  EXPECT_EQ(p.colour(.02, .02), "black");
}

TEST(renderer, shows_movement_and_changes_no_state) {
  task_environment env("pick_place", {.height = 48, .width = 48});
  picture before{48, 48};
  picture after{48, 48};
  env.reset(1);

  env.render("front", before.bytes);
  const std::vector<float> state = copy_of_state(env);
  env.render("front", after.bytes);
  EXPECT_EQ(after.bytes, before.bytes);
  EXPECT_EQ(copy_of_state(env), state);

  for (int step = 0; step < 5; ++step) env.step(task_action{1, 0, 0, 1});
  env.render("front", after.bytes);
  EXPECT_NE(after.bytes, before.bytes);
}

TEST(renderer, shows_another_scene_of_the_same_document) {
  task_environment first("push_around");
  task_environment second("push_around");
  second.reset(9);
  renderer shared(first.scene(), {.height = 32, .width = 32});
  renderer own(second.scene(), {.height = 32, .width = 32});

  const picture p = draw(shared, second.scene(), "top", 32, 32);

  EXPECT_EQ(p.bytes, draw(own, second.scene(), "top", 32, 32).bytes);
  EXPECT_NE(p.bytes, draw(shared, first.scene(), "top", 32, 32).bytes);
  const task_environment other("pick_place");
  EXPECT_THROW(draw(shared, other.scene(), "top", 32, 32), invalid_input);
}

TEST(renderer_stock, draws_several_environments) {
  const render_options small{.height = 32, .width = 32};
  const auto stock = std::make_shared<renderer_stock>(small);
  task_environment first("push_around", stock);
  task_environment second("push_around", stock);
  task_environment own("push_around", small);
  for (task_environment* env : {&second, &own}) env->reset(9);
  picture of_first{32, 32};
  picture of_second{32, 32};
  picture expected{32, 32};

  first.render("top", of_first.bytes);
  second.render("top", of_second.bytes);
  own.render("top", expected.bytes);

  EXPECT_EQ(of_second.bytes, expected.bytes);
  EXPECT_NE(of_first.bytes, expected.bytes);
}

/// Whether a stock has a renderer at hand that it made for another document: that one refuses the
/// scene, where a new one would draw it.
bool has_one(renderer_stock& stock, const scene& of_other_document, std::string_view camera) {
  picture p{32, 32};
  try {
    stock.render(of_other_document, camera, p.bytes);
    return false;
  } catch (const invalid_input&) {
    return true;
  }
}

TEST(renderer_stock, keeps_a_renderer_also_where_a_call_is_refused) {
  const scene s(markers);
  const task_environment other("push_around");
  picture p{32, 32};
  for (const bool refused : {false, true}) {
    renderer_stock stock({.height = 32, .width = 32});

    if (refused) {
      EXPECT_THROW(stock.render(s, "below", p.bytes), invalid_input);
      EXPECT_THROW(stock.render(s, "above", std::span(p.bytes).first(100)), invalid_input);
    } else {
      stock.render(s, "above", p.bytes);
    }

    EXPECT_TRUE(has_one(stock, other.scene(), "top"));
    EXPECT_TRUE(has_one(stock, other.scene(), "top"));
    EXPECT_NO_THROW(stock.render(s, "above", p.bytes));
  }
}

TEST(renderer, draws_in_several_threads_at_once) {
  const scene s(markers);
  renderer reference(s, {.height = 32, .width = 32});
  const picture expected = draw(reference, s, "above", 32, 32);
  std::vector<picture> drawn(4, picture{32, 32});

  std::vector<std::thread> threads;
  threads.reserve(drawn.size());
  for (picture& mine : drawn) {
    threads.emplace_back([&mine] {
      const scene own(markers);
      renderer r(own, {.height = 32, .width = 32});
      for (int i = 0; i < 20; ++i) r.render(own, "above", mine.bytes);
    });
  }
  for (std::thread& t : threads) t.join();

  for (const picture& p : drawn) EXPECT_EQ(p.bytes, expected.bytes);
}

TEST(renderer, moves_between_threads) {
  const scene s(markers);
  renderer r(s, {.height = 32, .width = 32});
  const picture here = draw(r, s, "above", 32, 32);
  picture there{32, 32};

  std::thread([&] { r.render(s, "above", there.bytes); }).join();

  EXPECT_EQ(there.bytes, here.bytes);
}

TEST(renderer, rejects_unknown_cameras_and_wrong_sizes) {
  task_environment env("pick_place");
  picture p{96, 96};

  const auto camera = message_of<invalid_input>([&] { env.render("corner2", p.bytes); });
  EXPECT_NE(camera.find("'corner2'; the scene has front, top and wrist"), std::string::npos)
      << camera;
  EXPECT_THROW(env.render("front", std::span(p.bytes).first(100)), invalid_input);
  EXPECT_THROW(renderer(env.scene(), {.height = 0}), invalid_input);
  EXPECT_THROW(renderer(env.scene(), {.width = 5000}), invalid_input);
}

/// Exit status 0 if a renderer of this library shows the markers the right way up.
int check_library(gl_library wanted, gl_library expected) {
  const scene s(markers);
  renderer r(s, {.height = 64, .width = 64, .library = wanted});
  const bool right =
      r.library() == expected && quarters(draw(r, s, "above", 64, 64)) ==
                                     std::vector<std::string>{"red", "green", "blue", "white"};
  return right ? 0 : 1;
}

/// Exit status 3 after printing why there is no renderer, 0 if there is one.
int report_failure(gl_library wanted) {
  try {
    const scene s(markers);
    renderer r(s, {.library = wanted});
  } catch (const error& problem) {
    std::fputs(problem.what(), stderr);
    return 3;
  }
  return 0;
}

// A process draws with one library, so each choice runs in one of its own. It ends without the
// search for leaks of a sanitizer: OSMesa itself keeps some hundred bytes.
class renderer_library : public ::testing::Test {
 protected:
  renderer_library() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  /// Makes the loader of EGL find no driver.
  static void hide_egl() { ::setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "/nowhere.json", 1); }
};

TEST_F(renderer_library, can_be_egl) {
  EXPECT_EXIT(std::_Exit(check_library(gl_library::egl, gl_library::egl)),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(renderer_library, can_be_osmesa) {
  EXPECT_EXIT(std::_Exit(check_library(gl_library::osmesa, gl_library::osmesa)),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(renderer_library, follows_the_variable) {
  EXPECT_EXIT((::setenv("FLOWKIT_GL", "osmesa", 1),
               std::_Exit(check_library(gl_library::automatic, gl_library::osmesa))),
              ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(
      (::setenv("FLOWKIT_GL", "vulkan", 1), std::_Exit(report_failure(gl_library::automatic))),
      ::testing::ExitedWithCode(3), "use automatic, egl or osmesa");
}

TEST_F(renderer_library, falls_back_to_osmesa) {
  EXPECT_EXIT((hide_egl(), std::_Exit(check_library(gl_library::automatic, gl_library::osmesa))),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(renderer_library, that_is_missing_is_named_with_its_packages) {
  EXPECT_EXIT((hide_egl(), std::_Exit(report_failure(gl_library::egl))),
              ::testing::ExitedWithCode(3), "libegl1 and libgl1-mesa-dri provide EGL, libosmesa6");
}

TEST_F(renderer_library, is_one_per_process) {
  const auto both = [] {
    const scene s(markers);
    renderer r(s, {.library = gl_library::egl});
    return report_failure(gl_library::osmesa);
  };
  EXPECT_EXIT(std::_Exit(both()), ::testing::ExitedWithCode(3), "draws with egl already");
}

}  // namespace
}  // namespace flowkit::policy::testing
