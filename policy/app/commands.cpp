#include <app/command.hpp>

#include <array>

namespace flowkit::app {

std::span<const command> commands() {
  static const std::array<command, 13> all{{
      {"run",
       "everything: collect, train, couple, align, distill, evaluate, report",
       "",
       "Runs all stages in a run directory and ends with a table and report.html. A stage whose "
       "inputs and\noptions are unchanged is skipped, one that was interrupted continues. Options "
       "of single stages, which\nflowkit <stage> --help lists, are set with --set, e.g. --set "
       "train.steps=500. All are remembered in\nconfig.toml of the run directory.",
       {"", "collect", "run"},
       true,
       false,
       run_all},
      {"collect",
       "demonstrations of a scripted expert in a simulated task",
       "",
       "Writes collect/demonstrations.zarr: the successful episodes of consecutive seeds. A larger "
       "number of\ndemonstrations extends those that are there.",
       {"", "collect"},
       true,
       true,
       collect},
      {"train",
       "the base flow, by conditional flow matching",
       "",
       "Writes base/policy.safetensors, learnt from demonstrations. Data of your own are given "
       "with "
       "--data and\nthe names of their fields (flowkit data inspect lists them).",
       {"", "policy", "train"},
       true,
       false,
       train},
      {"couple",
       "pairs of noise and the chunk that the flow makes of it",
       "",
       "Writes couple/couplings.safetensors, from base/policy.safetensors and the demonstrations.",
       {"", "couple"},
       true,
       false,
       couple},
      {"align",
       "replaces generated chunks by those of experts where they are close",
       "",
       "Writes align/aligned.safetensors and align/report.json, from the couplings. With --sweep "
       "nothing is\nreplaced: it reports what every radius would do.",
       {"", "align"},
       true,
       false,
       align},
      {"distill",
       "the one-step students: reflow and sefa",
       "",
       "Writes sefa/policy.safetensors, learnt from aligned couplings, and for comparison "
       "reflow/policy.safetensors,\nlearnt from the couplings as they were generated.",
       {"", "distill"},
       true,
       false,
       distill},
      {"evaluate",
       "policies in the simulated task",
       "",
       "Writes evaluation/<method>/results.json: outcomes by seed, distances to the expert, seam, "
       "latency.",
       {"", "evaluate"},
       true,
       true,
       evaluate},
      {"latency",
       "milliseconds from an observation to actions",
       "",
       "Times single predictions, for one robot, of the methods that --methods names.",
       {"", "evaluate"},
       true,
       true,
       latency,
       {"task", "backend", "precision", "threads", "evaluate.methods", "evaluate.policy",
        "evaluate.first_seed", "evaluate.latency_chunks"}},
      {"report",
       "one HTML page about a run",
       "",
       "Writes report.html into the run directory, about all that is there. Evaluations of "
       "policies "
       "that have\nchanged since are left out.",
       {},
       true,
       false,
       report},
      {"compare",
       "several runs side by side, as Markdown",
       "RUN...",
       "Methods of every run, then how sefa@1 compares with base@100 and reflow@1 on equal "
       "episodes "
       "and\nwindows: differences with 95 % intervals, gap closed, modes kept, time saved.",
       {},
       false,
       false,
       compare},
      {"data",
       "inspects, converts and validates demonstrations",
       "inspect DATA | convert FROM TO | validate DATA",
       "DATA is a zarr directory, its zip archive, or an npz file. TO is a directory, or a zip "
       "archive\nif it ends in .zip.",
       {},
       false,
       false,
       data},
      {"tasks",
       "the simulated tasks",
       "",
       "Lists their names, and what the robot has to do.",
       {},
       false,
       false,
       tasks},
      {"info",
       "this build, or a policy file",
       "[POLICY]",
       "Backends of this build; what a policy sees, does and was made from.",
       {},
       false,
       false,
       info},
  }};
  return all;
}

}  // namespace flowkit::app
