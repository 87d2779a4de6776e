// The folder of a stage of learning: what all of them do with it.
#pragma once

#include <flowkit/policy/run/result_folder.hpp>
#include <flowkit/policy/stages/stage.hpp>

namespace flowkit::policy::detail {

inline constexpr std::string_view policy_name = "policy.safetensors";
inline constexpr std::string_view couplings_name = "couplings.safetensors";
inline constexpr std::string_view aligned_name = "aligned.safetensors";
inline constexpr std::string_view report_name = "report.json";

/// Whether there is a file of that name.
[[nodiscard]] bool exists(const std::string& path);
/// SHA-256 of a text.
[[nodiscard]] std::string hash_of(std::string_view text);

}  // namespace flowkit::policy::detail
