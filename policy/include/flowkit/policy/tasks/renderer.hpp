// Pictures of a scene, drawn without a screen.
#pragma once

#include <flowkit/core/platform.hpp>
#include <flowkit/policy/tasks/scene.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// Libraries that provide OpenGL without a screen. Both are loaded when a renderer is made, so a
/// program starts on machines that have neither.
enum class gl_library {
  automatic,  ///< FLOWKIT_GL (egl or osmesa) if that variable is set, else EGL, else OSMesa
  egl,        ///< a graphics processor or Mesa's software; Debian: libegl1, libgl1-mesa-dri
  osmesa,     ///< software only; Debian: libosmesa6
};

/// "automatic", "egl" or "osmesa".
[[nodiscard]] std::string_view to_text(gl_library library) noexcept;

/// Size of the pictures in pixels, at most 4096 each, and who draws them.
struct render_options {
  index_t height = 96;
  index_t width = 96;
  gl_library library = gl_library::automatic;
};

/// Draws scenes of one document from their cameras. Shadows, reflections, sky box and multisampling
/// are off: a frame of 96 x 96 takes some milliseconds in software instead of some tens.
///
/// Each renderer has an OpenGL context of its own, which is current in a thread during `render`
/// only: a renderer may move between threads and many may draw at the same time, but one renderer
/// serves one thread at a time. A process uses one library; the first renderer decides.
class renderer {
 public:
  /// For scenes of the same document as `like`. Throws invalid_input for sizes out of range or a
  /// library other than the process uses, backend_error, which names the packages to install, where
  /// no context can be created. Allocates.
  explicit renderer(const scene& like, const render_options& options = {});
  renderer(renderer&&) noexcept;
  renderer& operator=(renderer&&) noexcept;
  ~renderer();

  /// Writes what a camera sees: [height, width, 3] bytes red, green, blue, the first row on top.
  /// Throws invalid_input for an unknown camera (the message lists them), a wrong size, or a scene
  /// of another document.
  void render(const scene& shown, std::string_view camera, std::span<std::uint8_t> image);

  /// EGL or OSMesa, never automatic.
  [[nodiscard]] gl_library library() const noexcept;
  /// Bytes of a picture.
  [[nodiscard]] std::size_t image_size() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Renderers for scenes of one document that are lent to threads: as many as draw at the same time,
/// however many scenes there are. Several threads may draw at once.
class renderer_stock {
 public:
  explicit renderer_stock(const render_options& options = {}) : options_(options) {}

  /// Writes what a camera sees: [height, width, 3] bytes red, green, blue, the first row on top.
  /// Makes a renderer where none is free, which allocates. Throws invalid_input for an unknown
  /// camera (the message lists them), an image or options of a wrong size, a library other than the
  /// process uses, or a scene of another document than the first; backend_error where no context
  /// can be created.
  void render(const scene& shown, std::string_view camera, std::span<std::uint8_t> image);

 private:
  [[nodiscard]] std::unique_ptr<renderer> take();
  void give_back(std::unique_ptr<renderer> lent);

  render_options options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<renderer>> free_;
};

}  // namespace flowkit::policy
