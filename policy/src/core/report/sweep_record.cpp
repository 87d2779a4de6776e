#include "core/evaluation/record_reader.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/sweep_record.hpp>

#include <cmath>

namespace flowkit::policy {
namespace {

using detail::record_reader;

constexpr std::string_view format = "flowkit.sweep";

sweep_point point_of(const record_reader& in) {
  sweep_point out{.series = in.text("series"),
                  .value = in.optional_number("value"),
                  .distance = in.optional_amount("distance"),
                  .seam = in.optional_amount("seam"),
                  .acceptance = in.optional_amount("acceptance"),
                  .coverage = in.optional_amount("coverage")};
  if (in.has("episodes")) {
    out.success = proportion{in.count("successes"), in.count("episodes")};
    if (out.success->successes > out.success->trials) {
      in.fail("successes", "there are more of them than episodes");
    }
  }
  return out;
}

axis_scale scale_of(const record_reader& in) {
  const std::string name = in.text_or("scale", "linear");
  if (name != "linear" && name != "log") in.fail("scale", "expected \"linear\" or \"log\"");
  return name == "log" ? axis_scale::log : axis_scale::linear;
}

sweep_record record_of(const json_value& document) {
  const record_reader in(document);
  in.expect_format(format);
  return {.parameter = in.text("parameter"),
          .caption = in.text_or("caption", ""),
          .scale = scale_of(in),
          .points = in.each("points", point_of),
          .policy = in.text_or("policy", ""),
          .settings = in.text_or("settings", "")};
}

/// A figure that is not finite was not measured.
std::optional<double> measured(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace

void write_sweep(const std::string& path, const sweep_record& record) {
  json_array points;
  for (const sweep_point& p : record.points) {
    json_value one = json_value{}.set("series", p.series);
    detail::set_if(one, "value", p.value);
    if (p.success) one.set("successes", p.success->successes).set("episodes", p.success->trials);
    detail::set_if(one, "distance", measured(p.distance));
    detail::set_if(one, "seam", measured(p.seam));
    detail::set_if(one, "acceptance", measured(p.acceptance));
    detail::set_if(one, "coverage", measured(p.coverage));
    points.push_back(one);
  }
  json_value out = detail::new_document(format);
  out.set("parameter", record.parameter).set("caption", record.caption);
  out.set("scale", record.scale == axis_scale::log ? "log" : "linear").set("points", points);
  detail::set_if(out, "policy", record.policy);
  detail::set_if(out, "settings", record.settings);
  write_text_file(path, detail::document_text(out));
}

sweep_record read_sweep(const std::string& path) { return detail::read_document(path, record_of); }

}  // namespace flowkit::policy
