#include <flowkit/core/text.hpp>
#include <flowkit/host/plot_scale.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string_view>

namespace flowkit::detail {
namespace {

/// Ranges below it are widened: their ticks would be no numbers.
constexpr double least_range = 1 / largest_shown;

bool usable(axis_scale kind, double value) noexcept {
  return std::abs(value) <= largest_shown && (kind == axis_scale::linear || value >= least_range);
}

double position(axis_scale kind, double value) noexcept {
  return kind == axis_scale::log ? std::log10(value) : value;
}

double value_at(axis_scale kind, double position) noexcept {
  return kind == axis_scale::log ? std::pow(10.0, position) : position;
}

/// Superscript digits exist in every common font; they keep a label one plain text.
std::string power_of_ten(int exponent) {
  static constexpr std::array<std::string_view, 10> digits = {"⁰", "¹", "²", "³", "⁴",
                                                              "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "10⁻" : "10";
  for (const char digit : text(std::abs(exponent)))
    out += digits[static_cast<std::size_t>(digit - '0')];
  return out;
}

/// `digits` decimals, with a real minus sign.
std::string decimal(double value, int digits) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, std::abs(value));
  const std::string_view number = buffer.data();
  const bool zero = number.find_first_not_of("0.") == number.npos;
  return text(value < 0 && !zero ? "−" : "", number);
}

/// The label of a multiple of `step`, with the decimals that the step needs. Very large and very
/// small values are written with a power of ten.
std::string linear_label(double value, double step) {
  const double largest = std::max(std::abs(value), step);
  const int exponent = static_cast<int>(std::floor(std::log10(largest) + 1e-9));
  const int finest = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  if (finest >= -4 && exponent < 6) return decimal(value, std::max(0, -finest));
  if (value == 0) return "0";
  return decimal(value / std::pow(10.0, exponent), std::max(0, exponent - finest)) + "·" +
         power_of_ten(exponent);
}

double nice_step(double span, int wanted) {
  const double raw = span / std::max(1, wanted);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::vector<plot_tick> linear_ticks(double low, double high, int wanted) {
  const double step = nice_step(high - low, wanted);
  std::vector<plot_tick> out;
  const double first = std::ceil(low / step - 1e-9);
  // Counted in integers, and bounded: on a range that doubles barely resolve, adding 1 to `first`
  // may not change it.
  const auto count =
      static_cast<int>(std::clamp(std::floor(high / step + 1e-9) - first, -1.0, 50.0));
  for (int i = 0; i <= count; ++i) {
    const double value = (first + i) * step;
    out.push_back({value, linear_label(value, step)});
  }
  return out;
}

std::vector<plot_tick> log_ticks(double low, double high, int wanted) {
  const int first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
  const int last = static_cast<int>(std::ceil(std::log10(high) - 1e-9));
  const int stride = std::max(1, (last - first + wanted - 1) / std::max(1, wanted));
  std::vector<plot_tick> out;
  for (int exponent = first; exponent <= last; ++exponent) {
    const double decade = std::pow(10.0, exponent);
    out.push_back({decade, exponent % stride == 0 ? power_of_ten(exponent) : ""});
    for (int factor = 2; factor < 10 && stride == 1; ++factor) {
      out.push_back({factor * decade, ""});
    }
  }
  const auto outside = [&](const plot_tick& tick) {
    return tick.value < low * (1 - 1e-9) || tick.value > high * (1 + 1e-9);
  };
  out.erase(std::remove_if(out.begin(), out.end(), outside), out.end());
  return out;
}

}  // namespace

plot_scale plot_scale::fit(const plot_axis& axis, const std::vector<double>& values,
                           double margin) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!usable(axis.scale, value)) continue;
    low = std::min(low, position(axis.scale, value));
    high = std::max(high, position(axis.scale, value));
  }
  if (low > high) low = 0, high = 1;
  // Half a unit (a factor of 3 on a logarithmic axis) around a single value; wide enough to differ
  // from it in floating point however large it is.
  const auto around = [](double value) { return std::max(0.5, 1e-3 * std::abs(value)); };
  if (high - low <= std::max(1e-12 * std::abs(low), least_range)) {
    const double half = around(low);
    low -= half, high += half;
  }
  const double border = margin * (high - low);
  low -= axis.low ? 0 : border;
  high += axis.high ? 0 : border;
  if (axis.scale == axis_scale::log) {  // a margin of many decades would leave the range of doubles
    low = std::max(low, position(axis.scale, least_range));
    high = std::min(high, position(axis.scale, largest_shown));
  }
  if (axis.low && usable(axis.scale, *axis.low)) low = position(axis.scale, *axis.low);
  if (axis.high && usable(axis.scale, *axis.high)) high = position(axis.scale, *axis.high);
  if (high - low <= least_range) high = low + 2 * around(low);
  return {axis.scale, value_at(axis.scale, low), value_at(axis.scale, high)};
}

bool plot_scale::has(double value) const noexcept { return usable(kind_, value); }

double plot_scale::share(double value) const noexcept {
  constexpr double far = 1e6;
  const double low = position(kind_, low_);
  return std::clamp((position(kind_, value) - low) / (position(kind_, high_) - low), -far, far);
}

plot_scale plot_scale::widened(double width) const noexcept {
  const double centre = (low_ + high_) / 2;
  return {kind_, centre - width / 2, centre + width / 2};
}

std::vector<plot_tick> plot_scale::ticks(int wanted) const {
  // Less than about one decade has at most one power of ten: plain ticks read better there.
  const bool decades = kind_ == axis_scale::log && high_ / low_ >= 20;
  return decades ? log_ticks(low_, high_, wanted) : linear_ticks(low_, high_, wanted);
}

}  // namespace flowkit::detail
