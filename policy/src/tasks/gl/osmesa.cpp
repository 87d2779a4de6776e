// OSMesa: software that draws into memory of the program.
#include <flowkit/core/error.hpp>
#include <tasks/gl/context.hpp>
#include <tasks/gl/shared_library.hpp>

#include <array>

#include <GL/osmesa.h>

namespace flowkit::policy::detail {
namespace {

struct osmesa_functions {
  shared_library library{"libOSMesa.so.8"};
  decltype(&OSMesaCreateContextExt) create =
      library.function<decltype(&OSMesaCreateContextExt)>("OSMesaCreateContextExt");
  decltype(&OSMesaDestroyContext) destroy =
      library.function<decltype(&OSMesaDestroyContext)>("OSMesaDestroyContext");
  decltype(&OSMesaMakeCurrent) make_current =
      library.function<decltype(&OSMesaMakeCurrent)>("OSMesaMakeCurrent");

  osmesa_functions() { library.publish(); }
};

const osmesa_functions& osmesa() {
  static const osmesa_functions& functions = *new osmesa_functions;
  return functions;
}

class osmesa_context final : public gl_context {
 public:
  osmesa_context() : context_(osmesa().create(OSMESA_RGBA, 24, 8, 0, nullptr)) {
    if (context_ == nullptr) throw backend_error("OSMesaCreateContextExt", "no context");
  }
  ~osmesa_context() override { osmesa().destroy(context_); }

  void make_current() override {
    if (osmesa().make_current(context_, screen_.data(), GL_UNSIGNED_BYTE, side, side) != GL_TRUE) {
      throw backend_error("OSMesaMakeCurrent", "the context cannot be used");
    }
  }
  void release() noexcept override {
    osmesa().make_current(nullptr, nullptr, GL_UNSIGNED_BYTE, 0, 0);
  }
  [[nodiscard]] gl_library library() const noexcept override { return gl_library::osmesa; }

 private:
  // A context needs a screen of its own; MuJoCo draws into a frame buffer beside it.
  static constexpr GLsizei side = 16;

  OSMesaContext context_;
  std::array<unsigned char, std::size_t{4} * side * side> screen_{};
};

}  // namespace

std::unique_ptr<gl_context> make_osmesa_context() { return std::make_unique<osmesa_context>(); }

}  // namespace flowkit::policy::detail
