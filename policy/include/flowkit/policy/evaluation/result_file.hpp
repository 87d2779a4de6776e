// results.json: evaluation results on disk.
#pragma once

#include <flowkit/io/json.hpp>
#include <flowkit/policy/evaluation/result.hpp>
#include <flowkit/policy/spec.hpp>

#include <string>

namespace flowkit::policy {

/// What one evaluation may hold, so that its file can be read back.
namespace evaluation_limits {
inline constexpr index_t first_seed = 9'000'000'000'000'000;  ///< with its episodes below 2^53
inline constexpr index_t episodes = 100'000;
inline constexpr index_t windows = 100'000;
inline constexpr index_t latencies = 1'000 * max_horizon;  ///< of all steps of all timed chunks
}  // namespace evaluation_limits

/// The result as a document; see read_evaluation for its form.
[[nodiscard]] json_value to_json_value(const evaluation_result& result);

/// The result of a document. Throws invalid_input that names the member: one that is missing (task,
/// method, and seed and success of each episode are required), of another kind, out of range
/// (counts are not negative, distances and latencies finite and not negative, seeds of episodes
/// distinct), or columns of unequal length. Unknown members are ignored, so that later versions may
/// add some.
[[nodiscard]] evaluation_result evaluation_from_json(const json_value& document);

/// Replaces `path` atomically. One member per line, so that files can be compared line by line.
/// Equal results give equal bytes. Throws file_error.
void write_evaluation(const std::string& path, const evaluation_result& result);

/// Reads what write_evaluation wrote:
///   {"format": "flowkit.evaluation", "version": 1, "task": ..., "method": ..., ...,
///    "episodes": [{"seed": 7, "success": true, ...}, ...], "latency_ms": [...],
///    "windows": {"episode": [...], "offset": [...], "distance": [...]}, ...}
/// Throws file_error that names the file and the member.
[[nodiscard]] evaluation_result read_evaluation(const std::string& path);

}  // namespace flowkit::policy
