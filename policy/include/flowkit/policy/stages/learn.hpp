// All stages of learning in a row: from demonstrations to a one-step policy, in one round or two.
#pragma once

#include <flowkit/policy/stages/align.hpp>
#include <flowkit/policy/stages/couple.hpp>
#include <flowkit/policy/stages/distill.hpp>
#include <flowkit/policy/stages/train_base.hpp>

namespace flowkit::policy {

/// Settings of all stages.
struct learn_options {
  train_base_options base = {};
  couple_options couple = {};
  index_t held_out_noises = 1;  ///< per window put aside; 0: no held-out loss of students
  alignment_rule rule = adaptive_alignment{};
  distill_options distill = {};
  /// Also distils the couplings as they are generated, for comparison.
  bool reflow_student = true;
  /// 1, or 2: the flow is straightened on its couplings first, and couples again (the full method
  /// of Xue et al. 2025).
  index_t rounds = 1;
  fit_options straighten = {.keep = kept_weights::last};  ///< of that extra training
};

/// Settings for a purpose:
///   quick     a demonstration of the method from states, some minutes on two cores
///   standard  results worth reporting: small networks
///   paper     the published sizes and lengths, for a GPU
/// Throws invalid_input for another name. Fields of the data are left at their defaults.
[[nodiscard]] learn_options learning_preset(std::string_view name);
[[nodiscard]] std::vector<std::string> learning_preset_names();

/// Stages in the order in which learn runs them. With each go those that serve it alone: couplings
/// of windows put aside, the straightening between two rounds, the student without alignment.
enum class learning_stage : std::uint8_t { base, couple, align, distill };

/// From which stage to which.
struct learning_part {
  learning_stage first = learning_stage::base;
  learning_stage last = learning_stage::distill;
};

/// What learn made; see the stages. Those before the first one asked for stay empty.
struct learn_result {
  stage_end end = stage_end::finished;  ///< `stopped` if any stage was, `unchanged` if all were
  train_base_result base = {};
  std::vector<couple_result> couplings = {};  ///< one per round
  std::string straightened = {};              ///< policy of round one, with two rounds
  align_result alignment = {};
  std::string student = {};         ///< policy on aligned couplings
  std::string reflow_student = {};  ///< policy on couplings as generated
};

/// The options that a stage of learn notes in its folder, see result_folder.
struct stage_options {
  std::string folder;
  json_value options;
};

/// Those of all stages that learn would run with these settings on a backend (see computed_by): to
/// tell where a run is not what its settings say.
[[nodiscard]] std::vector<stage_options> options_of_stages(const learn_options& options,
                                                           std::string_view backend);

/// Runs train_base, couple, align and distill, each in its own folder below `folder`: base, couple,
/// held_out, align, sefa, reflow; with two rounds straighten, couple_2, held_out_2 besides. Every
/// stage is skipped, continued or begun as its folder says; what a part needs of earlier stages is
/// read from their folders. Calls hooks.on_stage after each. Throws what they throw.
template <NeuralBackend B>
  requires SearchBackend<B> learn_result learn(B& be, const demonstrations& data,
                                               const learn_options& options,
                                               const std::string& folder,
                                               const stage_hooks& hooks = {},
                                               const learning_part& part = {});

}  // namespace flowkit::policy
