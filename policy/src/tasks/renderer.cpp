#include <flowkit/core/error.hpp>
#include <flowkit/policy/tasks/renderer.hpp>
#include <tasks/gl/context.hpp>
#include <tasks/names.hpp>
#include <tasks/simulation.hpp>

#include <algorithm>
#include <mutex>

namespace flowkit::policy {
namespace {

/// Shapes that a picture may show.
constexpr int most_shapes = 1000;
constexpr index_t largest_side = 4096;

/// Loading OpenGL's functions and reading the settings of a model touch what threads share.
std::mutex& setup_mutex() {
  static std::mutex mutex;
  return mutex;
}

void switch_off_what_costs(mjvScene& scene) {
  for (const mjtRndFlag flag :
       {mjRND_SHADOW, mjRND_REFLECTION, mjRND_SKYBOX, mjRND_FOG, mjRND_HAZE}) {
    scene.flags[flag] = 0;
  }
}

/// OpenGL's first row is the lowest.
void turn_upside_down(std::span<std::uint8_t> image, std::size_t row) {
  auto top = image.begin();
  auto bottom = image.end();
  while (bottom - top >= 2 * static_cast<std::ptrdiff_t>(row)) {
    bottom -= static_cast<std::ptrdiff_t>(row);
    std::swap_ranges(top, top + static_cast<std::ptrdiff_t>(row), bottom);
    top += static_cast<std::ptrdiff_t>(row);
  }
}

/// What a scene shows, as a list of shapes.
struct shape_list {
  mjvScene shapes{};

  explicit shape_list(const mjModel& model) {
    mjv_defaultScene(&shapes);
    mjv_makeScene(&model, &shapes, most_shapes);
    switch_off_what_costs(shapes);
  }
  shape_list(const shape_list&) = delete;
  shape_list& operator=(const shape_list&) = delete;
  ~shape_list() { mjv_freeScene(&shapes); }
};

/// What MuJoCo keeps in a context of OpenGL.
class drawing_context {
 public:
  drawing_context(mjModel& model, const mjrRect& frame, detail::gl_context& gl) : gl_(&gl) {
    mjr_defaultContext(&drawing_);
    const detail::gl_session current(gl);
    const std::lock_guard lock(setup_mutex());
    const auto global = model.vis.global;
    const auto quality = model.vis.quality;
    model.vis.global.offwidth = frame.width;
    model.vis.global.offheight = frame.height;
    model.vis.quality.offsamples = 0;
    model.vis.quality.shadowsize = 0;
    mjr_makeContext(&model, &drawing_, mjFONTSCALE_50);
    model.vis.global = global;
    model.vis.quality = quality;
    mjr_setBuffer(mjFB_OFFSCREEN, &drawing_);
    if (drawing_.currentBuffer != mjFB_OFFSCREEN) {
      mjr_freeContext(&drawing_);
      throw backend_error("draw without a screen", "OpenGL gave no frame buffer");
    }
  }
  drawing_context(const drawing_context&) = delete;
  drawing_context& operator=(const drawing_context&) = delete;
  ~drawing_context() {
    try {
      const detail::gl_session current(*gl_);
      mjr_freeContext(&drawing_);
    } catch (const error&) {  // the context is lost, and what it held with it
    }
  }

  void draw(const mjrRect& frame, mjvScene& shapes, std::uint8_t* image) {
    const detail::gl_session current(*gl_);
    mjr_render(frame, &shapes, &drawing_);
    mjr_readPixels(image, nullptr, frame, &drawing_);
  }

 private:
  detail::gl_context* gl_;
  mjrContext drawing_{};
};

}  // namespace

struct renderer::state {
  std::unique_ptr<detail::gl_context> gl;
  std::uint64_t document;
  mjrRect frame;
  mjvOption shown{};
  shape_list list;
  drawing_context drawing;

  state(const detail::simulation& like, const render_options& o)
      : gl(detail::make_gl_context(o.library)),
        document(like.document),
        frame{0, 0, static_cast<int>(o.width), static_cast<int>(o.height)},
        list(*like.model),
        drawing(*like.model, frame, *gl) {
    mjv_defaultOption(&shown);
  }

  void draw(const detail::simulation& s, int camera, std::uint8_t* image) {
    mjvCamera eye{};
    mjv_defaultCamera(&eye);
    eye.type = mjCAMERA_FIXED;
    eye.fixedcamid = camera;
    mjv_updateScene(s.model.get(), s.data.get(), &shown, nullptr, &eye, mjCAT_ALL, &list.shapes);
    drawing.draw(frame, list.shapes, image);
  }
};

renderer::renderer(const scene& like, const render_options& options) {
  FLOWKIT_VALIDATE(options.height >= 1 && options.height <= largest_side && options.width >= 1 &&
                       options.width <= largest_side,
                   "pictures of ", options.height, " x ", options.width,
                   " pixels: each side is 1 to ", largest_side);
  state_ = std::make_unique<state>(like.simulation(), options);
}
renderer::renderer(renderer&&) noexcept = default;
renderer& renderer::operator=(renderer&&) noexcept = default;
renderer::~renderer() = default;

void renderer::render(const scene& shown, std::string_view camera, std::span<std::uint8_t> image) {
  const detail::simulation& s = shown.simulation();
  FLOWKIT_VALIDATE(s.document == state_->document,
                   "the scene is not of the document that this renderer was made for");
  const auto found = std::ranges::find(s.cameras, camera);
  FLOWKIT_VALIDATE(found != s.cameras.end(), "unknown camera '", camera, "'; the scene has ",
                   detail::listed(s.cameras));
  FLOWKIT_VALIDATE(image.size() == image_size(), "room of ", image.size(), " bytes for a picture [",
                   state_->frame.height, ", ", state_->frame.width, ", 3], which needs ",
                   image_size());
  state_->draw(s, static_cast<int>(found - s.cameras.begin()), image.data());
  turn_upside_down(image, 3 * static_cast<std::size_t>(state_->frame.width));
}

gl_library renderer::library() const noexcept { return state_->gl->library(); }

std::size_t renderer::image_size() const noexcept {
  return 3 * static_cast<std::size_t>(state_->frame.width) *
         static_cast<std::size_t>(state_->frame.height);
}

void renderer_stock::render(const scene& shown, std::string_view camera,
                            std::span<std::uint8_t> image) {
  std::unique_ptr<renderer> lent = take();
  if (!lent) lent = std::make_unique<renderer>(shown, options_);
  try {
    lent->render(shown, camera, image);
  } catch (const invalid_input&) {  // nothing was drawn; other errors may have cost the context
    give_back(std::move(lent));
    throw;
  }
  give_back(std::move(lent));
}

void renderer_stock::give_back(std::unique_ptr<renderer> lent) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(lent));
}

std::unique_ptr<renderer> renderer_stock::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return nullptr;
  std::unique_ptr<renderer> lent = std::move(free_.back());
  free_.pop_back();
  return lent;
}

}  // namespace flowkit::policy
