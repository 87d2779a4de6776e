// A library that is loaded while the program runs, and stays.
#pragma once

#include <string>

namespace flowkit::policy::detail {

/// Functions of a shared library by name.
class shared_library {
 public:
  /// Throws backend_error with the reason of the loader.
  explicit shared_library(const char* file);

  /// A function as the pointer type given. Throws backend_error if there is none of the name.
  template <class Function>
  [[nodiscard]] Function function(const char* name) const {
    return reinterpret_cast<Function>(symbol(name));
  }
  /// Shows the symbols to MuJoCo, which looks for a loader of OpenGL among all global symbols.
  void publish() const;

 private:
  [[nodiscard]] void* symbol(const char* name) const;

  std::string file_;
  void* handle_;
};

}  // namespace flowkit::policy::detail
