#include "core/stages/measuring.hpp"

#include "core/stages/coupling_parts.hpp"
#include "core/stages/documents.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowkit::policy {
namespace {

std::vector<float> mean_chunk(std::span<const float> chunks, index_t size) {
  std::vector<double> sum(static_cast<std::size_t>(size), 0.0);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    sum[i % sum.size()] += static_cast<double>(chunks[i]);
  }
  const double share = static_cast<double>(size) / static_cast<double>(chunks.size());
  std::vector<float> mean(sum.size());
  std::transform(sum.begin(), sum.end(), mean.begin(),
                 [&](double x) { return static_cast<float>(x * share); });
  return mean;
}

json_array list(const std::vector<double>& values) {
  json_array out;
  for (const double v : values) out.emplace_back(v);
  return out;
}

}  // namespace

json_value json_of(const chunk_distance& d) {
  return json_object{{"inference", detail::json_of(d.inference)},
                     {"windows", d.windows},
                     {"mean", d.mean},
                     {"executed", d.executed},
                     {"spread", d.spread},
                     {"evaluations", d.evaluations},
                     {"by_window", list(d.by_window)}};
}

json_value json_of(const flow_straightness& s) {
  return json_object{
      {"samples", s.samples}, {"curvature", s.curvature}, {"by_time", list(s.by_time)}};
}

json_value json_of(const solver_error& e) {
  return json_object{{"inference", detail::json_of(e.inference)},
                     {"evaluations", e.evaluations},
                     {"mean", e.mean},
                     {"largest", e.largest}};
}

std::vector<inference_options> usual_solvers() {
  std::vector<inference_options> out;
  for (const index_t steps : {1, 2, 4, 10, 20, 50, 100}) out.push_back({.steps = steps});
  for (const double tolerance : {1e-2, 1e-3, 1e-4}) {
    out.push_back({.solver = inference_solver::dormand_prince, .tolerance = tolerance});
  }
  return out;
}

namespace detail {

double step_distance(const float* a, const float* b, index_t width, index_t first, index_t last,
                     double limit) {
  const double most = limit * static_cast<double>(last - first) * (1 + 1e-14);  // beyond rounding
  double sum = 0;
  for (index_t s = first; s < last; ++s) {
    double square = 0;
    for (index_t i = s * width; i < (s + 1) * width; ++i) {
      const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      square += d * d;
    }
    sum += std::sqrt(square);
    if (sum > most) return no_limit;
  }
  return sum / static_cast<double>(last - first);
}

void validate_measure(const policy_manifest& m, const demonstrations& data,
                      const measure_options& o, index_t windows) {
  FLOWKIT_VALIDATE(o.noises >= 1 && o.windows >= 0, "a measure with ", o.noises, " noises at ",
                   o.windows, " windows: give at least one noise, and 0 windows for all of them");
  expect_equal(m.specification, spec_of(data, o.data), "the data set does not fit the policy");
  const split_comparison split = compare_splits(m, data, o.data);
  FLOWKIT_VALIDATE(split.choice.empty(), "the policy ", split.choice,
                   ": windows that were put aside would be mixed with those it has seen; give the "
                   "selection of training");
  FLOWKIT_VALIDATE(windows > 0, "this part of ", data.source(),
                   " has no windows to measure at: no episodes were put aside, or all are too "
                   "short");
}

std::vector<float> expert_chunks(const demonstrations& data, const measure_options& o,
                                 const window_index& index, std::span<const row_t> rows) {
  const std::string& field = o.expert.empty() ? o.data.action : o.expert;
  const window_gatherer gatherer(data, index, {.state = {}, .action = field, .images = {}});
  FLOWKIT_VALIDATE(gatherer.action_size() * o.data.horizon == spec_of(data, o.data).chunk_size(),
                   "field '", field, "' has ", gatherer.action_size(),
                   " numbers per frame, so it holds no actions to compare with");
  window_batch raw;
  gatherer.gather(rows, crop_place::centre, rng_key{}, raw);
  return raw.actions;
}

void fill_distances(chunk_distance& d, const spec& s, std::span<const float> experts,
                    std::span<const float> chunks, index_t noises) {
  const index_t size = s.chunk_size();
  const auto bad =
      std::find_if(chunks.begin(), chunks.end(), [](float x) { return !std::isfinite(x); });
  FLOWKIT_VALIDATE(bad == chunks.end(), "the policy generates actions of ", *bad,
                   ", first at window ", (bad - chunks.begin()) / (noises * size),
                   ": its weights or statistics are too large or damaged; train it again");
  const index_t width = s.action_size();
  for (index_t w = 0; w < d.windows; ++w) {
    const auto own = chunks.subspan(static_cast<std::size_t>(w * noises * size),
                                    static_cast<std::size_t>(noises * size));
    const std::vector<float> middle = mean_chunk(own, size);
    double to_expert = 0;
    for (index_t k = 0; k < noises; ++k) {
      const float* chunk = own.data() + k * size;
      const float* expert = experts.data() + w * size;
      to_expert += step_distance(chunk, expert, width, 0, s.horizon);
      d.executed += step_distance(chunk, expert, width, s.observe - 1, s.observe - 1 + s.execute);
      d.spread += step_distance(chunk, middle.data(), width, 0, s.horizon);
    }
    d.by_window.push_back(to_expert / static_cast<double>(noises));
  }
  const auto all = static_cast<double>(d.windows * noises);
  d.mean =
      std::accumulate(d.by_window.begin(), d.by_window.end(), 0.0) / static_cast<double>(d.windows);
  d.executed /= all;
  d.spread /= all;
}

void fill_error(solver_error& e, const spec& s, std::span<const float> tight,
                std::span<const float> chunks) {
  const index_t size = s.chunk_size();
  const auto count = static_cast<index_t>(chunks.size()) / size;
  for (index_t i = 0; i < count; ++i) {
    const double d = step_distance(tight.data() + i * size, chunks.data() + i * size,
                                   s.action_size(), 0, s.horizon);
    e.mean += d / static_cast<double>(count);
    e.largest = std::max(e.largest, d);
  }
}

inference_options tight_solver(const inference_options& s) {
  return {.solver = inference_solver::dormand_prince,
          .tolerance = 1e-6,
          .epsilon = s.epsilon,
          .weights = s.weights};
}

chunk_path::chunk_path(index_t steps) : steps_(steps) {
  FLOWKIT_VALIDATE(steps >= 2, "straightness over ", steps,
                   " steps: one step is straight by itself, give at least 2");
  deviation_.assign(static_cast<std::size_t>(steps), 0.0);
}

void chunk_path::add(const std::vector<std::vector<float>>& points) {
  const std::vector<float>& start = points.front();
  const std::vector<float>& end = points.back();
  for (std::size_t i = 0; i < start.size(); ++i) {
    const double whole = static_cast<double>(end[i]) - static_cast<double>(start[i]);
    length_ += whole * whole;
    for (std::size_t k = 0; k < deviation_.size(); ++k) {
      const double step = static_cast<double>(points[k + 1][i]) - static_cast<double>(points[k][i]);
      const double off = whole - step * static_cast<double>(steps_);
      deviation_[k] += off * off;
    }
  }
}

flow_straightness chunk_path::result(index_t samples) const {
  flow_straightness s{.samples = samples};
  for (const double d : deviation_) s.by_time.push_back(length_ > 0 ? d / length_ : 0);
  s.curvature = std::accumulate(s.by_time.begin(), s.by_time.end(), 0.0) /
                static_cast<double>(s.by_time.size());
  return s;
}

}  // namespace detail
}  // namespace flowkit::policy
