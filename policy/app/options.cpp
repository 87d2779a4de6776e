#include <app/options.hpp>
#include <app/table.hpp>

#include <flowkit/io/bytes.hpp>
#include <flowkit/io/sha256.hpp>

namespace flowkit::app {
namespace {

/// A seed for a purpose from the setting.
std::uint64_t seed_from(index_t root, std::string_view purpose) {
  const std::string digits = sha256_of(detail::bytes_of(purpose)).substr(0, 12);
  const rng_key key{static_cast<std::uint64_t>(root), 0};
  // JSON holds integers up to 2^63; 2^53 is what other readers keep exactly.
  return key.split(std::stoull(digits, nullptr, 16)).stream >> 11;
}

policy::fit_options fit_of(const policy::settings& values, const std::string& section) {
  const auto name = [&](std::string_view key) { return section + "." + std::string(key); };
  policy::fit_options o;
  o.steps = values.integer(name("steps"));
  o.batch = values.integer(name("batch"));
  o.learning_rate = values.number(name("learning_rate"));
  o.warmup = values.integer(name("warmup"));
  o.clip_norm = values.number(name("clip_norm"));
  o.optimizer.weight_decay = values.number(name("weight_decay"));
  o.average.maximum = values.number(name("average"));
  o.keep = values.string(name("keep")) == "best" ? policy::kept_weights::best
                                                 : policy::kept_weights::last;
  o.held_out_windows = values.integer(name("held_out_windows"));
  o.log_every = values.integer(name("log_every"));
  o.evaluate_every = values.integer(name("evaluate_every"));
  o.checkpoint_every = values.integer(name("checkpoint_every"));
  return o;
}

void store_fit(policy::settings& values, const std::string& section, const policy::fit_options& o) {
  const auto set = [&](std::string_view key, json_value value) {
    values.set(section + "." + std::string(key), std::move(value));
  };
  set("steps", o.steps);
  set("batch", o.batch);
  set("learning_rate", o.learning_rate);
  set("warmup", o.warmup);
  set("clip_norm", o.clip_norm);
  set("weight_decay", o.optimizer.weight_decay);
  set("average", o.average.maximum);
  set("keep", o.keep == policy::kept_weights::best ? "best" : "last");
  set("held_out_windows", o.held_out_windows);
  set("log_every", o.log_every);
  set("evaluate_every", o.evaluate_every);
  set("checkpoint_every", o.checkpoint_every);
}

bool sees_images(const policy::settings& values) {
  return values.string("observation") == "images";
}

policy::network_options network_of(const policy::settings& values) {
  policy::network_options out;
  out.dims.clear();
  for (const std::string& word : words_of(values.string("policy.dims"))) {
    policy::settings one({{"policy.dims", 1, "channels", "", 1, 65536}});
    one.set_text("policy.dims", word);
    out.dims.push_back(one.integer("policy.dims"));
  }
  out.time_embedding = values.integer("policy.time_embedding");
  out.encoder = policy::network_preset(values.string("policy.encoder")).encoder;
  return out;
}

/// The network as settings; encoders have names only.
void store_network(policy::settings& values, const policy::network_options& o) {
  std::string dims;
  for (const index_t d : o.dims) dims += text(dims.empty() ? "" : " ", d);
  values.set("policy.dims", dims);
  values.set("policy.time_embedding", o.time_embedding);
  for (const std::string& name : policy::network_preset_names()) {
    if (policy::network_preset(name).encoder == o.encoder) {
      values.set("policy.encoder", name);
      return;
    }
  }
}

}  // namespace

std::uint64_t seed_of(const policy::settings& values, std::string_view purpose) {
  return seed_from(values.integer("seed"), purpose);
}

std::optional<index_t> root_of(std::uint64_t seed, std::string_view purpose) {
  for (index_t root = 0; root <= largest_seed; ++root) {
    if (seed_from(root, purpose) == seed) return root;
  }
  return std::nullopt;
}

std::optional<index_t> seed_of(const policy::policy_manifest& m) {
  for (const auto& [role, purpose] : {std::pair{"distill", "distill"}, {"train_base", "train"}}) {
    const auto found = m.origin.seeds.find(role);
    if (found != m.origin.seeds.end()) return root_of(found->second, purpose);
  }
  return std::nullopt;
}

policy::data_selection selection_of(const policy::settings& values) {
  policy::data_selection out;
  out.action = values.string("policy.action_field");
  const std::string& states = values.string("policy.state_field");
  if (!states.empty()) {
    out.state = states == "none" ? std::vector<std::string>{} : words_of(states);
  } else if (sees_images(values)) {
    out.state = {"proprioception"};
  }
  if (sees_images(values)) {
    const std::string& cameras = values.string("policy.camera_field");
    out.cameras = words_of(cameras.empty() ? values.string("collect.cameras") : cameras);
  }
  out.crop = values.integer("policy.crop");
  out.horizon = values.integer("policy.horizon");
  out.observe = values.integer("policy.observe");
  out.execute = values.integer("policy.execute");
  out.validation = values.number("policy.validation");
  out.episodes = values.integer("policy.demonstrations");
  out.seed = seed_of(values, "split");
  return out;
}

policy::train_base_options train_options_of(const policy::settings& values) {
  policy::train_base_options out;
  out.data = selection_of(values);
  out.network = network_of(values);
  out.state.margin = values.number("policy.clip_margin");
  out.fit = fit_of(values, "train");
  out.seed = seed_of(values, "train");
  return out;
}

policy::couple_options couple_options_of(const policy::settings& values) {
  policy::couple_options out;
  out.noises = values.integer("couple.noises");
  out.windows = values.integer("couple.windows");
  out.solver.solver = values.string("couple.solver") == "euler"
                          ? policy::inference_solver::euler
                          : policy::inference_solver::dormand_prince;
  out.solver.steps = values.integer("couple.steps");
  out.solver.tolerance = values.number("couple.tolerance");
  out.block = values.integer("couple.block");
  out.seed = seed_of(values, "couple");
  return out;
}

policy::alignment_rule rule_of(const policy::settings& values) {
  const std::string& name = values.string("align.rule");
  if (name == "identity") return identity_alignment{};
  if (name == "nearest") return nearest_alignment{};
  if (name == "selective") {
    const bool own = values.string("align.search") == "own_window";
    return selective_alignment{
        .action_radius = values.number("align.radius"),
        .feature_radius = values.number("align.feature_radius"),
        .search = own ? alignment_search::own_window : alignment_search::all_windows};
  }
  adaptive_alignment out;
  out.neighbours = values.integer("align.neighbours");
  out.quantile = values.number("align.quantile");
  out.scale = values.number("align.scale");
  out.separation = values.number("align.separation");
  out.move = values.string("align.move") == "pull" ? alignment_move::pull : alignment_move::replace;
  return out;
}

policy::distill_options distill_options_of(const policy::settings& values) {
  policy::distill_options out;
  out.fit = fit_of(values, "distill");
  out.seed = seed_of(values, "distill");
  return out;
}

policy::measure_options measure_options_of(const policy::settings& values) {
  return {.data = selection_of(values),
          .windows = values.integer("evaluate.windows"),
          .noises = values.integer("evaluate.window_noises"),
          .seed = seed_of(values, "measure"),
          .expert = "clean_action"};
}

policy::learn_options learn_options_of(const policy::settings& values) {
  policy::learn_options out;
  out.base = train_options_of(values);
  out.couple = couple_options_of(values);
  out.held_out_noises = values.integer("couple.held_out_noises");
  out.rule = rule_of(values);
  out.distill = distill_options_of(values);
  out.reflow_student = values.boolean("run.reflow");
  out.rounds = values.integer("run.rounds");
  out.straighten = out.distill.fit;
  out.straighten.steps = values.integer("straighten.steps");
  return out;
}

void store(policy::settings& values, const policy::learn_options& o) {
  store_network(values, o.base.network);
  store_fit(values, "train", o.base.fit);
  values.set("couple.noises", o.couple.noises);
  values.set("couple.windows", o.couple.windows);
  const bool euler = o.couple.solver.solver == policy::inference_solver::euler;
  values.set("couple.solver", euler ? "euler" : "dormand_prince");
  values.set("couple.steps", o.couple.solver.steps);
  values.set("couple.tolerance", o.couple.solver.tolerance);
  values.set("couple.block", o.couple.block);
  values.set("couple.held_out_noises", o.held_out_noises);
  store_fit(values, "distill", o.distill.fit);
  values.set("straighten.steps", o.straighten.steps);
  values.set("run.rounds", o.rounds);
  values.set("run.reflow", o.reflow_student);
}

std::vector<index_t> sweep_of(const policy::settings& values) {
  std::vector<index_t> out;
  for (const std::string& word : words_of(values.string("run.sweep"))) {
    policy::settings one({{"run.sweep", 1, "episodes", "", 1, 1e6}});
    one.set_text("run.sweep", word);
    out.push_back(one.integer("run.sweep"));
  }
  return out;
}

std::vector<double> radii_of(const policy::settings& values) {
  std::vector<double> out;
  for (const std::string& word : words_of(values.string("align.sweep"))) {
    policy::settings one({{"align.sweep", 0.0, "action units", "", 0}});
    one.set_text("align.sweep", word);
    out.push_back(one.number("align.sweep"));
  }
  return out;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  while (!line.empty()) {
    const std::size_t begin = line.find_first_not_of(" ,");
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" ,"), line.size());
    out.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return out;
}

}  // namespace flowkit::app
