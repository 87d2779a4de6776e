// Stage 3: alignment, generated chunks that give way to what an expert did in the same situation.
#pragma once

#include <flowkit/align/adaptive.hpp>
#include <flowkit/align/identity.hpp>
#include <flowkit/align/nearest.hpp>
#include <flowkit/align/selective.hpp>
#include <flowkit/policy/stages/alignment_file.hpp>
#include <flowkit/policy/stages/couplings_file.hpp>
#include <flowkit/policy/stages/stage.hpp>

#include <variant>

namespace flowkit::policy {

/// An alignment operator with its settings. Action radii are in *physical* units of the robot's
/// actions, the published convention: of selective_alignment the mean over the steps of the
/// Euclidean distance between two chunks' actions, of nearest_alignment the Euclidean distance of
/// whole chunks. Feature radii are in units of the encoder's features (normalised states). The
/// adaptive operator has no unit.
using alignment_rule =
    std::variant<identity_alignment, nearest_alignment, selective_alignment, adaptive_alignment>;
/// "identity", "nearest", "selective" or "adaptive".
[[nodiscard]] std::string_view name_of(const alignment_rule& rule);
/// The operator of that name with its default settings. Throws invalid_input for another name.
[[nodiscard]] alignment_rule rule_from_text(std::string_view name);
[[nodiscard]] json_value json_of(const alignment_rule& rule);
/// The numbers in the document of a rule, as "align.<name>": what provenance keeps.
[[nodiscard]] std::map<std::string, double> thresholds_of(const json_value& rule);

/// What align made.
struct align_result {
  stage_end end = stage_end::finished;
  std::string aligned = {};  ///< path of the file with the aligned end points
  alignment_summary summary = {};
  double seconds = 0;  ///< of this call, reading and writing included
};

/// Aligns the couplings of a file with the expert chunks it holds, those of all windows of its
/// part. Chunks are compared in physical units, by the normalizer of `policy`, the file the
/// couplings were generated with (checked by hash); what a replaced pair gets is the expert's
/// normalised chunk bit for bit. Noise and conditions are untouched.
///
/// Writes aligned.safetensors, report.json (the summary) and stage.json into `folder`. Throws
/// invalid_input, file_error. Allocates. Synchronises.
template <SearchBackend B>
align_result align(B& be, const std::string& policy, const std::string& couplings,
                   const alignment_rule& rule, const std::string& folder,
                   const stage_hooks& hooks = {});

/// What several operators would do to the same couplings; nothing is written. Summaries stand in
/// the order of the rules. Returns fewer if a stop is requested.
template <SearchBackend B>
std::vector<alignment_summary> sweep_alignment(B& be, const std::string& policy,
                                               const std::string& couplings,
                                               std::span<const alignment_rule> rules,
                                               const stage_hooks& hooks = {});

/// A selective rule at these action radii, for a sweep; the rest is that of `rule`.
[[nodiscard]] std::vector<alignment_rule> selective_sweep(std::span<const double> action_radii,
                                                          const selective_alignment& rule = {});

}  // namespace flowkit::policy
