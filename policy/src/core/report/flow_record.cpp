#include "core/evaluation/record_reader.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/flow_record.hpp>

namespace flowkit::policy {
namespace {

using detail::record_reader;

constexpr std::string_view format = "flowkit.flow";

straightness_curve curve_of(const record_reader& in) {
  straightness_curve out{.method = in.text("method"),
                         .time = in.amounts("time"),
                         .deviation = in.amounts("deviation"),
                         .total = in.optional_amount("total")};
  if (out.time.size() != out.deviation.size()) in.fail("time", "has another length than deviation");
  return out;
}

solver_loss error_of(const record_reader& in) {
  solver_loss out{.method = in.text_or("method", ""),
                  .solver = in.text("solver"),
                  .evaluations = in.amount_or("evaluations", 0),
                  .error = in.amount_or("error", 0)};
  if (out.evaluations == 0) in.fail("evaluations", "a solver needs at least one");
  return out;
}

flow_record record_of(const json_value& document) {
  const record_reader in(document);
  in.expect_format(format);
  return {.straightness = in.each("straightness", curve_of), .errors = in.each("errors", error_of)};
}

}  // namespace

void write_flow_record(const std::string& path, const flow_record& record) {
  json_array curves;
  for (const straightness_curve& c : record.straightness) {
    json_value one = json_value{}
                         .set("method", c.method)
                         .set("time", detail::json_column(c.time))
                         .set("deviation", detail::json_column(c.deviation));
    detail::set_if(one, "total", c.total);
    curves.push_back(one);
  }
  json_array errors;
  for (const solver_loss& e : record.errors) {
    errors.push_back(json_value{}
                         .set("method", e.method)
                         .set("solver", e.solver)
                         .set("evaluations", e.evaluations)
                         .set("error", e.error));
  }
  json_value out = detail::new_document(format);
  out.set("straightness", curves).set("errors", errors);
  write_text_file(path, detail::document_text(out));
}

flow_record read_flow_record(const std::string& path) {
  return detail::read_document(path, record_of);
}

}  // namespace flowkit::policy
