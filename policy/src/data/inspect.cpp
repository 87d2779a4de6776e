#include "data/elements.hpp"

#include <flowkit/policy/data/inspect.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace flowkit::policy {
namespace {

constexpr index_t narrow = 64;  ///< numbers per frame up to which each is looked at by itself
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Goes over all numbers of a field once.
class field_scan {
 public:
  explicit field_scan(const field_info& info) {
    out_.info = info;
    out_.minimum = infinity;
    out_.maximum = -infinity;
    if (info.width() > narrow) return;
    out_.minima.assign(static_cast<std::size_t>(info.width()), infinity);
    out_.maxima.assign(static_cast<std::size_t>(info.width()), -infinity);
  }

  void add(byte_view frames) {
    const auto item = static_cast<std::size_t>(item_size(out_.info.type));
    numbers_.resize(frames.size() / item);
    detail::convert_elements<double>(out_.info.type, frames, numbers_);
    const std::size_t columns = out_.minima.size();
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const double value = numbers_[i];
      if (!std::isfinite(value)) {
        ++out_.not_finite;
        continue;
      }
      sum_ += value;
      ++count_;
      include(value, out_.minimum, out_.maximum);
      if (columns > 0) include(value, out_.minima[i % columns], out_.maxima[i % columns]);
    }
  }

  field_summary finish() {
    out_.mean = count_ > 0 ? sum_ / static_cast<double>(count_) : 0;
    if (count_ == 0) out_.minimum = out_.maximum = 0;
    for (std::size_t i = 0; i < out_.minima.size(); ++i) {
      if (out_.minima[i] == out_.maxima[i]) out_.constant.push_back(static_cast<index_t>(i));
      if (out_.minima[i] > out_.maxima[i]) out_.minima[i] = out_.maxima[i] = 0;
    }
    return std::move(out_);
  }

 private:
  static void include(double value, double& minimum, double& maximum) {
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
  }

  field_summary out_;
  std::vector<double> numbers_;
  double sum_ = 0;
  index_t count_ = 0;
};

field_summary scan(const demonstrations& data, std::size_t field) {
  field_scan out(data.fields()[field]);
  // In blocks as they are stored, so that memory stays small.
  const index_t step = data.source_of(field).block_frames();
  for (index_t first = 0; first < data.frames(); first += step) {
    data.visit(field, {first, std::min(step, data.frames() - first)},
               [&](byte_view frames) { out.add(frames); });
  }
  return out.finish();
}

std::string padded(std::string word, std::size_t width) {
  if (word.size() < width) word.append(width - word.size(), ' ');
  return word + "  ";
}

std::string short_number(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.6g", value);
  return out;
}

std::string field_line(const field_summary& field, std::size_t name_width) {
  std::string out =
      text("  ", padded(field.info.name, name_width), padded(text(field.info.type), 7),
           padded(flowkit::to_text(field.info.frame), 12), "from ", short_number(field.minimum),
           " to ", short_number(field.maximum), ", mean ", short_number(field.mean));
  if (!field.constant.empty()) {
    out += text("; constant: ", flowkit::to_text(field.constant));
  }
  if (field.not_finite > 0) out += text("; NOT FINITE: ", field.not_finite, " numbers");
  return out + "\n";
}

template <class T>
json_array list(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

json_value to_json_value(const field_info& info) {
  return json_object{
      {"name", info.name}, {"type", text(info.type)}, {"frame_shape", list(info.frame)}};
}

json_value to_json_value(const field_summary& field) {
  json_value out = to_json_value(field.info);
  out.set("minimum", field.minimum);
  out.set("maximum", field.maximum);
  out.set("mean", field.mean);
  out.set("not_finite", field.not_finite);
  if (field.minima.empty()) return out;
  out.set("constant", list(field.constant));
  out.set("minima", list(field.minima));
  out.set("maxima", list(field.maxima));
  return out;
}

}  // namespace

data_summary inspect(const demonstrations& data) {
  data_summary out;
  out.source = data.source();
  out.episodes = data.episodes();
  out.frames = data.frames();
  out.shortest = data.frames();
  for (index_t i = 0; i < data.episodes(); ++i) {
    out.shortest = std::min(out.shortest, data.episode(i).count);
    out.longest = std::max(out.longest, data.episode(i).count);
  }
  out.mean_length = static_cast<double>(out.frames) / static_cast<double>(out.episodes);
  for (std::size_t i = 0; i < data.fields().size(); ++i) out.fields.push_back(scan(data, i));
  for (const auto& [name, values] : data.per_episode()) {
    const array_shape& shape = values.shape();
    out.per_episode.push_back({name, values.type(), {shape.begin() + 1, shape.end()}});
  }
  out.attributes = data.attributes();
  return out;
}

std::string to_text(const data_summary& summary) {
  std::string out = text(summary.source, "\n  ", summary.episodes, " episodes, ", summary.frames,
                         " frames; lengths ", summary.shortest, " to ", summary.longest, ", mean ",
                         short_number(summary.mean_length), "\n");
  std::size_t width = 0;
  for (const field_summary& field : summary.fields) width = std::max(width, field.info.name.size());
  for (const field_summary& field : summary.fields) out += field_line(field, width);
  for (const field_info& info : summary.per_episode) out += text("  per episode: ", info, "\n");
  if (!summary.attributes.is_null())
    out += text("  attributes: ", to_json(summary.attributes), "\n");
  return out;
}

json_value to_json_value(const data_summary& summary) {
  json_array fields;
  for (const field_summary& field : summary.fields) fields.push_back(to_json_value(field));
  json_array per_episode;
  for (const field_info& info : summary.per_episode) per_episode.push_back(to_json_value(info));
  return json_object{{"source", summary.source},        {"episodes", summary.episodes},
                     {"frames", summary.frames},        {"shortest", summary.shortest},
                     {"longest", summary.longest},      {"mean_length", summary.mean_length},
                     {"fields", std::move(fields)},     {"per_episode", std::move(per_episode)},
                     {"attributes", summary.attributes}};
}

}  // namespace flowkit::policy
