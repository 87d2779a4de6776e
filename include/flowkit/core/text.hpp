// Builds the text of messages without streams, which would cost every includer half a second.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace flowkit {
namespace detail {

std::string number_text(long long value);
std::string number_text(unsigned long long value);
/// Shortest text that reads back to the same value.
std::string number_text(double value);
std::string number_text(float value);

inline void append_text(std::string& out, std::string_view piece) { out.append(piece); }

// Templates, so that neither a pointer nor a literal converts to bool on its way here.
template <std::same_as<bool> B>
void append_text(std::string& out, B value) {
  out.append(value ? "true" : "false");
}
template <std::same_as<char> C>
void append_text(std::string& out, C value) {
  out.push_back(value);
}
template <std::integral I>
  requires(!std::same_as<I, bool> && !std::same_as<I, char>)
void append_text(std::string& out, I value) {
  using wide = std::conditional_t<std::is_signed_v<I>, long long, unsigned long long>;
  out.append(number_text(static_cast<wide>(value)));
}

template <std::floating_point F>
void append_text(std::string& out, F value) {
  using kept = std::conditional_t<std::same_as<F, float>, float, double>;
  out.append(number_text(static_cast<kept>(value)));
}

template <class T>
  requires requires(const T& value) { to_text(value); }
void append_text(std::string& out, const T& value) { out.append(to_text(value)); }

}  // namespace detail

/// Concatenates strings, numbers and anything with a `to_text(value)` found by argument-dependent
/// lookup. Allocates; meant for messages, never for a hot loop.
template <class... Pieces>
[[nodiscard]] std::string text(const Pieces&... pieces) {
  std::string out;
  (detail::append_text(out, pieces), ...);
  return out;
}

}  // namespace flowkit
