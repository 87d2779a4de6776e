#include <flowkit/core/text.hpp>

#include <array>
#include <charconv>

namespace flowkit::detail {
namespace {

template <class T>
std::string shortest(T value) {
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace

std::string number_text(long long value) { return shortest(value); }
std::string number_text(unsigned long long value) { return shortest(value); }
std::string number_text(double value) { return shortest(value); }
std::string number_text(float value) { return shortest(value); }

}  // namespace flowkit::detail
