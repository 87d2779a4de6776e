#include <app/command.hpp>

#include <array>

namespace flowkit::app {

std::span<const command> commands() {
  static const std::array<command, 12> all{{
      {"run", "everything: collect, train, couple, align, distill, evaluate, report", "",
       "Runs all stages. A stage whose inputs and options are unchanged is skipped, one that was "
       "interrupted\ncontinues. Everything else in config.toml is set with --set.",
       {"", "collect", "run"}, true, run_all},
      {"collect", "demonstrations of a scripted expert in a simulated task", "",
       "Writes collect/demonstrations.zarr: the successful episodes of consecutive seeds.",
       {"", "collect"}, true, collect},
      {"train", "the base flow, by conditional flow matching", "",
       "Writes base/policy.safetensors, learnt from demonstrations.", {"", "policy", "train"},
       true, train},
      {"couple", "pairs of noise and the chunk that the flow makes of it", "",
       "Writes couple/couplings.safetensors.", {"", "couple"}, true, couple},
      {"align", "replaces generated chunks by those of experts where they are close", "",
       "Writes align/aligned.safetensors and a report. With --sweep nothing is replaced: it "
       "reports what\nevery radius would do.",
       {"", "align"}, true, align},
      {"distill", "the one-step students: reflow and sefa", "",
       "Writes sefa/policy.safetensors and reflow/policy.safetensors.", {"", "distill"}, true,
       distill},
      {"evaluate", "policies in the simulated task", "",
       "Writes evaluation/<method>/results.json: outcomes by seed, distances to the expert, seam, "
       "latency.",
       {"", "evaluate"}, true, evaluate},
      {"latency", "milliseconds from an observation to actions", "",
       "Times single predictions of the methods that evaluate names.", {"", "evaluate"}, true,
       latency},
      {"report", "one HTML page about a run", "",
       "Writes report.html into the run directory.", {""}, true, report},
      {"data", "inspects, converts and validates demonstrations",
       "inspect DATA | convert FROM TO | validate DATA",
       "DATA is a zarr directory, its zip archive, or an npz file. TO is a directory, or a zip "
       "archive\nif it ends in .zip.",
       {}, false, data},
      {"tasks", "the simulated tasks", "", "Lists them.", {}, false, tasks},
      {"info", "this build, or a policy file", "[POLICY]",
       "Backends of this build; what a policy sees, does and was made from.", {}, false, info},
  }};
  return all;
}

}  // namespace flowkit::app
