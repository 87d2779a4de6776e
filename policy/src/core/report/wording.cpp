#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace flowkit::policy::detail {
namespace {

constexpr const char* absent = "–";
constexpr const char* narrow_space = "\u202F";

/// Two digits.
std::string padded(long value) { return text(value < 10 ? "0" : "", value); }

}  // namespace

std::string fixed(double value, int decimals) {
  constexpr double longest = 1e15;  // beyond, digits after the point mean nothing
  if (!std::isfinite(value)) return absent;
  if (std::abs(value) >= longest) return text(value);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, std::abs(value));
  const std::string number = buffer.data();
  const bool zero = number.find_first_not_of("0.") == std::string::npos;
  return text(value < 0 && !zero ? "−" : "", number);
}

std::string fixed(const std::optional<double>& value, int decimals) {
  return value ? fixed(*value, decimals) : absent;
}

std::string significant(double value) {
  if (!std::isfinite(value) || value == 0) return fixed(value, 0);
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fixed(value, std::clamp(2 - exponent, 0, 6));
}

std::string percent(double share, int decimals) {
  if (!std::isfinite(share)) return absent;
  return fixed(100 * share, decimals) + narrow_space + "%";
}

std::string percent(const std::optional<double>& share, int decimals) {
  return share ? percent(*share, decimals) : absent;
}

std::string percent(const interval& range) {
  return text(fixed(100 * range.low, 1), " to ", percent(range.high));
}

std::string points(double difference) {
  const std::string number = fixed(100 * difference, 1);
  const bool plus = difference > 0 && number.find_first_not_of("0.") != std::string::npos;
  return text(plus ? "+" : "", number);
}

std::string p_value(double p) {
  if (p < 0.001) return "p < 0.001";
  return text("p = ", fixed(p, p < 0.1 ? 3 : 2));
}

std::string grouped(index_t value) {
  std::string digits = text(value);
  if (digits.size() < 5) return digits;  // four digits are read at a glance
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') out += narrow_space;
    out += digits[i];
  }
  return out;
}

std::string duration(double seconds) {
  constexpr double longest = 1e9;  // thirty years
  if (!(seconds >= 0) || seconds > longest) return absent;
  if (seconds < 60) return fixed(seconds, seconds < 10 ? 1 : 0) + " s";
  const long whole = std::lround(seconds);
  if (whole < 3600) return text(whole / 60, " min ", padded(whole % 60), " s");
  return text(whole / 3600, " h ", padded(whole % 3600 / 60), " min");
}

std::string evaluations(double count) {
  const bool whole = std::abs(count - std::round(count)) < 0.05;
  return fixed(count, whole ? 0 : 1) + " network evaluation" +
         (whole && std::lround(count) == 1 ? "" : "s");
}

}  // namespace flowkit::policy::detail
