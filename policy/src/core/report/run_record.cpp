#include "core/report/present_files.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/io/file.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/report/run_record.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <tuple>
#include <utility>

namespace flowkit::policy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_entries = 1000;  // of one folder
constexpr std::size_t longest_configuration = 200'000;
constexpr std::size_t most_picture_bytes = std::size_t{48} << 20;

/// Entries of a folder in the order of their names; none if it does not exist.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code problem;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (out.size() < most_entries) out.push_back(at->path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// Calls `read(path)` if the file exists and notes what is wrong with it.
template <class Read>
void read_if_present(run_record& run, const fs::path& path, const Read& read) {
  if (!is_file(path)) return;
  try {
    read(path.string());
  } catch (const error& problem) {
    run.problems.emplace_back(problem.what());
  }
}

void read_configuration(run_record& run, const std::string& path) {
  const mapped_file file(path);
  const std::string_view all = flowkit::detail::chars_of(file.bytes());
  run.configuration = all.substr(0, longest_configuration);
  if (all.size() > longest_configuration) {
    run.problems.push_back(text(path, ": only the first ", longest_configuration, " of ",
                                all.size(), " bytes are shown"));
  }
}

std::size_t picture_bytes(const std::vector<picture_record>& pictures) {
  std::size_t out = 0;
  for (const picture_record& p : pictures) out += p.png.size();
  return out;
}

void add_pictures(run_record& run, const std::string& path) {
  std::vector<picture_record> found = read_pictures(path);
  if (picture_bytes(run.pictures) + picture_bytes(found) > most_picture_bytes) {
    throw file_error(path, text("is left out: the pictures of a report may have ",
                                most_picture_bytes, " bytes together"));
  }
  std::move(found.begin(), found.end(), std::back_inserter(run.pictures));
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void read_stage(run_record& run, const fs::path& folder, const detail::present_files& now) {
  const std::string stage = folder.filename().string();
  const std::string objection = now.objection(folder);
  if (!objection.empty()) {
    run.problems.push_back(text(stage, ": ", objection));
    const std::string policy = now.policy_of(folder);
    if (!policy.empty()) run.outdated.push_back(policy);
  }
  read_if_present(run, folder / run_files::metrics, [&](const std::string& path) {
    append(run.curves, read_training_curves(path, stage));
  });
  read_if_present(run, folder / run_files::couplings, [&](const std::string& path) {
    run.couplings.push_back({stage, read_couplings_record(path)});
  });
  read_if_present(run, folder / run_files::flow, [&](const std::string& path) {
    if (!objection.empty()) return;  // of a flow that is gone; students show what they were
    const flow_record found = read_flow_record(path);
    append(run.flow.straightness, found.straightness);
    append(run.flow.errors, found.errors);
  });
  read_if_present(run, folder / run_files::pictures,
                  [&](const std::string& path) { add_pictures(run, path); });
}

int rank_of(const std::string& method) {
  if (method == "expert") return 0;
  if (method == "base") return 1;
  if (method == "reflow") return 2;
  return method == "sefa" ? 4 : 3;
}

/// Ascending key of the order of tables.
auto key_of(const evaluation_result& r) {
  const index_t steps = r.steps > 0 ? r.steps : std::numeric_limits<index_t>::max();
  return std::make_tuple(std::cref(r.task), rank_of(r.method), std::cref(r.method), -steps,
                         std::cref(r.solver), r.training_seed);
}

/// Curves and couplings in the order in which the stages ran; others stay behind, by name.
void sort_by_stage(run_record& run) {
  const auto& stages = run.info.stages;
  const auto place = [&stages](const std::string& stage) {
    return std::find_if(stages.begin(), stages.end(),
                        [&stage](const stage_time& s) { return s.stage == stage; }) -
           stages.begin();
  };
  const auto earlier = [&place](const auto& a, const auto& b) {
    return place(a.stage) < place(b.stage);
  };
  std::stable_sort(run.curves.begin(), run.curves.end(), earlier);
  std::stable_sort(run.couplings.begin(), run.couplings.end(), earlier);
}

void read_evaluations(run_record& run, const fs::path& folder, const detail::present_files& now) {
  std::vector<std::pair<evaluation_result, fs::path>> found;
  const auto before = static_cast<std::ptrdiff_t>(run.problems.size());
  for (const fs::path& one : entries_of(folder)) {
    read_if_present(run, one / run_files::results, [&](const std::string& path) {
      evaluation_result result = read_evaluation(path);
      const std::string objection = now.objection(result);
      if (!objection.empty()) throw file_error(path, objection);
      found.emplace_back(std::move(result), one);
    });
  }
  run.lost_evaluations.assign(run.problems.begin() + before, run.problems.end());
  // Pictures come in the order of the table.
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return key_of(a.first) < key_of(b.first); });
  for (auto& [result, one] : found) {
    run.evaluations.push_back(std::move(result));
    read_if_present(run, one / run_files::pictures,
                    [&](const std::string& path) { add_pictures(run, path); });
  }
}

/// With which other settings a part of the run was made, as its description says.
std::string changes_of(const run_info& info, std::string_view part) {
  for (const named_text& d : info.differences) {
    if (d.name == part) return d.value;
  }
  return {};
}

std::string name_of(const fs::path& directory) {
  std::error_code problem;
  const fs::path whole = fs::weakly_canonical(directory, problem);
  return (problem || !whole.has_filename() ? directory : whole).filename().string();
}

}  // namespace

void sort_for_table(std::vector<evaluation_result>& evaluations) {
  std::stable_sort(evaluations.begin(), evaluations.end(),
                   [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
}

run_record read_run(const std::string& directory) {
  run_record described;
  read_if_present(described, fs::path(directory) / run_files::info,
                  [&](const std::string& path) { described.info = read_run_info(path); });
  run_record run = read_run(directory, std::move(described.info));
  run.problems.insert(run.problems.begin(), described.problems.begin(), described.problems.end());
  return run;
}

run_record read_run(const std::string& directory, run_info info) {
  const fs::path root(directory);
  std::error_code ignored;
  if (!fs::is_directory(root, ignored)) {
    throw file_error(directory, "is no directory: give the directory of a run");
  }
  run_record run{.name = name_of(root), .info = std::move(info)};
  read_if_present(run, root / run_files::configuration,
                  [&](const std::string& path) { read_configuration(run, path); });
  const detail::present_files now(root, entries_of(root));
  append(run.problems, now.problems());
  for (const fs::path& entry : entries_of(root)) {
    if (fs::is_directory(entry, ignored)) read_stage(run, entry, now);
  }
  sort_by_stage(run);
  read_evaluations(run, root / run_files::evaluations, now);
  for (const fs::path& entry : entries_of(root / run_files::sweeps)) {
    if (entry.extension() != ".json") continue;
    read_if_present(run, entry, [&](const std::string& path) {
      sweep_record sweep = read_sweep(path);
      const std::string objection = now.objection(sweep);
      if (!objection.empty()) throw file_error(path, objection);
      const std::string changes = changes_of(run.info, "sweeps/" + entry.stem().string());
      if (!changes.empty()) {
        throw file_error(
            path, text("is left out: it was made with other settings: ", changes, "; sweep again"));
      }
      run.sweeps.push_back(std::move(sweep));
    });
  }
  return run;
}

}  // namespace flowkit::policy
