#include "core/evaluation/record_reader.hpp"

#include <flowkit/policy/rollout/rollout.hpp>

#include <cmath>

namespace flowkit::policy::detail {

double action_distance(std::span<const float> a, std::span<const float> b) {
  double squares = 0;
  for (std::size_t d = 0; d < a.size(); ++d) {
    const double difference = static_cast<double>(a[d]) - static_cast<double>(b[d]);
    squares += difference * difference;
  }
  return std::sqrt(squares);
}

index_t changed_rows(std::span<const float> a, std::span<const float> b, index_t d) {
  const auto width = static_cast<std::size_t>(d);
  index_t changed = 0;
  for (std::size_t at = 0; at < a.size(); at += width) {
    const auto row = a.subspan(at, width);
    changed +=
        std::equal(row.begin(), row.end(), b.begin() + static_cast<std::ptrdiff_t>(at)) ? 0 : 1;
  }
  return changed;
}

void validate(const rollout_options& o, index_t robots, std::size_t environments) {
  FLOWKIT_VALIDATE(!o.seeds.empty(), "rollouts of no episode: give at least one seed");
  const auto acting = static_cast<std::size_t>(robots);
  FLOWKIT_VALIDATE(acting <= environments && acting <= o.seeds.size(), "a controller of ", robots,
                   " robots cannot act in ", environments, " environments and ", o.seeds.size(),
                   " episodes: give as many of both, or a controller of fewer");
  FLOWKIT_VALIDATE(o.threads > 0, o.threads, " threads cannot step environments: give at least 1");
  std::vector<std::uint64_t> sorted = o.seeds;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  FLOWKIT_VALIDATE(twice == sorted.end(), "seed ", twice == sorted.end() ? 0 : *twice,
                   " occurs twice: episodes would be counted twice");
  FLOWKIT_VALIDATE(sorted.back() <= static_cast<std::uint64_t>(largest_count), "seed ",
                   sorted.back(), " is above 2^53, the largest that results.json can hold: choose ",
                   "smaller seeds");
}

std::vector<std::size_t> places_of(std::span<const std::string> wanted,
                                   std::span<const std::string> there, std::string_view what) {
  std::vector<std::size_t> out;
  out.reserve(wanted.size());
  std::string missing;
  for (const std::string& name : wanted) {
    const auto found = std::find(there.begin(), there.end(), name);
    out.push_back(static_cast<std::size_t>(found - there.begin()));
    if (found == there.end()) missing += " '" + name + "'";
  }
  std::string all;
  for (const std::string& name : there) all += " '" + name + "'";
  FLOWKIT_VALIDATE(missing.empty(), "the policy needs ", what, missing,
                   ", but the environment has only", all.empty() ? " none" : all,
                   ": evaluate it on the task it was trained for");
  return out;
}

std::vector<std::string> names_of(const std::vector<camera>& cameras) {
  std::vector<std::string> out;
  out.reserve(cameras.size());
  for (const camera& c : cameras) out.push_back(c.name);
  return out;
}

}  // namespace flowkit::policy::detail
