#include <app/learning_table.hpp>
#include <app/table.hpp>

#include <iterator>
#include <limits>

namespace flowkit::app {
namespace {

using policy::setting_info;

std::vector<setting_info> general() {
  return {
      {"task", "", "",
       "The simulated task, one of flowkit tasks; empty: reach_detour, or with --data the one that "
       "the data name."},
      {"data", "", "path",
       "Demonstrations to learn from (zarr, zip, npz); empty: those that collect made."},
      {"seed", 0, "", "Root of all random numbers: equal seeds give equal results.", 0,
       largest_seed},
      {"observation",
       "state",
       "",
       "What the policy sees: the full state, or images and proprioception.",
       0,
       0,
       {"state", "images"}},
      {"backend", "auto", "",
       "Library that computes, one of flowkit info; auto: the first of them."},
      {"precision",
       "f32",
       "",
       "Number format of matrix products: f32 on all backends, bf16 on onednn and cuda, tf32 on "
       "cuda.",
       0,
       0,
       {"f32", "tf32", "bf16"}},
      {"threads", 0, "threads", "Used to compute and to simulate; 0: one per processor.", 0, 1024},
  };
}

std::vector<setting_info> collecting() {
  return {
      {"collect.demonstrations", 50, "episodes",
       "Successful episodes to collect; a larger number extends those that are there.", 2, 1e6},
      {"collect.expert_noise", 0.0, "action units",
       "Standard deviation of the noise on the expert's actions.", 0, 10},
      {"collect.hold", 10, "steps", "Recorded after an episode has succeeded.", 0, 300},
      {"collect.least_success", 0.5, "share",
       "Collecting fails if the expert succeeds less often than this.", 0.01, 1},
      {"collect.images", false, "", "Record the cameras even if the policy sees states."},
      {"collect.cameras", "front wrist", "", "Names of the cameras that are recorded."},
  };
}

std::vector<setting_info> running() {
  return {
      {"run.rounds", 1, "rounds",
       "Of coupling; with 2 a straightened flow makes the couplings that are aligned.", 1, 2},
      {"run.reflow", true, "", "Also distil a student without alignment, for comparison."},
      {"run.sweep", "", "episodes",
       "Numbers of demonstrations to repeat the run with, such as \"10 20 50\"; empty: none."},
      {"straighten.steps", 3000, "steps", "Updates that straighten the flow between two rounds.", 1,
       forever},
  };
}

std::vector<setting_info> evaluating() {
  return {
      {"evaluate.methods", "base@100 base@10 base@1 reflow@1 sefa@1", "",
       "What to evaluate: <policy>@<Euler steps>, or <policy>@adaptive."},
      {"evaluate.policy", "", "path", "A policy file to evaluate instead; empty: the methods."},
      // Bounds are those of the first version, so that every remembered setting can be read. What
      // one evaluation can hold is less: `check_evaluation` says so where one is made.
      {"evaluate.episodes", 100, "episodes", "Per method, with equal seeds for all.", 1, 1e6},
      {"evaluate.first_seed", 1000000000, "", "Seed of the first episode, far from collection.", 0,
       4e18},
      {"evaluate.environments", 50, "episodes", "Simulated side by side.", 1, 4096},
      {"evaluate.noise_seeds", 0, "seeds", "Repetitions with other noise of the policy.", 0, 100},
      {"evaluate.noise_episodes", 50, "episodes", "Per such repetition.", 1, 1e6},
      {"evaluate.latency_chunks", 50, "chunks", "Predictions to time, for one robot.", 1, 1e6},
      {"evaluate.windows", 256, "windows",
       "Of episodes put aside, where chunks are compared with the expert's; at most 100000.", 0,
       1e6},
      {"evaluate.window_noises", 4, "chunks", "Predicted per such window.", 1, 1000},
      {"evaluate.largest_step", std::numeric_limits<double>::infinity(), "action units",
       "The guard lets no action differ more from the one before, in any dimension; inf: no limit.",
       1e-9},
      {"evaluate.film_frames", 8, "frames", "Shown of an episode; 0: no pictures.", 0, 64},
      {"evaluate.flow", true, "", "Measure how straight the base flow is, and what solvers lose."},
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
  add(learning_table());
  add(running());
  add(evaluating());
  return all;
}

}  // namespace flowkit::app
