#include "core/evaluation/record_reader.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/couplings_record.hpp>

namespace flowkit::policy {
namespace {

using detail::record_reader;

constexpr std::string_view format = "flowkit.couplings";

json_value to_json_value(const distance_histogram& h) {
  return json_value{}
      .set("counts", detail::json_column(h.counts))
      .set("bin_end", h.bin_end)
      .set("mean", h.mean)
      .set("median", h.median)
      .set("p90", h.p90);
}

distance_histogram read_histogram(const record_reader& in, std::string_view name) {
  const auto part = in.object(name);
  if (!part) return {};
  return {.counts = part->counts("counts"),
          .bin_end = part->amount_or("bin_end", 0),
          .mean = part->amount_or("mean", 0),
          .median = part->amount_or("median", 0),
          .p90 = part->amount_or("p90", 0)};
}

json_value to_json_value(const mode_counts& modes) {
  json_value out = json_object{};
  for (const mode_count& m : modes) out.set(m.mode, m.count);
  return out;
}

mode_counts read_modes(const record_reader& in, std::string_view name) {
  mode_counts out;
  const auto part = in.object(name);
  if (!part) return out;
  for (const json_member& m : part->members()) out.push_back({m.name, part->count(m.name)});
  return out;
}

json_value to_json_value(const std::vector<projected_chunk>& chunks) {
  json_array out;
  out.reserve(chunks.size());
  for (const projected_chunk& chunk : chunks) {
    out.push_back(
        json_value{}.set("x", detail::json_column(chunk.x)).set("y", detail::json_column(chunk.y)));
  }
  return out;
}

std::vector<projected_chunk> read_chunks(const record_reader& in, std::string_view name) {
  return in.each(name, [](const record_reader& chunk) {
    projected_chunk out{.x = chunk.numbers("x"), .y = chunk.numbers("y")};
    if (out.x.size() != out.y.size()) chunk.fail("x", "has another length than y");
    return out;
  });
}

void check(const record_reader& in, const couplings_record& r) {
  const index_t kept = r.identical + r.no_expert_action + r.no_expert_feature;
  if (r.replaced > r.pairs || kept > r.pairs - r.replaced) {
    in.fail("pairs", "there are fewer of them than decisions");
  }
  if (r.replaced_by_other_window > r.replaced) {
    in.fail("replaced_by_other_window", "there are more of them than replacements");
  }
  if (r.before.counts.size() != r.after.counts.size()) {
    in.fail("after", "the histogram has another number of bins than before");
  }
  if (r.pairs_by_phase.size() != r.replaced_by_phase.size()) {
    in.fail("replaced_by_phase", "has another length than pairs_by_phase");
  }
}

couplings_record record_of(const json_value& document) {
  const record_reader in(document);
  in.expect_format(format);
  couplings_record out{.alignment = in.text_or("alignment", ""),
                       .pairs = in.count_or("pairs", 0),
                       .replaced = in.count_or("replaced", 0),
                       .replaced_by_other_window = in.count_or("replaced_by_other_window", 0),
                       .identical = in.count_or("identical", 0),
                       .no_expert_action = in.count_or("no_expert_action", 0),
                       .no_expert_feature = in.count_or("no_expert_feature", 0),
                       .unfinished = in.count_or("unfinished", 0),
                       .before = read_histogram(in, "before"),
                       .after = read_histogram(in, "after"),
                       .pairs_by_phase = in.counts("pairs_by_phase"),
                       .replaced_by_phase = in.counts("replaced_by_phase"),
                       .modes_before = read_modes(in, "modes_before"),
                       .modes_after = read_modes(in, "modes_after"),
                       .evaluations = in.optional_amount("evaluations"),
                       .generate_seconds = in.optional_amount("generate_seconds"),
                       .align_seconds = in.optional_amount("align_seconds"),
                       .x_label = in.text_or("x_label", ""),
                       .y_label = in.text_or("y_label", ""),
                       .experts = read_chunks(in, "experts"),
                       .generated = read_chunks(in, "generated"),
                       .aligned = read_chunks(in, "aligned")};
  check(in, out);
  return out;
}

void set_decisions(json_value& out, const couplings_record& r) {
  out.set("alignment", r.alignment).set("pairs", r.pairs).set("replaced", r.replaced);
  out.set("replaced_by_other_window", r.replaced_by_other_window).set("identical", r.identical);
  out.set("no_expert_action", r.no_expert_action).set("no_expert_feature", r.no_expert_feature);
  out.set("unfinished", r.unfinished);
}

}  // namespace

double couplings_record::acceptance() const noexcept {
  return pairs > 0 ? static_cast<double>(replaced) / static_cast<double>(pairs) : 0;
}

void write_couplings_record(const std::string& path, const couplings_record& r) {
  json_value out = detail::new_document(format);
  set_decisions(out, r);
  out.set("before", to_json_value(r.before)).set("after", to_json_value(r.after));
  out.set("pairs_by_phase", detail::json_column(r.pairs_by_phase));
  out.set("replaced_by_phase", detail::json_column(r.replaced_by_phase));
  out.set("modes_before", to_json_value(r.modes_before));
  out.set("modes_after", to_json_value(r.modes_after));
  detail::set_if(out, "evaluations", r.evaluations);
  detail::set_if(out, "generate_seconds", r.generate_seconds);
  detail::set_if(out, "align_seconds", r.align_seconds);
  detail::set_if(out, "x_label", r.x_label);
  detail::set_if(out, "y_label", r.y_label);
  out.set("experts", to_json_value(r.experts)).set("generated", to_json_value(r.generated));
  out.set("aligned", to_json_value(r.aligned));
  write_text_file(path, detail::document_text(out));
}

couplings_record read_couplings_record(const std::string& path) {
  return detail::read_document(path, record_of);
}

}  // namespace flowkit::policy
