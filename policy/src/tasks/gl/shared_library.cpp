#include <flowkit/core/error.hpp>
#include <tasks/gl/shared_library.hpp>

#include <dlfcn.h>

namespace flowkit::policy::detail {
namespace {

std::string last_problem() {
  const char* reason = dlerror();
  return reason == nullptr ? "unknown reason" : reason;
}

}  // namespace

shared_library::shared_library(const char* file)
    : file_(file), handle_(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) throw backend_error(text("load ", file), last_problem());
}

void* shared_library::symbol(const char* name) const {
  void* found = dlsym(handle_, name);
  if (found == nullptr) throw backend_error(text("find ", name, " in ", file_), last_problem());
  return found;
}

void shared_library::publish() const {
  if (dlopen(file_.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) == nullptr) {
    throw backend_error(text("publish ", file_), last_problem());
  }
}

}  // namespace flowkit::policy::detail
