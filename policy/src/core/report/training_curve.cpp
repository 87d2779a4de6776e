#include <flowkit/io/file.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/policy/report/training_curve.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

constexpr std::size_t most_bytes = 64'000'000;
constexpr std::size_t most_metrics = 64;

training_curve& curve_named(std::vector<training_curve>& curves, const std::string& stage,
                            const std::string& metric) {
  const auto found = std::find_if(curves.begin(), curves.end(),
                                  [&](const training_curve& c) { return c.metric == metric; });
  if (found != curves.end()) return *found;
  FLOWKIT_VALIDATE(curves.size() < most_metrics, "there are more than ", most_metrics, " metrics");
  return curves.emplace_back(training_curve{.stage = stage, .metric = metric});
}

void read_line(std::vector<training_curve>& curves, const std::string& stage,
               std::string_view line) {
  const json_value record = parse_json(line, {.depth = 2, .bytes = 100'000});
  const double step = record.at("step").as_number();
  for (const json_member& member : record.as_object()) {
    if (member.name == "step") continue;
    training_curve& curve = curve_named(curves, stage, member.name);
    curve.values.push_back(member.value.as_number());
    curve.steps.push_back(step);
  }
}

}  // namespace

std::vector<training_curve> read_training_curves(const std::string& path,
                                                 const std::string& stage) {
  const mapped_file file(path);
  std::string_view rest = flowkit::detail::chars_of(file.bytes());
  if (rest.size() > most_bytes) {
    throw file_error(
        path, text("has ", rest.size(), " bytes; metrics of at most ", most_bytes, " are read"));
  }
  std::vector<training_curve> out;
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = rest.find('\n');
    if (end == rest.npos) return out;
    try {
      read_line(out, stage, rest.substr(0, end));
    } catch (const invalid_input& problem) {
      throw file_error(path, text("line ", number, ": ", problem.what()));
    }
    rest.remove_prefix(end + 1);
  }
}

training_curve thinned(const training_curve& curve, std::size_t points) {
  const std::size_t n = curve.steps.size();
  if (n <= points || points == 0) return curve;
  training_curve out{.stage = curve.stage, .metric = curve.metric};
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t begin = i * n / points;
    const std::size_t end = (i + 1) * n / points;
    double sum = 0;
    for (std::size_t j = begin; j < end; ++j) sum += curve.values[j];
    out.steps.push_back(curve.steps[end - 1]);
    out.values.push_back(sum / static_cast<double>(end - begin));
  }
  return out;
}

}  // namespace flowkit::policy
