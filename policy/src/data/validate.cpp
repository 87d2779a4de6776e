#include "data/dataset_parts.hpp"
#include "data/elements.hpp"

#include <flowkit/policy/data/validate.hpp>
#include <flowkit/policy/data/zarr.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit::policy {
namespace {

// A field with more problems than this is broken as a whole; the rest is counted.
constexpr index_t listed_per_field = 10;
// A field that lacks so many chunks was never written: a file can promise any number of them.
constexpr index_t absent_limit = 1000;

/// Collects what is found in one field.
class field_report {
 public:
  field_report(std::string file, std::string field, std::vector<finding>& out)
      : file_(std::move(file)), field_(std::move(field)), out_(out) {}

  void add(severity level, std::string what) {
    if (++count_ <= listed_per_field) out_.push_back({level, file_, field_, std::move(what)});
  }
  void finish() {
    if (count_ <= listed_per_field) return;
    out_.push_back({severity::problem, file_, field_,
                    text("and ", count_ - listed_per_field, " more findings")});
  }

 private:
  std::string file_;
  std::string field_;
  std::vector<finding>& out_;
  index_t count_ = 0;
};

/// The reason of a file_error without the data set and field, which stand in the finding; a file of
/// the data set is named by its path below it.
std::string reason_of(const file_error& problem, const std::string& path,
                      const std::string& field) {
  std::string_view what = problem.what();
  for (const std::string& start : {path + ": ", path + "/", text("field ", field, ": ")}) {
    if (what.starts_with(start)) what.remove_prefix(start.size());
  }
  return std::string(what);
}

/// Adds how many numbers of a block are `wrong`, and where the first one is.
template <class Wrong>
void count_numbers(const field_info& info, const frame_block& block, severity level,
                   const Wrong& wrong, std::string_view how, field_report& report) {
  std::vector<double> numbers(static_cast<std::size_t>(block.count * info.width()));
  detail::convert_elements<double>(info.type, block.bytes, numbers);
  const auto first = std::find_if(numbers.begin(), numbers.end(), wrong);
  if (first == numbers.end()) return;
  const index_t at = first - numbers.begin();
  report.add(level, text(std::count_if(first, numbers.end(), wrong), " numbers are ", how,
                         ", the first at frame ", block.first + at / info.width(), ", number ",
                         at % info.width()));
}

void check_numbers(const field_info& info, const frame_block& block, field_report& report) {
  const bool real = info.type == dtype::f32 || info.type == dtype::f64 || info.type == dtype::f16;
  if (!real) return;
  const auto wrong = [](double value) { return !std::isfinite(value); };
  const auto large = [](double value) { return std::isfinite(value) && !learnable(value); };
  count_numbers(info, block, severity::problem, wrong, "not finite", report);
  count_numbers(info, block, severity::note, large,
                text("above ", largest_learnable, " and cannot be learnt from"), report);
}

index_t absent_chunks(const field_source& source, index_t block) {
  const auto* const stored = dynamic_cast<const zarr_field*>(&source);
  return stored == nullptr ? 0 : stored->absent_chunks(block);
}

/// Decodes the blocks of the frames that belong to episodes.
void check_blocks(const std::string& path, const field_source& source, index_t frames,
                  field_report& report) {
  index_t absent = 0;
  const index_t blocks = (frames + source.block_frames() - 1) / source.block_frames();
  for (index_t block = 0; block < blocks && absent <= absent_limit; ++block) {
    try {
      absent += absent_chunks(source, block);
      check_numbers(source.info(), source.load(block), report);
    } catch (const file_error& problem) {
      report.add(severity::problem, reason_of(problem, path, source.info().name));
    }
  }
  if (absent > absent_limit) {
    report.add(severity::problem,
               text("more than ", absent_limit, " chunks are absent; the rest was not looked at"));
  } else if (absent > 0) {
    report.add(severity::note, text(absent, " chunks are absent and read as the fill value"));
  }
}

void check_field(const std::string& path, const field_source& source, index_t frames,
                 std::vector<finding>& out) {
  const field_info& info = source.info();
  field_report report(path, info.name, out);
  if (source.frames() < frames) {
    report.add(severity::problem,
               text("has ", source.frames(), " frames, but the last episode ends at ", frames));
  } else if (source.frames() > frames) {
    report.add(severity::note, text("has ", source.frames(), " frames; those from ", frames,
                                    " on belong to no episode and are ignored"));
  }
  check_blocks(path, source, std::min(frames, source.frames()), report);
  report.finish();
}

}  // namespace

std::string to_text(const finding& value) {
  const char* level = value.level == severity::note ? "note" : "problem";
  const std::string field = value.field.empty() ? "" : text("field ", value.field, ": ");
  return text(level, ": ", value.file, ": ", field, value.what);
}

std::vector<finding> validate_demonstrations(const std::string& path,
                                             const demonstration_options& options) {
  std::vector<finding> out;
  const auto collect = [&](const std::string& field, const file_error& problem) {
    out.push_back({severity::problem, path, field, reason_of(problem, path, field)});
  };
  try {
    const detail::dataset_parts parts = detail::read_parts(path, options, collect);
    if (parts.ends.empty()) out.push_back({severity::problem, path, "", "it has no episode"});
    if (parts.fields.empty()) out.push_back({severity::problem, path, "", "it has no field"});
    const index_t frames = parts.ends.empty() ? 0 : parts.ends.back();
    for (const auto& field : parts.fields) check_field(path, *field, frames, out);
  } catch (const file_error& problem) {
    collect("", problem);
  }
  return out;
}

void expect_learnable(const demonstrations& data, const std::vector<std::string>& fields) {
  std::vector<double> numbers;
  for (const std::string& name : fields) {
    const std::size_t field = data.field(name);
    const index_t width = data.fields()[field].width();
    for (index_t e = 0; e < data.episodes(); ++e) {
      const frame_range range = data.episode(e);
      numbers.resize(static_cast<std::size_t>(range.count * width));
      data.read<double>(field, range, numbers);
      const auto wrong = std::find_if_not(numbers.begin(), numbers.end(), learnable);
      if (wrong == numbers.end()) continue;
      const index_t at = wrong - numbers.begin();
      throw file_error(
          data.source(),
          text("field ", name, ": frame ", range.first + at / width, ", number ", at % width,
               " is ", *wrong, " (episode ", e, "): learning needs finite numbers of at most ",
               largest_learnable, "; repair it, or leave the episode out"));
    }
  }
}

}  // namespace flowkit::policy
