// Fuzz target: the records of a run. Every reader looks at the input; it accepts it or says why
// not.
#include "input_file.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/report/couplings_record.hpp>
#include <flowkit/policy/report/flow_record.hpp>
#include <flowkit/policy/report/picture_record.hpp>
#include <flowkit/policy/report/run_info.hpp>
#include <flowkit/policy/report/sweep_record.hpp>
#include <flowkit/policy/report/training_curve.hpp>
#include <flowkit/policy/rollout/episode_journal.hpp>
#include <flowkit/policy/run/result_folder.hpp>
#include <flowkit/policy/stages/alignment_file.hpp>

namespace {

namespace fp = flowkit::policy;

/// Calls `read`; what it throws must be what its declaration says.
template <class Refusal, class Read>
void expect_refusal(const Read& read) {
  try {
    read();
  } catch (const Refusal&) {  // refused, as it should be
  }
}

/// What is accepted can be written and read again. A throw from here ends the program.
void survives(const fp::evaluation_result& result) noexcept {
  const std::string once = flowkit::to_json(fp::to_json_value(result));
  const auto again = fp::evaluation_from_json(flowkit::parse_json(once));
  if (flowkit::to_json(fp::to_json_value(again)) != once) std::abort();
}

void read_records(const std::string& path) {
  using flowkit::file_error;
  expect_refusal<file_error>([&] { survives(fp::read_evaluation(path)); });
  expect_refusal<file_error>([&] { (void)fp::read_run_info(path); });
  expect_refusal<file_error>([&] { (void)fp::read_sweep(path); });
  expect_refusal<file_error>([&] { (void)fp::read_flow_record(path); });
  expect_refusal<file_error>([&] { (void)fp::read_couplings_record(path); });
  expect_refusal<file_error>([&] { (void)fp::read_pictures(path); });
  expect_refusal<file_error>([&] {
    for (const fp::training_curve& curve : fp::read_training_curves(path, "stage")) {
      (void)fp::thinned(curve, 10);
    }
  });
  (void)fp::episode_journal(path).missing({1, 2, 3});
}

/// stage.json never stops a stage: what it cannot be is as good as none.
void read_stage(const std::string& folder) {
  const fp::result_folder stage(folder, {.name = "stage", .extent = "count"});
  (void)stage.complete();
  (void)stage.resumable();
  (void)stage.reason();
  expect_refusal<flowkit::error>([&] { (void)stage.summary(); });
}

/// The picture that pictures.json names: without it no list of pictures is ever accepted.
bool write_film(const std::string& folder) {
  const std::vector<std::uint8_t> frames(2 * 2 * 2 * 3, 100);
  flowkit::write_text_file(folder + "/film.png", fp::film_strip_png(frames, 2, 2, 2));
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const flowkit::testing::input_file file("stage.json");
  static const bool film [[maybe_unused]] = write_film(file.folder());
  file.write(data, size);
  read_records(file.path());
  read_stage(file.folder());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  expect_refusal<flowkit::error>(
      [&] { (void)fp::to_text(fp::summary_from_json(flowkit::parse_json(text))); });
  return 0;
}
