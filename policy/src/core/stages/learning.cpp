#include "core/stages/learning.hpp"

#include "core/stages/coupling_parts.hpp"
#include "core/stages/distill_body.hpp"
#include "core/stages/train_base_body.hpp"

#include <filesystem>
#include <limits>

namespace flowkit::policy {
namespace {

/// A million passes through the network at the size of the embedded tasks, half of them to couple:
/// about two minutes on two cores.
learn_options quick() {
  learn_options o;
  o.base.network.dims = {32, 64, 128};
  o.base.network.time_embedding = 32;
  o.base.fit = {.steps = 1200, .batch = 64, .warmup = 50};
  o.couple.noises = 4;
  o.couple.windows = 2000;
  o.distill.fit = {.steps = 700, .batch = 64, .warmup = 50, .keep = kept_weights::last};
  o.straighten = o.distill.fit;
  return o;
}

/// About four times as much: base, couplings and two students take about a third each. Of as many
/// couplings, those at more windows with fewer noises teach a student more: 6250 windows with 4 for
/// 2500 with 10 take its held-out loss from 0.0022 to 0.0018 (push_around).
learn_options standard() {
  learn_options o;
  o.base.network.dims = {32, 64, 128};
  o.base.network.time_embedding = 32;
  o.base.fit = {.steps = 4000, .batch = 128};
  o.couple.noises = 4;
  o.couple.windows = 10'000;
  o.distill.fit = {.steps = 3000, .batch = 128, .keep = kept_weights::last};
  o.straighten = o.distill.fit;
  return o;
}

/// Liu et al. 2023; Xue et al. 2025: full networks and lengths.
learn_options paper() {
  learn_options o;
  o.base.network = network_preset("meta_world");
  o.base.fit = {.steps = 100'000,
                .batch = 64,
                .learning_rate = 1e-4,
                .warmup = 500,
                .clip_norm = std::numeric_limits<double>::infinity(),
                .log_every = 100,
                .evaluate_every = 1000,
                .checkpoint_every = 1000};
  o.couple.solver.tolerance = 1e-5;
  o.distill.fit = o.base.fit;
  o.distill.fit.keep = kept_weights::last;
  o.straighten = o.distill.fit;
  o.rounds = 2;
  return o;
}

}  // namespace

std::vector<std::string> learning_preset_names() { return {"quick", "standard", "paper"}; }

learn_options learning_preset(std::string_view name) {
  if (name == "quick") return quick();
  if (name == "standard") return standard();
  FLOWKIT_VALIDATE(name == "paper", "there is no preset '", name,
                   "': choose quick, standard or paper");
  return paper();
}

std::vector<stage_options> options_of_stages(const learn_options& o, std::string_view backend) {
  using namespace detail;
  std::vector<stage_options> out{{"base", options_of(o.base, backend)}};
  for (index_t round = 1; round <= o.rounds; ++round) {
    const round_files files = files_of({}, round);
    if (round == 2) out.push_back({"straighten", options_of(straightening(o), backend)});
    out.push_back({files.couple, options_of(o.couple, backend, o.base.data)});
    out.push_back({files.held_out, options_of(held_out_couple(o), backend, o.base.data)});
  }
  out.push_back({"align", options_of(o.rule, backend)});
  if (o.reflow_student) out.push_back({"reflow", options_of(reflow_student(o), backend)});
  out.push_back({"sefa", options_of(o.distill, backend)});
  return out;
}

namespace detail {

void validate_learn(const learn_options& o, const learning_part& part) {
  FLOWKIT_VALIDATE(part.first <= part.last, "learning from stage ", static_cast<int>(part.first),
                   " to stage ", static_cast<int>(part.last), ": the first comes after the last");
  FLOWKIT_VALIDATE(o.rounds == 1 || o.rounds == 2, "learning in ", o.rounds,
                   " rounds: the method has one or two");
  FLOWKIT_VALIDATE(o.held_out_noises >= 0, "held-out couplings of ", o.held_out_noises,
                   " noises: give a number, or 0 for none");
  validate(o.base.fit);
  validate(o.distill.fit);
  if (o.rounds == 2) validate(o.straighten);
}

std::string path_in(const std::string& folder, std::string_view stage) {
  return (std::filesystem::path(folder) / stage).string();
}

void note(stage_end& all, stage_end stage, bool first) {
  const bool done_before = stage == stage_end::unchanged;
  if (first || stage == stage_end::stopped) {
    all = stage;
  } else if (!done_before) {
    all = stage_end::finished;
  }
}

round_files files_of(const std::string& folder, index_t round) {
  const std::string suffix = round == 2 ? "_2" : "";
  const auto file = [&](const std::string& stage, std::string_view name) {
    return path_in(path_in(folder, stage), name);
  };
  round_files out;
  out.couple = "couple" + suffix;
  out.held_out = "held_out" + suffix;
  out.policy = file(round == 2 ? "straighten" : "base", policy_name);
  out.couplings = file(out.couple, couplings_name);
  out.held_out_couplings = file(out.held_out, couplings_name);
  return out;
}

std::string aligned_in(const std::string& folder) {
  return path_in(path_in(folder, "align"), aligned_name);
}

bool couples_held_out(const learn_options& o, const demonstrations& data) {
  return o.held_out_noises > 0 && o.distill.fit.held_out_windows > 0 &&
         window_set(data, o.base.data, data_part::validation).size() > 0;
}

couple_options held_out_couple(const learn_options& o) {
  couple_options out = o.couple;
  out.part = data_part::validation;
  out.noises = o.held_out_noises;
  out.windows = o.distill.fit.held_out_windows;
  return out;
}

distill_options straightening(const learn_options& o) {
  return {.method = "straightened",
          .times = distill_times::uniform,
          .fit = o.straighten,
          .start = o.distill.start,
          .inference = o.base.inference,
          .seed = o.distill.seed};
}

distill_options reflow_student(const learn_options& o) {
  distill_options out = o.distill;
  out.method = "reflow";
  return out;
}

}  // namespace detail
}  // namespace flowkit::policy
