#include <app/learning_table.hpp>

#include <flowkit/policy/stages/learn.hpp>

#include <iterator>

namespace flowkit::app {
namespace {

using policy::setting_info;

std::vector<setting_info> shaping() {
  return {
      {"policy.dims", "64 128 256", "channels", "Width of each level of the U-Net."},
      {"policy.time_embedding", 64, "numbers", "That tell the network the time of the flow.", 2,
       4096},
      {"policy.encoder", "small", "", "Size of the image encoder.", 0, 0,
       policy::network_preset_names()},
      {"policy.horizon", 16, "steps", "Actions that one prediction holds, a chunk.", 1, 1024},
      {"policy.observe", 2, "steps", "Latest observations that a prediction sees.", 1, 64},
      {"policy.execute", 8, "steps", "Actions executed before the next prediction.", 1, 1024},
      {"policy.crop", 84, "pixels", "Side of the square that the encoder sees of an image.", 8,
       1024},
      // Methods are compared by a signed-rank test over the episodes put aside. With n of them its
      // least p value is 2^(1 - n): 5 can never reach 5 %, and 6 only without an exception. A fifth
      // of 50 or 100 episodes is 10 or 20, which leaves room for some.
      {"policy.validation", 0.2, "share",
       "Of the episodes, put aside to compare methods, which needs 6 or more.", 0, 0.9},
      {"policy.clip_margin", policy::state_normalization().margin, "ranges",
       "States farther outside are clipped: so many times the demonstrated range; inf: never.", 1},
      {"policy.state_field", "", "",
       "Fields of the data that hold the state, or none; empty: state, with images "
       "proprioception."},
      {"policy.action_field", "action", "", "Field of the data that holds the actions."},
      {"policy.camera_field", "", "",
       "Fields of the data that hold images; empty: those of collect.cameras."},
      {"policy.demonstrations", 0, "episodes",
       "To learn from, of those not put aside; 0: all of them.", 0, 1e6},
  };
}

/// Settings of a stage that trains; defaults are those of the stage.
std::vector<setting_info> fitting(const std::string& section, const policy::fit_options& o) {
  const auto name = [&](std::string_view key) { return section + "." + std::string(key); };
  const std::string keep = o.keep == policy::kept_weights::best ? "best" : "last";
  return {
      {name("steps"), o.steps, "steps", "Updates of the weights.", 1, forever},
      {name("batch"), o.batch, "windows", "Seen by each update.", 1, 65536},
      {name("learning_rate"), o.learning_rate, "per step",
       "At its largest; it falls to 0 along half a cosine.", 1e-9, 10},
      {name("warmup"), o.warmup, "steps", "During which the learning rate rises from 0.", 0,
       forever},
      {name("clip_norm"), o.clip_norm, "", "Largest norm of the gradient; inf: never clipped.",
       1e-9},
      {name("weight_decay"), o.optimizer.weight_decay, "", "Weight decay of AdamW.", 0, 1},
      {name("average"), o.average.maximum, "per step",
       "Largest decay of the moving average of the weights.", 0, 1},
      {name("keep"),
       keep,
       "",
       "Which weights become the policy: of the best held-out loss, or the last.",
       0,
       0,
       {"best", "last"}},
      {name("held_out_windows"), o.held_out_windows, "windows",
       "Of episodes put aside, for the held-out loss; 0: none.", 0, forever},
      {name("log_every"), o.log_every, "steps", "Between two lines of metrics.", 1, forever},
      {name("evaluate_every"), o.evaluate_every, "steps", "Between two held-out losses.", 1,
       forever},
      {name("checkpoint_every"), o.checkpoint_every, "steps",
       "Between two checkpoints, and lost at most if killed.", 1, forever},
  };
}

std::vector<setting_info> coupling() {
  const policy::couple_options o;
  return {
      {"couple.noises", o.noises, "couplings", "Made per window.", 1, 10000},
      {"couple.windows", o.windows, "windows", "Coupled at most, spread evenly; 0: all.", 0,
       forever},
      {"couple.solver",
       "dormand_prince",
       "",
       "That follows the base flow: to a tolerance, or in equal steps.",
       0,
       0,
       {"dormand_prince", "euler"}},
      {"couple.tolerance", o.solver.tolerance, "normalised units",
       "Of dormand_prince, relative and absolute.", 1e-9, 1},
      {"couple.steps", 100, "steps", "Of euler; few of them err more than alignment can mend.", 1,
       10000},
      {"couple.block", o.block, "couplings", "Integrated together, and lost if killed.", 1, 1e6},
      {"couple.held_out_noises", 1, "couplings",
       "Made per window put aside, for the held-out loss of students; 0: none.", 0, 1000},
  };
}

std::vector<setting_info> aligning() {
  const adaptive_alignment adaptive;
  const selective_alignment selective;
  return {
      {"align.rule",
       "adaptive",
       "",
       "Which generated chunks become an expert's.",
       0,
       0,
       {"adaptive", "selective", "nearest", "identity"}},
      {"align.radius", selective.action_radius, "action units",
       "Selective: how far the expert's chunk may be, on average over its steps.", 0},
      {"align.feature_radius", selective.feature_radius, "features",
       "Selective: how far the expert's observation may be.", 0},
      {"align.search",
       "all_windows",
       "",
       "Selective: which experts are compared, all or the one that was seen.",
       0,
       0,
       {"all_windows", "own_window"}},
      {"align.neighbours", adaptive.neighbours, "windows",
       "Adaptive: experts in similar situations, whose ways of acting are told apart.", 2, 1000},
      {"align.quantile", adaptive.quantile, "share",
       "Adaptive: of their nearest distances, which is their spacing.", 1e-6, 1},
      {"align.separation", adaptive.separation, "times",
       "Adaptive: so much nearer to another expert's chunk, a chunk is not of its own one's way.",
       1, 1000},
      {"align.scale", adaptive.scale, "spacings",
       "Adaptive: how near a chunk of another way must be to become its neighbour's.", 0, 1000},
      {"align.move",
       "replace",
       "",
       "Adaptive: chunks become the expert's, or are pulled part of the way.",
       0,
       0,
       {"replace", "pull"}},
      {"align.sweep", "", "action units",
       "Radii to compare without replacing anything, such as \"0.05 0.1\"; empty: none."},
  };
}

}  // namespace

std::vector<setting_info> learning_table() {
  std::vector<setting_info> all = shaping();
  for (std::vector<setting_info> part :
       {fitting("train", policy::fit_options{}), coupling(), aligning(),
        fitting("distill", policy::distill_options{}.fit)}) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }
  return all;
}

}  // namespace flowkit::app
