// EGL: a graphics processor if there is one, else Mesa's software.
#include <flowkit/core/error.hpp>
#include <tasks/gl/context.hpp>
#include <tasks/gl/shared_library.hpp>

#include <array>

#include <EGL/egl.h>
#include <EGL/eglext.h>

namespace flowkit::policy::detail {
namespace {

/// The functions of libEGL that are used, and the display that contexts are made on. Both stay for
/// the life of the process.
struct egl_functions {
  shared_library library{"libEGL.so.1"};
  decltype(&eglGetProcAddress) proc =
      library.function<decltype(&eglGetProcAddress)>("eglGetProcAddress");
  decltype(&eglGetDisplay) get_display =
      library.function<decltype(&eglGetDisplay)>("eglGetDisplay");
  decltype(&eglInitialize) initialize = library.function<decltype(&eglInitialize)>("eglInitialize");
  decltype(&eglBindAPI) bind_api = library.function<decltype(&eglBindAPI)>("eglBindAPI");
  decltype(&eglCreateContext) create =
      library.function<decltype(&eglCreateContext)>("eglCreateContext");
  decltype(&eglDestroyContext) destroy =
      library.function<decltype(&eglDestroyContext)>("eglDestroyContext");
  decltype(&eglMakeCurrent) make_current =
      library.function<decltype(&eglMakeCurrent)>("eglMakeCurrent");
};

class egl_display {
 public:
  egl_display() {
    if (!(open_device() || open_platform(EGL_PLATFORM_SURFACELESS_MESA, nullptr) ||
          try_display(egl_.get_display(EGL_DEFAULT_DISPLAY)))) {
      throw backend_error("open an EGL display", "no driver works without a screen");
    }
  }

  [[nodiscard]] const egl_functions& functions() const { return egl_; }
  [[nodiscard]] EGLDisplay display() const { return display_; }

  /// A context without a surface: MuJoCo draws into a frame buffer of its own.
  [[nodiscard]] EGLContext create_context(EGLDisplay on) const {
    return egl_.bind_api(EGL_OPENGL_API) == EGL_TRUE
               ? egl_.create(on, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, nullptr)
               : EGL_NO_CONTEXT;
  }

 private:
  bool open_device() {
    const auto query = reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(egl_.proc("eglQueryDevicesEXT"));
    std::array<EGLDeviceEXT, 16> devices{};
    EGLint count = 0;
    if (query == nullptr ||
        query(static_cast<EGLint>(devices.size()), devices.data(), &count) != EGL_TRUE) {
      return false;
    }
    for (EGLint i = 0; i < count; ++i) {
      if (open_platform(EGL_PLATFORM_DEVICE_EXT, devices[static_cast<std::size_t>(i)])) return true;
    }
    return false;
  }

  bool open_platform(EGLenum platform, void* native) {
    const auto get =
        reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(egl_.proc("eglGetPlatformDisplayEXT"));
    return get != nullptr && try_display(get(platform, native, nullptr));
  }

  /// Keeps a display on which a context can be made and used.
  bool try_display(EGLDisplay candidate) {
    if (candidate == EGL_NO_DISPLAY || egl_.initialize(candidate, nullptr, nullptr) != EGL_TRUE) {
      return false;
    }
    const EGLContext probe = create_context(candidate);
    if (probe == EGL_NO_CONTEXT) return false;
    const bool works =
        egl_.make_current(candidate, EGL_NO_SURFACE, EGL_NO_SURFACE, probe) == EGL_TRUE;
    egl_.make_current(candidate, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    egl_.destroy(candidate, probe);
    if (works) display_ = candidate;
    return works;
  }

  egl_functions egl_;
  EGLDisplay display_ = EGL_NO_DISPLAY;
};

const egl_display& shared_display() {
  // Never destroyed: contexts of other static objects may outlive any order of destruction.
  static const egl_display& display = *new egl_display;
  return display;
}

class egl_context final : public gl_context {
 public:
  egl_context() : context_(shared_display().create_context(shared_display().display())) {
    if (context_ == EGL_NO_CONTEXT) throw backend_error("eglCreateContext", "no context");
    publish();
  }
  ~egl_context() override {
    shared_display().functions().destroy(shared_display().display(), context_);
  }

  void make_current() override {
    if (!switch_to(context_)) {
      throw backend_error("eglMakeCurrent", "the context is in use by another thread");
    }
  }
  void release() noexcept override { switch_to(EGL_NO_CONTEXT); }
  [[nodiscard]] gl_library library() const noexcept override { return gl_library::egl; }

 private:
  /// Only now: once MuJoCo can find EGL no other library draws any more.
  static void publish() {
    [[maybe_unused]] static const bool done = [] {
      shared_display().functions().library.publish();
      return true;
    }();
  }

  static bool switch_to(EGLContext context) {
    const egl_functions& egl = shared_display().functions();
    egl.bind_api(EGL_OPENGL_API);  // a setting of each thread
    return egl.make_current(shared_display().display(), EGL_NO_SURFACE, EGL_NO_SURFACE, context) ==
           EGL_TRUE;
  }

  EGLContext context_;
};

}  // namespace

std::unique_ptr<gl_context> make_egl_context() { return std::make_unique<egl_context>(); }

}  // namespace flowkit::policy::detail
