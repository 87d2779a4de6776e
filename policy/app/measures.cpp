#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/report/flow_record.hpp>
#include <flowkit/policy/run/result_folder.hpp>

#include <app/checks.hpp>
#include <app/measures.hpp>
#include <app/options.hpp>
#include <app/records.hpp>
#include <app/run_directory.hpp>

#include <algorithm>
#include <filesystem>

namespace flowkit::app {
namespace {

bool has_windows(const context& c) {
  return c.values.integer("evaluate.windows") > 0 && c.values.number("policy.validation") > 0;
}

/// Options of measures that fit this data set: data of one's own may lack clean actions.
policy::measure_options options_for(const context& c, const policy::demonstrations& data) {
  policy::measure_options o = measure_options_of(c.values);
  if (!data.contains(o.expert)) o.expert.clear();
  return o;
}

/// The same with windows as a policy sees them: one from elsewhere brings its own shape.
policy::measure_options options_for(const context& c, const policy::demonstrations& data,
                                    const policy::spec& shape) {
  policy::measure_options o = options_for(c, data);
  o.data.horizon = shape.horizon;
  o.data.observe = shape.observe;
  o.data.execute = shape.execute;
  o.data.cameras.clear();
  for (const policy::camera& camera : shape.cameras) o.data.cameras.push_back(camera.name);
  if (!shape.cameras.empty()) o.data.crop = shape.cameras.front().crop_height;
  return o;
}

bool sees(const policy::spec& shape, const policy::demonstrations& data,
          const policy::data_selection& selection) {
  try {
    return policy::spec_of(data, selection) == shape;
  } catch (const error&) {  // of a field that is not there
    return false;
  }
}

/// Why the episodes that were put aside have no windows; empty: they have.
std::string too_short(const policy::demonstrations& data, const policy::data_selection& s) {
  const std::vector<index_t> aside = policy::split_of(data, s).validation;
  if (aside.empty()) return "no episodes were put aside";
  const policy::window_options lengths{
      .horizon = s.horizon, .observe = s.observe, .execute = s.execute};
  if (policy::window_index(data.episode_ends(), lengths, aside).size() > 0) return {};
  index_t longest = 0;
  for (const index_t e : aside) longest = std::max(longest, data.episode(e).count);
  return text("the longest of the episodes that were put aside has ", longest,
              " steps, too few for the policy's horizon of ", s.horizon);
}

/// Why experts cannot be compared with; empty: they can.
std::string no_expert(const policy::demonstrations& data, const policy::measure_options& o) {
  if (o.expert.empty()) return {};
  const auto width = [&](const std::string& field) {
    return data.fields()[data.field(field)].width();
  };
  if (width(o.expert) == width(o.data.action)) return {};
  return text("field '", o.expert, "' has ", width(o.expert), " numbers per frame, but '",
              o.data.action, "' has ", width(o.data.action));
}

/// Why there are no windows that a policy was kept from; empty: there are. One from elsewhere need
/// not have put the episodes aside that the settings say, nor see what they say.
std::string no_windows(const context& c, const method& one, const policy::demonstrations& data) {
  const policy::policy_file file(one.policy);
  const policy::policy_manifest& m = file.manifest();
  const policy::data_selection selection = options_for(c, data, m.specification).data;
  const std::string other = is_own(c, one) ? other_data(c, m, data) : std::string();
  if (!other.empty()) return "the policy " + other;
  const policy::split_comparison split = policy::compare_splits(m, data, selection);
  if (!split.difference().empty()) return "the policy " + split.difference();
  if (!split.known) return "the policy does not say which episodes it was trained on";
  if (!sees(m.specification, data, selection)) {
    return "the policy sees other fields than the settings say";
  }
  return too_short(data, selection);
}

/// Straightness with few windows: it is a mean over time and samples, and needs no more.
policy::measure_options fewer(policy::measure_options o, index_t windows) {
  o.windows = std::min(o.windows, windows);
  o.noises = 1;
  return o;
}

/// The flows of a run: of two rounds, also the one that was straightened in between.
std::vector<std::string> flows_of(const context& c) {
  if (c.values.integer("run.rounds") == 2) return {"base", "straighten"};
  return {"base"};
}

policy::straightness_curve curve_of(const std::string& flow, const policy::flow_straightness& s) {
  policy::straightness_curve out{.method = flow, .deviation = s.by_time, .total = s.curvature};
  for (std::size_t i = 0; i < s.by_time.size(); ++i) {
    out.time.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(s.by_time.size()));
  }
  return out;
}

/// Why a flow of this run cannot be measured; empty: it can.
std::string no_flow(const context& c, const std::string& flow, const policy::demonstrations& data) {
  const std::string path = c / text(flow, "/policy.safetensors");
  if (!std::filesystem::exists(path)) return text("there is no ", path);
  return no_windows(c, {.label = flow, .policy = path, .inference = {}}, data);
}

/// Adds how straight one flow is, and what solvers lose on it.
template <class B>
void measure_flow(const context& c, B& be, const policy::demonstrations& data,
                  const std::string& flow, policy::flow_record& out) {
  const auto p = policy::load_policy(be, policy_path(c, flow));
  const policy::measure_options all = options_for(c, data, p.manifest().specification);
  out.straightness.push_back(curve_of(flow, policy::straightness(be, p, data, fewer(all, 128))));
  c.check_stop();
  for (const auto& e :
       policy::solver_errors(be, p, data, fewer(all, 32), policy::usual_solvers())) {
    const bool adaptive = e.inference.solver == policy::inference_solver::dormand_prince;
    out.errors.push_back({.method = flow,
                          .solver = adaptive ? "dormand_prince" : "euler",
                          .evaluations = e.evaluations,
                          .error = e.mean});
  }
}

policy::flow_record measured_flow(const context& c, const policy::demonstrations& data) {
  policy::flow_record out;
  on_backend(c, [&](auto& be) {
    for (const std::string& flow : flows_of(c)) measure_flow(c, be, data, flow, out);
  });
  return out;
}

/// What a flow was measured with: its policies, and the data by all their numbers.
policy::result_key flow_key(const context& c, const policy::demonstrations& data) {
  policy::result_key out{.name = "flow",
                         .options = flow_options(c),
                         .inputs = {{"policy", policy_path(c, "base")}},
                         .hashes = {{"data", data.fingerprint()}}};
  for (const std::string& flow : flows_of(c)) {
    if (flow != "base") out.inputs[flow] = policy_path(c, flow);
  }
  return out;
}

}  // namespace

std::string without_windows(const context& c, const method& m, const policy::demonstrations& data) {
  if (!has_windows(c)) return {};
  const std::string reason = no_windows(c, m, data);
  return reason.empty() ? no_expert(data, options_for(c, data)) : reason;
}

void measure_windows(const context& c, const method& m, const policy::demonstrations& data,
                     policy::evaluation_result& out) {
  const policy::policy_file file(m.policy);
  out.acceptance = policy::acceptance_of(file.manifest());
  if (!has_windows(c) || !out.without_windows.empty()) return;
  policy::measure_options options = options_for(c, data, file.manifest().specification);
  options.windows = std::min(options.windows, policy::evaluation_limits::windows);
  const policy::chunk_distance d = on_backend(c, [&](auto& be) {
    const auto p = policy::load_policy(be, m.policy);
    return policy::expert_distance(be, p, data, options, m.inference);
  });
  out.action_spread = d.spread;
  out.windows = {.episode = d.episode, .offset = d.offset, .distance = d.by_window};
}

json_value flow_options(const context& c) {
  return json_object{{"windows", c.values.integer("evaluate.windows")},
                     {"seed", c.values.integer("seed")}};
}

void flow_stage(const context& c, const policy::demonstrations& data) {
  if (!has_windows(c)) return;
  for (const std::string& flow : flows_of(c)) {
    const std::string reason = no_flow(c, flow, data);
    if (!reason.empty()) return c.say(text("flow: skipped, because of ", flow, ": ", reason));
  }
  run_stage(c, "flow", [&] {
    policy::result_folder folder(c / "flow", flow_key(c, data));
    if (folder.finished()) return policy::stage_end::unchanged;
    folder.begin();
    policy::write_flow_record(folder / "flow.json", measured_flow(c, data));
    folder.finish({"flow.json"});
    return policy::stage_end::finished;
  });
}

}  // namespace flowkit::app
