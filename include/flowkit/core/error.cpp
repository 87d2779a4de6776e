#include <flowkit/core/error.hpp>

namespace flowkit {

file_error::file_error(const std::string& path, const std::string& reason)
    : error(path + ": " + reason), path_(path) {}

backend_error::backend_error(const std::string& operation, const std::string& reason)
    : error(operation + ": " + reason) {}

namespace detail {
void throw_invalid_input(const std::string& message) { throw invalid_input(message); }
}  // namespace detail

}  // namespace flowkit
