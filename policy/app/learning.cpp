#include <app/options.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>

namespace flowkit::app {
namespace {

using policy::data_part;
using policy::demonstrations;

/// Names of the folders of a round.
struct round_folders {
  std::string policy;  ///< whose flow is coupled
  std::string couple;
  std::string held_out;
};

bool two_rounds(const context& c) { return c.values.integer("run.rounds") == 2; }

round_folders first_round() { return {"base", "couple", "held_out"}; }
round_folders last_round(const context& c) {
  return two_rounds(c) ? round_folders{"straighten", "couple_2", "held_out_2"} : first_round();
}

/// Whether there is a held-out loss to couple for.
bool couples_held_out(const context& c) {
  return c.values.number("policy.validation") > 0 &&
         c.values.integer("couple.held_out_noises") > 0 &&
         c.values.integer("distill.held_out_windows") > 0;
}

void generate(const context& c, const round_folders& f) {
  const std::string policy = policy_path(c, f.policy);
  const demonstrations data(demonstrations_path(c));
  policy::couple_options options = couple_options_of(c.values);
  run_stage(c, f.couple, [&] {
    return on_backend(c, [&](auto& be) {
      return couple(be, policy, data, selection_of(c.values), options, c / f.couple, hooks_of(c))
          .end;
    });
  });
  options.part = data_part::validation;
  options.noises = c.values.integer("couple.held_out_noises");
  options.windows = c.values.integer("distill.held_out_windows");
  if (!couples_held_out(c)) return;
  run_stage(c, f.held_out, [&] {
    return on_backend(c, [&](auto& be) {
      return couple(be, policy, data, selection_of(c.values), options, c / f.held_out, hooks_of(c))
          .end;
    });
  });
}

/// What the students of a round learn from; without aligned end points.
policy::distill_inputs inputs_of(const context& c, const round_folders& f) {
  const std::string held_out = c / f.held_out + "/couplings.safetensors";
  return {.policy = policy_path(c, f.policy),
          .couplings = required(c, f.couple + "/couplings.safetensors", "couple"),
          .held_out = couples_held_out(c) ? held_out : ""};
}

void teach(const context& c, const policy::distill_inputs& inputs,
           const policy::distill_options& options, const std::string& folder) {
  run_stage(c, folder, [&] {
    return on_backend(c, [&](auto& be) {
      return policy::distill(be, inputs, options, c / folder, hooks_of(c)).end;
    });
  });
}

void straighten(const context& c) {
  policy::distill_options options = distill_options_of(c.values);
  options.method = "straightened";
  options.times = policy::distill_times::uniform;
  options.fit = learn_options_of(c.values).straighten;
  options.inference.steps = 10;
  teach(c, inputs_of(c, first_round()), options, "straighten");
}

}  // namespace

void train_stage(const context& c) {
  const demonstrations data(demonstrations_path(c));
  run_stage(c, "base", [&] {
    return on_backend(c, [&](auto& be) {
      return policy::train_base(be, data, train_options_of(c.values), c / "base", hooks_of(c)).end;
    });
  });
}

void couple_stage(const context& c) {
  generate(c, first_round());
  if (!two_rounds(c)) return;
  straighten(c);
  generate(c, last_round(c));
}

void align_stage(const context& c) {
  const round_folders f = last_round(c);
  const std::string couplings = required(c, f.couple + "/couplings.safetensors", "couple");
  run_stage(c, "align", [&] {
    return on_backend(c, [&](auto& be) {
      return policy::align(be, policy_path(c, f.policy), couplings, rule_of(c.values), c / "align",
                           hooks_of(c))
          .end;
    });
  });
}

void distill_stage(const context& c) {
  policy::distill_inputs inputs = inputs_of(c, last_round(c));
  policy::distill_options options = distill_options_of(c.values);
  if (c.values.boolean("run.reflow")) {
    options.method = "reflow";
    teach(c, inputs, options, "reflow");
  }
  options.method = "sefa";
  inputs.aligned = required(c, "align/aligned.safetensors", "align");
  teach(c, inputs, options, "sefa");
}

}  // namespace flowkit::app
