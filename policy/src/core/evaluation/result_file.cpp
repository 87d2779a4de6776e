#include "core/evaluation/record_reader.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>

#include <set>

namespace flowkit::policy {
namespace {

using detail::record_reader;

constexpr std::string_view format = "flowkit.evaluation";

json_value to_json_value(const episode_result& e) {
  json_value out;
  out.set("seed", e.seed).set("success", e.success).set("steps", e.steps);
  detail::set_if(out, "mode", e.mode);
  out.set("chunks", e.chunks).set("evaluations", e.evaluations);
  detail::set_if(out, "seam", e.seam);
  out.set("guarded", e.guarded).set("observed", e.observed);
  out.set("outside", e.outside).set("clipped", e.clipped);
  return out;
}

episode_result episode_of(const record_reader& in) {
  return {.seed = in.count("seed"),
          .success = in.flag("success"),
          .steps = in.count_or("steps", 0),
          .mode = in.text_or("mode", ""),
          .chunks = in.count_or("chunks", 0),
          .evaluations = in.amount_or("evaluations", 0),
          .seam = in.optional_amount("seam"),
          .guarded = in.count_or("guarded", 0),
          .observed = in.count_or("observed", 0),
          .outside = in.count_or("outside", 0),
          .clipped = in.count_or("clipped", 0)};
}

noise_outcome noise_of(const record_reader& in) {
  const noise_outcome out{.seed = in.count("seed"),
                          .successes = in.count("successes"),
                          .episodes = in.count("episodes")};
  if (out.successes > out.episodes) in.fail("successes", "there are more of them than episodes");
  return out;
}

window_distances windows_of(const record_reader& in) {
  window_distances out{.episode = in.counts("episode"),
                       .offset = in.counts("offset"),
                       .distance = in.amounts("distance")};
  const std::size_t rows = out.distance.size();
  if (out.episode.size() != rows || out.offset.size() != rows) {
    in.fail("distance", text("has ", rows, " rows, but episode has ", out.episode.size(),
                             " and offset has ", out.offset.size()));
  }
  return out;
}

void check_seeds(const record_reader& in, const std::vector<episode_result>& episodes) {
  std::set<index_t> seeds;
  for (const episode_result& e : episodes) {
    if (!seeds.insert(e.seed).second) {
      in.fail("episodes", text("the seed ", e.seed, " occurs twice: pairs would be ambiguous"));
    }
  }
}

template <class Record, class Write>
json_value json_list(const std::vector<Record>& records, const Write& write) {
  json_array out;
  out.reserve(records.size());
  for (const Record& record : records) out.push_back(write(record));
  return out;
}

evaluation_result settings_of(const record_reader& in) {
  return {.task = in.text("task"),
          .method = in.text("method"),
          .solver = in.text_or("solver", "euler"),
          .steps = in.count_or("steps", 0),
          .tolerance = in.amount_or("tolerance", 0),
          .observation = in.text_or("observation", ""),
          .policy_hash = in.text_or("policy_hash", ""),
          .training_seed =
              in.has("training_seed") ? std::optional(in.count("training_seed")) : std::nullopt,
          .noise_seed = in.count_or("noise_seed", 0),
          .horizon = in.count_or("horizon", 0),
          .observe = in.count_or("observe", 0),
          .executed = in.count_or("executed", 0),
          .backend = in.text_or("backend", ""),
          .precision = in.text_or("precision", ""),
          .largest_step = in.optional_amount("largest_step")};
}

}  // namespace

json_value to_json_value(const evaluation_result& r) {
  json_value out = detail::new_document(format);
  out.set("task", r.task).set("method", r.method).set("solver", r.solver).set("steps", r.steps);
  out.set("tolerance", r.tolerance).set("observation", r.observation);
  out.set("policy_hash", r.policy_hash);
  if (r.training_seed) out.set("training_seed", *r.training_seed);
  out.set("noise_seed", r.noise_seed).set("horizon", r.horizon);
  if (r.observe > 0) out.set("observe", r.observe);
  out.set("executed", r.executed);
  detail::set_if(out, "backend", r.backend);
  detail::set_if(out, "precision", r.precision);
  detail::set_if(out, "largest_step", r.largest_step);
  detail::set_if(out, "acceptance", r.acceptance);
  detail::set_if(out, "action_spread", r.action_spread);
  detail::set_if(out, "without_windows", r.without_windows);
  out.set("noise", json_list(r.noise, [](const noise_outcome& n) {
            return json_value{}
                .set("seed", n.seed)
                .set("successes", n.successes)
                .set("episodes", n.episodes);
          }));
  json_value modes = json_object{};
  for (const mode_count& m : r.expert_modes) modes.set(m.mode, m.count);
  out.set("expert_modes", modes);
  out.set("latency_ms", detail::json_column(r.latency_ms));
  out.set("following_ms", detail::json_column(r.following_ms));
  out.set("windows", json_value{}
                         .set("episode", detail::json_column(r.windows.episode))
                         .set("offset", detail::json_column(r.windows.offset))
                         .set("distance", detail::json_column(r.windows.distance)));
  out.set("episodes",
          json_list(r.episodes, [](const episode_result& e) { return to_json_value(e); }));
  return out;
}

evaluation_result evaluation_from_json(const json_value& document) {
  const record_reader in(document);
  in.expect_format(format);
  evaluation_result out = settings_of(in);
  out.episodes = in.each("episodes", episode_of);
  check_seeds(in, out.episodes);
  out.latency_ms = in.amounts("latency_ms");
  out.following_ms = in.amounts("following_ms");
  if (const auto windows = in.object("windows")) out.windows = windows_of(*windows);
  out.without_windows = in.text_or("without_windows", "");
  out.acceptance = in.optional_amount("acceptance");
  if (out.acceptance.value_or(0) > 1) in.fail("acceptance", "is a share, so at most 1");
  out.action_spread = in.optional_amount("action_spread");
  out.noise = in.each("noise", noise_of);
  if (const auto modes = in.object("expert_modes")) {
    for (const json_member& m : modes->members()) {
      out.expert_modes.push_back({m.name, modes->count(m.name)});
    }
  }
  return out;
}

void write_evaluation(const std::string& path, const evaluation_result& result) {
  write_text_file(path, detail::document_text(to_json_value(result)));
}

evaluation_result read_evaluation(const std::string& path) {
  return detail::read_document(path, evaluation_from_json);
}

}  // namespace flowkit::policy
