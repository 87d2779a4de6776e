#include "core/stages/alignment_json.hpp"
#include "core/stages/file_parts.hpp"

#include <flowkit/policy/stages/alignment_file.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

constexpr std::string_view format_name = "flowkit-alignment-1";

void check_reasons(std::span<const std::uint8_t> reasons) {
  const auto last = static_cast<std::uint8_t>(alignment_reason::identical);
  FLOWKIT_VALIDATE(
      std::all_of(reasons.begin(), reasons.end(), [&](std::uint8_t r) { return r <= last; }),
      "tensor 'reason' holds numbers above ", static_cast<int>(last), ": the file is damaged");
}

}  // namespace

alignment_file::alignment_file(const std::string& path) : file_(path) {
  detail::reading(path, [&] {
    const json_value document = parse_json(file_.metadata("alignment"));
    FLOWKIT_VALIDATE(document.at("format").as_string() == format_name, "format is '",
                     document.at("format").as_string(), "', not ", format_name,
                     ": the file does not hold aligned couplings, or those of another version");
    couplings_ = document.at("couplings").as_string();
    rule_ = document.at("rule");
    (void)rule_.at("rule").as_string();
    reason_ = detail::values_of<std::uint8_t>(file_, "reason", {-1});
    const auto pairs = static_cast<index_t>(reason_.size());
    window_ = detail::values_of<std::int32_t>(file_, "window", {pairs});
    end_points_ = detail::values_of<float>(file_, "end_point", {pairs, -1});
    check_reasons(reason_);
    return 0;
  });
}

namespace detail {

void write_alignment(const std::string& path, const std::string& couplings, const json_value& rule,
                     std::span<const float> end_points,
                     const std::vector<alignment_decision>& decisions) {
  std::vector<std::uint8_t> reason;
  std::vector<std::int32_t> window;
  for (const alignment_decision& d : decisions) {
    reason.push_back(static_cast<std::uint8_t>(d.reason));
    window.push_back(d.window);
  }
  const auto pairs = static_cast<index_t>(decisions.size());
  const index_t size = pairs == 0 ? 0 : static_cast<index_t>(end_points.size()) / pairs;
  const std::vector<named_array_view> tensors{{"end_point", as_array(end_points, {pairs, size})},
                                              {"window", as_array(window, {pairs})},
                                              {"reason", as_array(reason, {pairs})}};
  const json_value document =
      json_object{{"format", format_name}, {"couplings", couplings}, {"rule", rule}};
  write_safetensors(path, tensors, {{"alignment", to_json(document)}});
}

}  // namespace detail
}  // namespace flowkit::policy
