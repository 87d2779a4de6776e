// Seeds of the fuzz targets are of use only while their readers accept them: formats change.
#include "support/files.hpp"

#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/report/couplings_record.hpp>
#include <flowkit/policy/report/flow_record.hpp>
#include <flowkit/policy/report/picture_record.hpp>
#include <flowkit/policy/report/run_info.hpp>
#include <flowkit/policy/report/sweep_record.hpp>
#include <flowkit/policy/report/training_curve.hpp>
#include <flowkit/policy/run/toml.hpp>
#include <flowkit/policy/stages/alignment_file.hpp>
#include <flowkit/policy/stages/couplings_file.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

namespace flowkit::policy {
namespace {

namespace fs = std::filesystem;

using reader = std::function<void(const std::string&)>;

/// Who reads the seeds of a folder, by file; a file of another name is read with those beside it.
std::map<std::string, reader> readers_of(const std::string& folder) {
  if (folder == "policy") {
    return {{"tiny.safetensors", [](const auto& p) { (void)policy_file(p); }}};
  }
  if (folder == "policy_couplings") {
    return {{"couplings.safetensors", [](const auto& p) { (void)couplings_file(p); }},
            {"aligned.safetensors", [](const auto& p) { (void)alignment_file(p); }}};
  }
  if (folder == "policy_toml") {
    return {{"config.toml", [](const auto& p) { (void)read_toml(p); }}};
  }
  return {
      {"couplings.json", [](const auto& p) { (void)read_couplings_record(p); }},
      {"evaluation.json", [](const auto& p) { (void)read_evaluation(p); }},
      {"flow.json", [](const auto& p) { (void)read_flow_record(p); }},
      {"metrics.jsonl", [](const auto& p) { (void)read_training_curves(p, "stage"); }},
      {"pictures.json", [](const auto& p) { EXPECT_FALSE(read_pictures(p).empty()); }},
      {"film.png",
       [](const auto& p) {  // the picture that pictures.json names
         const auto all = read_pictures((fs::path(p).parent_path() / "pictures.json").string());
         EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const picture_record& one) {
           return one.png == flowkit::testing::read_text(p);
         }));
       }},
      {"report.json", [](const auto& p) { (void)summary_from_json(read_json(p)); }},
      {"run.json", [](const auto& p) { (void)read_run_info(p); }},
      {"stage.json", [](const auto& p) { (void)read_json(p).at("outputs"); }},
      {"sweep.json", [](const auto& p) { (void)read_sweep(p); }},
  };
}

TEST(fuzz_seeds, are_accepted_by_their_readers) {
  std::size_t seen = 0;
  for (const auto& folder : fs::directory_iterator(FLOWKIT_TEST_DATA "/../fuzz/seeds")) {
    const std::map<std::string, reader> readers = readers_of(folder.path().filename().string());
    for (const auto& seed : fs::directory_iterator(folder)) {
      const auto read = readers.find(seed.path().filename().string());
      ASSERT_NE(read, readers.end()) << seed.path() << " has no reader here";
      EXPECT_NO_THROW(read->second(seed.path().string())) << seed.path();
      ++seen;
    }
  }
  EXPECT_EQ(seen, 14U);
}

}  // namespace
}  // namespace flowkit::policy
