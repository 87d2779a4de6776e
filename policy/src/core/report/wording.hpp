// Numbers as people read them.
#pragma once

#include <flowkit/policy/evaluation/intervals.hpp>

#include <optional>
#include <string>

namespace flowkit::policy::detail {

/// `decimals` digits after the point and a real minus sign; a dash for what is not finite.
[[nodiscard]] std::string fixed(double value, int decimals);
[[nodiscard]] std::string fixed(const std::optional<double>& value, int decimals);

/// Three significant digits, e.g. of a duration: 0.0561, 2.84, 271.
[[nodiscard]] std::string significant(double value);

/// "96.3 %".
[[nodiscard]] std::string percent(double share, int decimals = 1);
[[nodiscard]] std::string percent(const std::optional<double>& share, int decimals = 1);
/// "93.6 to 97.9 %".
[[nodiscard]] std::string percent(const interval& range);
/// Percentage points with sign: "+1.3".
[[nodiscard]] std::string points(double difference);
/// "p = 0.45" or "p < 0.001".
[[nodiscard]] std::string p_value(double p);
/// "5 000", with narrow spaces.
[[nodiscard]] std::string grouped(index_t value);
/// "42 s", "3 min 05 s" or "2 h 07 min".
[[nodiscard]] std::string duration(double seconds);
/// "1 network evaluation", "12.5 network evaluations".
[[nodiscard]] std::string evaluations(double count);

}  // namespace flowkit::policy::detail
