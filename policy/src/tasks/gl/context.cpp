#include <flowkit/core/error.hpp>
#include <tasks/gl/context.hpp>

#include <cstdlib>
#include <mutex>

namespace flowkit::policy {

std::string_view to_text(gl_library library) noexcept {
  switch (library) {
    case gl_library::egl:
      return "egl";
    case gl_library::osmesa:
      return "osmesa";
    case gl_library::automatic:
      break;
  }
  return "automatic";
}

namespace detail {
namespace {

/// What FLOWKIT_GL asks for.
gl_library wanted_by_user() {
  const char* setting = std::getenv("FLOWKIT_GL");
  if (setting == nullptr || *setting == '\0') return gl_library::automatic;
  for (const gl_library known : {gl_library::automatic, gl_library::egl, gl_library::osmesa}) {
    if (setting == to_text(known)) return known;
  }
  ::flowkit::detail::throw_invalid_input(
      text("FLOWKIT_GL is '", setting, "'; use automatic, egl or osmesa"));
}

/// A context, or nothing and the reason at the end of `problems`.
std::unique_ptr<gl_context> try_library(gl_library library, std::string& problems) {
  try {
    return library == gl_library::egl ? make_egl_context() : make_osmesa_context();
  } catch (const backend_error& problem) {
    problems += text(problems.empty() ? "" : "; ", problem.what());
    return nullptr;
  }
}

std::unique_ptr<gl_context> find_context(gl_library wanted) {
  std::string problems;
  for (const gl_library library : {gl_library::egl, gl_library::osmesa}) {
    if (wanted != gl_library::automatic && wanted != library) continue;
    if (auto context = try_library(library, problems)) return context;
  }
  throw backend_error(
      "draw without a screen",
      text(problems, ". Debian's packages libegl1 and libgl1-mesa-dri provide EGL, libosmesa6 ",
           "provides OSMesa; either is enough"));
}

}  // namespace

std::unique_ptr<gl_context> make_gl_context(gl_library wanted) {
  // The functions of OpenGL that MuJoCo calls are global, so they belong to one library, and the
  // first context decides which. MuJoCo looks among the symbols that were published, for those of
  // EGL first: hence EGL is published with its first context only, and OSMesa can draw in a process
  // where EGL has none.
  static std::mutex mutex;
  static gl_library used = gl_library::automatic;
  const std::lock_guard lock(mutex);
  if (wanted == gl_library::automatic) wanted = wanted_by_user();
  if (used != gl_library::automatic) {
    FLOWKIT_VALIDATE(wanted == gl_library::automatic || wanted == used, "this process draws with ",
                     used, " already and cannot draw with ", wanted,
                     ": use one of them, or another process");
    wanted = used;
  }
  auto context = find_context(wanted);
  used = context->library();
  return context;
}

}  // namespace detail
}  // namespace flowkit::policy
