// Errors that reach a user: wrong input, a bad file, a failing library, a part that was not built.
#pragma once

#include <flowkit/core/text.hpp>

#include <stdexcept>
#include <string>

namespace flowkit {

/// Base of every exception that flowkit throws on purpose.
class error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An argument, option or shape given by the caller cannot be used.
class invalid_input : public error {
  using error::error;
};

/// A file cannot be read, written or trusted. The message begins with the path.
class file_error : public error {
 public:
  file_error(const std::string& path, const std::string& reason);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// A library or device below a backend failed. The message names the operation and its shapes.
class backend_error : public error {
 public:
  backend_error(const std::string& operation, const std::string& reason);
};

/// A part of flowkit that this build does not contain. The message says how to build it.
class not_built_error : public error {
  using error::error;
};

namespace detail {
[[noreturn]] void throw_invalid_input(const std::string& message);
}  // namespace detail

}  // namespace flowkit

/// Checks input of a caller, always. The remaining arguments are pieces of the message, in this
/// order: what is wrong (with the values), why it is, and what to do.
#define FLOWKIT_VALIDATE(condition, ...)                                    \
  do {                                                                      \
    if (!(condition)) {                                                     \
      ::flowkit::detail::throw_invalid_input(::flowkit::text(__VA_ARGS__)); \
    }                                                                       \
  } while (false)
