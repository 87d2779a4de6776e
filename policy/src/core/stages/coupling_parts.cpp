#include "core/stages/coupling_parts.hpp"

#include "core/stages/documents.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace flowkit::policy::detail {
namespace {

template <class T>
void append_to(std::vector<T>& all, std::span<const T> more) {
  all.insert(all.end(), more.begin(), more.end());
}

bool finite(std::span<const float> row) {
  return std::all_of(row.begin(), row.end(), [](float x) { return std::isfinite(x); });
}

json_value json_of(const couple_result& r) {
  return json_object{{"size", r.size},
                     {"windows", r.windows},
                     {"failed", r.failed},
                     {"evaluations", r.evaluations}};
}

double mean_evaluations(const couplings_view& v) {
  const double sum = std::accumulate(v.evaluations.begin(), v.evaluations.end(), 0.0);
  return v.size() == 0 ? 0 : sum / static_cast<double>(v.size());
}

/// Whether a block can be joined. One that a disk or a crash damaged is made again.
bool usable(const std::string& path) {
  if (!exists(path)) return false;
  const mapped_file readable(path);  // one that cannot be opened now is not damaged
  try {
    couplings_file(path).verify();
    return true;
  } catch (const file_error&) {
    return false;
  }
}

}  // namespace

std::span<const float> coupling_part::condition_of(row_t window) const {
  return std::span(conditions_)
      .subspan(static_cast<std::size_t>(index_t{window} * condition_),
               static_cast<std::size_t>(condition_));
}

void coupling_part::add_experts(const std::vector<float>& chunks,
                                const std::vector<float>& conditions) {
  append_to<float>(experts_, chunks);
  append_to<float>(conditions_, conditions);
}

void coupling_part::add_pairs(std::span<const row_t> window, std::span<const float> noise,
                              std::span<const float> end_points,
                              const std::function<std::int32_t(std::size_t)>& evaluations) {
  const auto size = static_cast<std::size_t>(chunk_);
  for (std::size_t i = 0; i < window.size(); ++i) {
    const std::int32_t cost = evaluations(i);
    if (cost < 0 || !finite(end_points.subspan(i * size, size))) {
      ++failed_;
      continue;
    }
    append_to(noise_, noise.subspan(i * size, size));
    append_to(end_points_, end_points.subspan(i * size, size));
    window_.push_back(window[i]);
    evaluations_.push_back(cost);
  }
}

void coupling_part::append(const couplings_view& part, index_t failed) {
  const auto before = static_cast<std::int32_t>(static_cast<index_t>(experts_.size()) / chunk_);
  append_to(noise_, part.noise);
  append_to(end_points_, part.end_points);
  append_to(evaluations_, part.evaluations);
  append_to(conditions_, part.conditions);
  append_to(experts_, part.experts);
  for (const std::int32_t w : part.window) window_.push_back(w + before);
  failed_ += failed;
}

couplings_view coupling_part::view() const {
  couplings_view v{.chunk = chunk_, .condition = condition_};
  v.noise = noise_;
  v.end_points = end_points_;
  v.window = window_;
  v.evaluations = evaluations_;
  v.conditions = conditions_;
  v.experts = experts_;
  return v;
}

part_store::part_store(const result_folder& place, const couplings_header& header, index_t windows,
                       index_t block)
    : place_(&place), header_(header), windows_(windows), block_(block) {
  const std::string folder = place / parts_name;
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw file_error(folder, "cannot be created: " + problem.message());
  skip_made();
}

void part_store::skip_made() {
  while (!complete() && usable(path_of(done_))) ++done_;
}

part_range part_store::next() const {
  const index_t first = windows_done();
  return {first, std::min(block_, windows_ - first)};
}

std::string part_store::path_of(index_t block) const {
  return *place_ / text(parts_name, "/block_", block, ".safetensors");
}

void part_store::add(const coupling_part& part) {
  const std::vector<std::int32_t> unknown(static_cast<std::size_t>(next().count), 0);
  couplings_view v = part.view();
  v.episode = v.offset = v.mode = unknown;
  couplings_header header = header_;
  header.failed = part.failed();
  write_couplings(path_of(done_), header, v);
  ++done_;
  skip_made();
}

couple_result part_store::merge(const window_set& windows) const {
  index_t failed = 0;
  std::optional<coupling_part> all;
  for (index_t block = 0; block < done_; ++block) {
    const couplings_file part(path_of(block));
    if (!all) all.emplace(part.numbers().chunk, part.numbers().condition);
    all->append(part.numbers(), part.header().failed);
    failed += part.header().failed;
  }
  const std::vector<row_t> episodes = windows.index().episodes();
  const std::vector<row_t> offsets = windows.index().offsets();
  const std::vector<row_t> modes = windows.modes();
  couplings_view v = all->view();
  v.episode = episodes;
  v.offset = offsets;
  v.mode = modes;
  couplings_header header = header_;
  header.failed = failed;
  couple_result result{.couplings = *place_ / couplings_name,
                       .size = v.size(),
                       .windows = v.windows(),
                       .failed = failed,
                       .evaluations = mean_evaluations(v)};
  FLOWKIT_VALIDATE(
      result.size > 0, "none of ", failed,
      " integrations reached its end: the flow is broken, or the tolerance too strict");
  write_couplings(result.couplings, header, v);
  place_->finish({std::string(couplings_name)}, json_of(result));
  place_->remove(parts_name);
  return result;
}

void validate_couple(const couple_options& o) {
  validate(o.solver);
  FLOWKIT_VALIDATE(o.noises >= 1 && o.windows >= 0 && o.block >= 1, "couplings of ", o.noises,
                   " noises at ", o.windows, " windows in blocks of ", o.block,
                   ": noises and blocks must be positive, windows too or 0 for all of them");
}

void expect_same_windows(const policy_manifest& m, const demonstrations& data,
                         const data_selection& selection) {
  expect_equal(m.specification, spec_of(data, selection), "the data set does not fit the policy");
  const auto trained = m.origin.parents.find("selection");
  FLOWKIT_VALIDATE(
      trained == m.origin.parents.end() || trained->second == selection_hash(selection),
      "the policy was trained with another selection of fields or episodes than ",
      to_json(policy::json_of(selection)),
      ": episodes that were put aside would be mixed with those it has seen; give the "
      "selection of training");
}

couplings_header couple_header(const policy_file& policy, const std::string& hash,
                               const demonstrations& data, const data_selection& selection,
                               const couple_options& o) {
  const policy_manifest& m = policy.manifest();
  expect_same_windows(m, data, selection);
  couplings_header h{.specification = m.specification,
                     .solver = o.solver,
                     .policy = hash,
                     .data = data.fingerprint(),
                     .seed = o.seed,
                     .noises = o.noises};
  const auto trained = m.origin.parents.find("data");
  FLOWKIT_VALIDATE(trained == m.origin.parents.end() || trained->second == h.data, "the policy in ",
                   policy.path(), " was trained on other data than ", data.source(),
                   ": couplings must be made at the windows it has seen");
  FLOWKIT_VALIDATE(o.solver.epsilon == m.inference.epsilon, "couplings from time ",
                   o.solver.epsilon, " do not fit a policy that was trained from ",
                   m.inference.epsilon, ": give the epsilon of the policy");
  const window_set windows(data, selection, o.part);
  FLOWKIT_VALIDATE(windows.size() > 0, "this part of ", data.source(),
                   " has no windows to couple: no episodes were put aside, or all are too short");
  return h;
}

json_value options_of(const couple_options& o, std::string_view backend,
                      const data_selection& selection) {
  return json_object{{"backend", backend},
                     {"selection", policy::json_of(selection)},
                     {"part", o.part == data_part::training ? "training" : "validation"},
                     {"noises", o.noises},
                     {"windows", o.windows},
                     {"solver", json_of(o.solver)},
                     {"seed", text(o.seed)},
                     {"block", o.block}};
}

result_key key_of(const couple_options& o, const couplings_header& header, std::string_view backend,
                  const data_selection& selection) {
  return {.name = "couple",
          .options = options_of(o, backend, selection),
          .hashes = {{"policy", header.policy}, {"data", header.data}}};
}

couple_result couple_result_of(const result_folder& place, const json_value& json) {
  return {.end = stage_end::unchanged,
          .couplings = place / couplings_name,
          .size = json.at("size").as_integer(),
          .windows = json.at("windows").as_integer(),
          .failed = json.at("failed").as_integer(),
          .evaluations = json.at("evaluations").as_number()};
}

}  // namespace flowkit::policy::detail
