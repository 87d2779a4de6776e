#include <app/table.hpp>

#include <flowkit/policy/stages/learn.hpp>

#include <iterator>

namespace flowkit::app {
namespace {

using policy::setting_info;

constexpr double forever = 1e12;

std::vector<setting_info> general() {
  return {
      {"task", "reach_detour", "", "What the robot does; flowkit tasks lists all."},
      {"data", "", "", "Demonstrations of your own (zarr, zip, npz); empty: those of collect."},
      {"seed", 0, "", "Root of all randomness.", 0, 999},
      {"observation", "state", "", "What the policy sees.", 0, 0, {"state", "images"}},
      {"backend", "auto", "", "Where numbers are computed; flowkit info lists all."},
      {"precision",
       "f32",
       "",
       "Of matrix products; bf16 needs the backend onednn.",
       0,
       0,
       {"f32", "bf16"}},
      {"threads", 0, "threads", "Of the backend and the simulation; 0: all processors.", 0, 1024},
  };
}

std::vector<setting_info> collecting() {
  return {
      {"collect.demonstrations", 50, "episodes", "Successful episodes of the expert.", 2, 1e6},
      {"collect.expert_noise", 0.0, "action units", "Deviation of noise on its actions.", 0, 10},
      {"collect.hold", 10, "steps", "Recorded after success.", 0, 300},
      {"collect.least_success", 0.5, "", "Of the expert, else collection fails.", 0.01, 1},
      {"collect.images", false, "", "Record cameras even if the policy sees states."},
      {"collect.cameras", "front wrist", "", "Which are recorded."},
  };
}

std::vector<setting_info> shaping() {
  return {
      {"policy.dims", "64 128 256", "channels", "Of the levels of the U-Net."},
      {"policy.time_embedding", 64, "numbers", "Of the flow time.", 2, 4096},
      {"policy.encoder", "small", "", "Sizes of the image encoder.", 0, 0,
       policy::network_preset_names()},
      {"policy.horizon", 16, "steps", "Actions of a chunk.", 1, 1024},
      {"policy.observe", 2, "steps", "Observations that a prediction sees.", 1, 64},
      {"policy.execute", 8, "steps", "Actions executed before the next prediction.", 1, 1024},
      {"policy.crop", 84, "pixels", "Side of what the encoder sees of an image.", 8, 1024},
      {"policy.validation", 0.1, "", "Share of the episodes that is put aside.", 0, 0.9},
      {"policy.demonstrations", 0, "episodes", "To learn from; 0: all that are not put aside.", 0,
       1e6},
  };
}

/// Settings of a stage that trains; defaults are those of the stage.
std::vector<setting_info> fitting(const std::string& section, const policy::fit_options& o) {
  const auto name = [&](std::string_view key) { return section + "." + std::string(key); };
  const std::string keep = o.keep == policy::kept_weights::best ? "best" : "last";
  return {
      {name("steps"), o.steps, "steps", "Updates of the weights.", 1, forever},
      {name("batch"), o.batch, "windows", "Per update.", 1, 65536},
      {name("learning_rate"), o.learning_rate, "", "Its largest value.", 1e-9, 10},
      {name("warmup"), o.warmup, "steps", "Until the learning rate is largest.", 0, forever},
      {name("clip_norm"), o.clip_norm, "", "Largest norm of the gradient.", 1e-9},
      {name("weight_decay"), o.optimizer.weight_decay, "", "Of AdamW.", 0, 1},
      {name("average"), o.average.maximum, "", "Largest decay of the average of weights.", 0, 1},
      {name("keep"),
       keep,
       "",
       "Weights: of the best held-out loss, or the last.",
       0,
       0,
       {"best", "last"}},
      {name("held_out_windows"), o.held_out_windows, "windows", "For the held-out loss.", 0,
       forever},
      {name("log_every"), o.log_every, "steps", "Between two lines of metrics.", 1, forever},
      {name("evaluate_every"), o.evaluate_every, "steps", "Between held-out losses.", 1, forever},
      {name("checkpoint_every"), o.checkpoint_every, "steps", "Lost at most if killed.", 1,
       forever},
  };
}

std::vector<setting_info> coupling() {
  const policy::couple_options o;
  return {
      {"couple.noises", o.noises, "couplings", "Per window.", 1, 10000},
      {"couple.windows", o.windows, "windows", "At most; 0: all.", 0, forever},
      {"couple.solver",
       "dormand_prince",
       "",
       "Of the base flow.",
       0,
       0,
       {"dormand_prince", "euler"}},
      {"couple.tolerance", o.solver.tolerance, "", "Of dormand_prince, normalised units.", 1e-9, 1},
      {"couple.steps", 100, "steps", "Of euler.", 1, 10000},
      {"couple.block", o.block, "couplings", "Integrated together, lost if killed.", 1, 1e6},
      {"couple.held_out_noises", 1, "couplings", "Per window put aside.", 0, 1000},
  };
}

std::vector<setting_info> aligning() {
  const adaptive_alignment adaptive;
  const selective_alignment selective;
  return {
      {"align.rule",
       "adaptive",
       "",
       "Which generated chunks become the expert's.",
       0,
       0,
       {"adaptive", "selective", "nearest", "identity"}},
      {"align.radius", selective.action_radius, "action units",
       "Of selective; nearest replaces every chunk.", 0},
      {"align.feature_radius", selective.feature_radius, "features", "Of selective.", 0},
      {"align.neighbours", adaptive.neighbours, "windows", "Of adaptive.", 2, 1000},
      {"align.quantile", adaptive.quantile, "", "Of adaptive.", 1e-6, 1},
      {"align.scale", adaptive.scale, "", "Of the radius of adaptive.", 0, 1000},
      {"align.move",
       "replace",
       "",
       "Of adaptive: all the way, or part of it.",
       0,
       0,
       {"replace", "pull"}},
      {"align.sweep", "", "action units", "Radii to try, such as \"0.05 0.1 0.2\"."},
  };
}

std::vector<setting_info> running() {
  return {
      {"run.rounds", 1, "rounds", "2: straighten the flow before the last couplings.", 1, 2},
      {"run.reflow", true, "", "Also distil without alignment, to compare."},
      {"run.sweep", "", "episodes", "Numbers of demonstrations to try, such as \"10 20 50\"."},
      {"straighten.steps", 3000, "steps", "Updates of the extra training of two rounds.", 1,
       forever},
  };
}

std::vector<setting_info> evaluating() {
  return {
      {"evaluate.methods", "base@100 base@10 base@1 reflow@1 sefa@1", "",
       "What to evaluate: policy@steps, or policy@adaptive."},
      {"evaluate.policy", "", "", "A policy file to evaluate instead of methods."},
      {"evaluate.episodes", 100, "episodes", "Per method, equal seeds for all.", 1, 1e6},
      {"evaluate.first_seed", 1000000000, "", "Of the episodes; far from collection.", 0, 4e18},
      {"evaluate.environments", 50, "episodes", "That run side by side.", 1, 4096},
      {"evaluate.noise_seeds", 0, "seeds", "More seeds of the policy's noise.", 0, 100},
      {"evaluate.noise_episodes", 50, "episodes", "Per such seed.", 1, 1e6},
      {"evaluate.latency_chunks", 50, "chunks", "Timed, one robot.", 1, 1e6},
      {"evaluate.windows", 256, "windows", "Put aside, compared with the expert.", 0, 1e6},
      {"evaluate.window_noises", 4, "chunks", "Per such window.", 1, 1000},
      {"evaluate.film_frames", 8, "frames", "Of the pictures of an episode; 0: none.", 0, 64},
      {"evaluate.flow", true, "", "Measure how straight the base flow is, and its solvers."},
  };
}

}  // namespace

std::vector<setting_info> setting_table() {
  std::vector<setting_info> all;
  const auto add = [&](std::vector<setting_info> part) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  };
  add(general());
  add(collecting());
  add(shaping());
  add(fitting("train", policy::fit_options{}));
  add(coupling());
  add(aligning());
  add(fitting("distill", policy::distill_options{}.fit));
  add(running());
  add(evaluating());
  return all;
}

}  // namespace flowkit::app
