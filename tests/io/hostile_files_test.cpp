// Files from outside: damaged references, and thousands of random changes to valid files. A loader
// either returns something or throws file_error; run with sanitizers this also shows that it reads
// nothing it does not own.
#include <flowkit/io/json.hpp>
#include <flowkit/io/npy.hpp>
#include <flowkit/io/npz.hpp>
#include <flowkit/io/safetensors.hpp>

#include "support/files.hpp"
#include "support/mutate.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <random>

namespace flowkit {
namespace {

using testing::golden;
using ::testing::HasSubstr;
using testing::message_of;
using testing::mutate;
using testing::read_text;
using ::testing::StartsWith;

/// Reads all that a file of a known kind holds.
void load(const std::string& path) {
  if (path.ends_with(".safetensors")) {
    const safetensors_file file(path);
    for (const auto& tensor : file.tensors()) (void)tensor.value.converted<double>();
  } else if (path.ends_with(".npz")) {
    (void)read_npz(path);
  } else {
    (void)read_npy(path);
  }
}

struct damaged {
  const char* file;
  const char* reason;
};

class damaged_file : public ::testing::TestWithParam<damaged> {};

TEST_P(damaged_file, is_refused_with_its_name_and_the_reason) {
  const std::string path = golden(std::string("broken/") + GetParam().file);

  const auto message = message_of<file_error>([&] { load(path); });

  EXPECT_THAT(message, StartsWith(path + ": "));
  EXPECT_THAT(message, HasSubstr(GetParam().reason));
}

const damaged damaged_files[] = {
    {"st_header_past_end.safetensors", "header of 1000000 bytes, but only"},
    {"st_overlap.safetensors", "\"b\" at bytes 8..24 overlaps"},
    {"st_size_mismatch.safetensors", "needs 24 bytes, but its offsets 0..20 give 20"},
    {"st_negative_shape.safetensors", "negative dimension"},
    {"st_header_huge.safetensors", "header of 9223372036854775808 bytes, more than the limit"},
    {"st_not_utf8.safetensors", "not UTF-8"},
    {"st_duplicate_key.safetensors", "\"x\" occurs twice"},
    {"npy_bad_magic.npy", "signature"},
    {"npy_object.npy", "Python objects, which are never loaded"},
    {"npy_short_data.npy", "needs 24 bytes of data, but 20 follow"},
    {"npz_truncated.npz", "cut off or not a zip archive"},
    {"npz_bomb.npz", "declares 1600000128 bytes, which cannot come out of"},
    {"npz_not_a_zip.npz", "not a zip archive"}};

INSTANTIATE_TEST_SUITE_P(broken, damaged_file, ::testing::ValuesIn(damaged_files));

TEST(damaged_files, every_reference_of_these_formats_is_covered) {
  const json_value rows = read_json(golden("broken/expect.json"));

  for (const json_value& row : rows.as_array()) {
    const std::string& file = row.at("file").as_string();
    // The others are data sets; tests/policy_data/hostile_data_test.cpp requires all rows.
    const bool ours = file.starts_with("st_") || file.starts_with("np");
    if (!ours) continue;
    const bool listed = std::any_of(std::begin(damaged_files), std::end(damaged_files),
                                    [&](const damaged& d) { return file == d.file; });
    EXPECT_EQ(listed, row.at("expect").as_string() == "error") << file;
    if (!listed) {
      EXPECT_NO_THROW(load(golden("broken/" + file))) << file;
    }
  }
}

/// What a fuzzed loader does with bytes.
using loader = std::function<void(byte_view)>;

void load_safetensors(byte_view bytes) {
  for (const auto& tensor : parse_safetensors(bytes, "fuzz").tensors) {
    (void)tensor.value.converted<double>();
  }
}

/// Returns how many of the mutants were refused.
int count_refused(const std::string& valid, const loader& load_bytes, int trials) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same mutants in every run
  int refused = 0;
  for (int i = 0; i < trials; ++i) {
    const std::string mutant = mutate(valid, random);
    try {
      load_bytes(detail::bytes_of(mutant));
    } catch (const error&) {
      ++refused;
    }
  }
  return refused;
}

struct fuzz_case {
  const char* name;
  std::string valid;
  loader load_bytes;
};

class mutated : public ::testing::TestWithParam<fuzz_case> {};

TEST_P(mutated, files_load_or_are_refused) {
  constexpr int trials = 4000;

  const int refused = count_refused(GetParam().valid, GetParam().load_bytes, trials);

  // Most changes hit something that matters, and some do not: both kinds must have occurred.
  EXPECT_GT(refused, trials / 10);
  EXPECT_LT(refused, trials);
}

const fuzz_case fuzz_cases[] = {
    {"safetensors", read_text(golden("broken/st_valid_padded.safetensors")), load_safetensors},
    {"npy", read_text(golden("formats/expected/arrays_f8.npy")),
     [](byte_view bytes) { (void)parse_npy(bytes, "fuzz"); }},
    {"npy_fortran", read_text(golden("broken/npy_valid_fortran.npy")),
     [](byte_view bytes) { (void)parse_npy(bytes, "fuzz"); }},
    {"npz_deflated", read_text(golden("formats/frames.npz")),
     [](byte_view bytes) { (void)parse_npz(bytes, "fuzz"); }},
    {"npz_stored", read_text(golden("formats/arrays.npz")),
     [](byte_view bytes) { (void)parse_npz(bytes, "fuzz"); }},
    {"json", read_text(golden("broken/expect.json")),
     [](byte_view bytes) { (void)to_json(parse_json(detail::chars_of(bytes))); }}};

INSTANTIATE_TEST_SUITE_P(loaders, mutated, ::testing::ValuesIn(fuzz_cases),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace flowkit
