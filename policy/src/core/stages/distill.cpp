#include "core/stages/distill_body.hpp"

#include <algorithm>
#include <cmath>

namespace flowkit::policy {
namespace detail {
namespace {

constexpr std::string_view acceptance_name = "align.acceptance";

template <class File>
std::optional<File> opened(const std::string& path) {
  if (path.empty()) return std::nullopt;
  return std::optional<File>(std::in_place, path);
}

void expect_policy(const couplings_file& couplings, const policy_file& policy,
                   const std::string& hash) {
  FLOWKIT_VALIDATE(couplings.header().policy == hash, "the couplings in ", couplings.path(),
                   " were not generated with the policy ", policy.path(),
                   ": give the policy file they were made with, unchanged");
  expect_equal(policy.manifest().specification, couplings.header().specification,
               "the couplings do not fit the policy");
  const visuomotor_field field(policy.manifest().specification, policy.manifest().network);
  FLOWKIT_VALIDATE(couplings.numbers().condition == field.condition_size(), "conditions of ",
                   couplings.numbers().condition, " numbers in ", couplings.path(),
                   " do not fit the network of the policy, which takes ", field.condition_size());
}

double share_replaced(const alignment_file& aligned) {
  const std::span<const std::uint8_t> reasons = aligned.reason();
  const auto replaced = std::count(reasons.begin(), reasons.end(),
                                   static_cast<std::uint8_t>(alignment_reason::replaced));
  return reasons.empty() ? 0 : static_cast<double>(replaced) / static_cast<double>(reasons.size());
}

void check_numbers(const distill_files& f) {
  const couplings_view& v = f.couplings.numbers();
  expect_finite(v.noise, f.couplings.path(), "noise");
  expect_finite(v.conditions, f.couplings.path(), "condition");
  expect_finite(f.end_points(), f.aligned ? f.aligned->path() : f.couplings.path(), "end_point");
}

}  // namespace

void expect_finite(std::span<const float> values, const std::string& path, std::string_view what) {
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  if (bad == values.end()) return;
  throw file_error(path, text("tensor '", what, "' holds ", *bad, " at element ",
                              bad - values.begin(), ": nothing can be learnt from it"));
}

distill_files::distill_files(const distill_inputs& in)
    : policy(in.policy),
      couplings(in.couplings),
      aligned(opened<alignment_file>(in.aligned)),
      held_out(opened<couplings_file>(in.held_out)) {
  hashes["policy"] = sha256_of_file(in.policy);
  hashes["couplings"] = sha256_of_file(in.couplings);
  expect_policy(couplings, policy, hashes["policy"]);
  if (aligned) {
    hashes["aligned"] = sha256_of_file(in.aligned);
    FLOWKIT_VALIDATE(aligned->couplings() == hashes["couplings"], "the aligned end points in ",
                     aligned->path(), " belong to other couplings than ", couplings.path(),
                     ": align these couplings, or give those that were aligned");
    FLOWKIT_VALIDATE(aligned->end_points().size() == couplings.numbers().end_points.size(),
                     "the aligned end points in ", aligned->path(), " are ",
                     aligned->end_points().size(), " numbers, but the couplings have ",
                     couplings.numbers().end_points.size(), ": the file is damaged");
  }
  if (held_out) {
    hashes["held_out"] = sha256_of_file(in.held_out);
    expect_policy(*held_out, policy, hashes["policy"]);
  }
  check_numbers(*this);
}

json_value options_of(const distill_options& o, std::string_view backend) {
  return json_object{{"backend", backend},
                     {"method", o.method},
                     {"times", o.times == distill_times::epsilon ? "epsilon" : "uniform"},
                     {"fit", policy::json_of(o.fit)},
                     {"start", o.start == weight_set::average ? "average" : "raw"},
                     {"inference", json_of(o.inference)},
                     {"seed", text(o.seed)}};
}

result_key key_of(const distill_options& o, std::string_view backend, const distill_files& files) {
  return {.name = "distill", .options = options_of(o, backend), .hashes = files.hashes};
}

policy_manifest student_manifest(const distill_files& files, const distill_options& o) {
  policy_manifest m = files.policy.manifest();
  m.method = o.method;
  m.inference = o.inference;
  m.inference.epsilon = files.policy.manifest().inference.epsilon;
  // What only some students have must not stay from a parent that was one.
  for (const char* role : {"aligned", "held_out"}) m.origin.parents.erase(role);
  std::erase_if(m.origin.thresholds, [](const auto& t) { return t.first.starts_with("align."); });
  for (const auto& h : files.hashes) m.origin.parents[h.first] = h.second;
  m.origin.seeds["couple"] = files.couplings.header().seed;
  m.origin.seeds["distill"] = o.seed;
  m.origin.thresholds["couple.tolerance"] = files.couplings.header().solver.tolerance;
  if (files.aligned) {
    m.origin.thresholds.merge(thresholds_of(files.aligned->rule()));
    m.origin.thresholds[std::string(acceptance_name)] = share_replaced(*files.aligned);
  }
  validate(m);
  return m;
}

}  // namespace detail

std::optional<double> acceptance_of(const policy_manifest& m) {
  if (m.origin.parents.count("couplings") == 0) return std::nullopt;
  if (m.origin.parents.count("aligned") == 0) return 0.0;
  const auto known = m.origin.thresholds.find(std::string(detail::acceptance_name));
  if (known == m.origin.thresholds.end()) return std::nullopt;  // of an earlier version
  return known->second;
}

}  // namespace flowkit::policy
