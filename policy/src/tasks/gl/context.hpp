// An OpenGL context without a screen, from whichever library provides one.
#pragma once

#include <flowkit/policy/tasks/renderer.hpp>

namespace flowkit::policy::detail {

/// A context that one thread at a time makes current.
class gl_context {
 public:
  gl_context() = default;
  gl_context(const gl_context&) = delete;
  gl_context& operator=(const gl_context&) = delete;
  virtual ~gl_context() = default;

  /// Until `release`, OpenGL calls of this thread go to this context. Throws backend_error.
  virtual void make_current() = 0;
  virtual void release() noexcept = 0;
  [[nodiscard]] virtual gl_library library() const noexcept = 0;
};

/// A new context, not current. Throws as the constructor of `renderer`.
[[nodiscard]] std::unique_ptr<gl_context> make_gl_context(gl_library wanted);

/// Throw backend_error where the library or a display is missing.
[[nodiscard]] std::unique_ptr<gl_context> make_egl_context();
[[nodiscard]] std::unique_ptr<gl_context> make_osmesa_context();

/// Makes a context current for the life of this object.
class gl_session {
 public:
  explicit gl_session(gl_context& context) : context_(context) { context_.make_current(); }
  gl_session(const gl_session&) = delete;
  gl_session& operator=(const gl_session&) = delete;
  ~gl_session() { context_.release(); }

 private:
  gl_context& context_;
};

}  // namespace flowkit::policy::detail
