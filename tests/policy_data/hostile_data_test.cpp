// Data sets from outside: damaged references, and thousands of random changes to valid ones. A
// reader either returns something or throws file_error; run with sanitizers this also shows that it
// reads nothing it does not own.
#include <flowkit/core/error.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/npy.hpp>
#include <flowkit/io/npz.hpp>
#include <flowkit/io/safetensors.hpp>
#include <flowkit/io/zip.hpp>
#include <flowkit/policy/data/convert.hpp>
#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/data/inspect.hpp>
#include <flowkit/policy/data/validate.hpp>
#include <flowkit/policy/data/zarr.hpp>

#include "support/files.hpp"
#include "support/mutate.hpp"

#include <gmock/gmock.h>

#include "policy_data/data_fixture.hpp"

namespace flowkit::policy {
namespace {

namespace fs = std::filesystem;
using flowkit::testing::golden;
using flowkit::testing::message_of;
using flowkit::testing::mutate;
using flowkit::testing::read_text;
using flowkit::testing::temporary_directory;
using flowkit::testing::write_raw;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Little memory, so that a reader that believes a file is noticed.
constexpr demonstration_options small{
    .cache_bytes = 1 << 20, .resident_bytes = 1 << 20, .block_bytes = 1 << 20};

void load(const demonstrations& data) {
  for (const field_info& field : data.fields()) (void)data.read_all<double>(field.name);
}

/// Counts refusals; anything else than file_error ends the test.
template <class Action>
int refused(Action&& action) {
  try {
    action();
  } catch (const file_error&) {
    return 1;
  }
  return 0;
}

struct damaged {
  const char* path;
  const char* reason;
};

TEST(damaged_data, is_refused_with_its_name_and_the_reason) {
  const damaged cases[] = {
      {"broken/zarr_bad_compressor", "field action: data/action/.zarray: the compressor \"nope\""},
      {"broken/zarr_chunk_truncated", "field action: data/action/"},
      {"broken/zarr_ends_decreasing", "field episode_ends: episode 1 ends at frame 3"},
      {"broken/npz_bomb.npz", "declares 1600000128 bytes"},
      {"broken/npz_not_a_zip.npz", "not a zip archive"},
      {"broken/hdf5_truncated.hdf5", "not a zip archive"},
      {"formats/frames.npz", "field episode_ends: is missing"},
      {"formats/blosc.zarr", "has no meta/episode_ends/.zarray"},
      {"formats/expected/arrays_f4.npy", "not a zip archive"}};
  for (const damaged& one : cases) {
    const std::string path = golden(one.path);
    const auto message = message_of<file_error>([&] { load(demonstrations(path)); });
    EXPECT_THAT(message, StartsWith(path + ": "));
    EXPECT_THAT(message, HasSubstr(one.reason));
  }
}

/// Reads all that a reference holds with the reader of its kind: a single array, tensors, or else a
/// data set.
void load_reference(const std::string& path) {
  if (path.ends_with(".npy")) {
    (void)read_npy(path);
  } else if (path.ends_with(".safetensors")) {
    const safetensors_file file(path);
    for (const auto& tensor : file.tensors()) (void)tensor.value.converted<double>();
  } else {
    load(demonstrations(path));
  }
}

TEST(damaged_data, every_reference_is_stored_and_read_or_refused_as_the_list_says) {
  const json_value list = read_json(golden("broken/expect.json"));
  const auto& listed = list.as_array();
  for (const json_value& row : listed) {
    const std::string& file = row.at("file").as_string();
    const std::string& expected = row.at("expect").as_string();
    ASSERT_TRUE(fs::exists(golden("broken/" + file))) << file;

    const int times = refused([&] { load_reference(golden("broken/" + file)); });

    EXPECT_EQ(times, expected == "error" ? 1 : 0) << file << ": " << expected;
  }
  // A reference that the list lacks would never be read.
  const auto stored = std::distance(fs::directory_iterator(golden("broken")), {});
  EXPECT_EQ(stored, static_cast<std::ptrdiff_t>(listed.size()) + 1) << "beside the list itself";
}

/// A copy of the reference data set.
std::string copy_of_reference(const temporary_directory& dir) {
  fs::copy(golden("formats/replay.zarr"), dir / "d.zarr", fs::copy_options::recursive);
  return dir / "d.zarr";
}

/// What reading a data set says, which must be all the problems that its validation finds.
std::string refusal_of(const std::string& path) {
  std::string found;
  for (const finding& one : validate_demonstrations(path)) {
    if (one.level == severity::problem) found += one.what;
  }
  auto message = message_of<file_error>([&] { load(demonstrations(path)); });
  EXPECT_THAT(message, ::testing::EndsWith(found));
  return message;
}

TEST(damaged_data, chunks_behind_links_to_nowhere_are_not_absent) {
  for (const char* target : {"nowhere", "0.0"}) {  // missing, and a circle
    const temporary_directory dir;
    const std::string path = copy_of_reference(dir);
    fs::remove(path + "/data/action/0.0");
    fs::create_symlink(target, path + "/data/action/0.0");

    EXPECT_THAT(refusal_of(path), HasSubstr("d.zarr: data/action/0.0: ")) << target;
  }
}

TEST(damaged_data, chunks_in_folders_that_are_links_to_nowhere_are_not_absent) {
  const temporary_directory dir;
  const std::string path = copy_of_reference(dir);
  zarr_metadata metadata =
      parse_zarray(read_text(golden("formats/replay.zarr/data/action/.zarray")));
  metadata.separator = '/';
  write_raw(path + "/data/action/.zarray", to_zarray(metadata));
  fs::create_symlink("nowhere", path + "/data/action/0");

  EXPECT_THAT(refusal_of(path), HasSubstr("data/action/0: is a symbolic link to a file that is"));
}

TEST(damaged_data, chunks_that_may_not_be_reached_are_not_absent) {
  // No permission keeps root out; links to nowhere and in a circle, above, are tested as root, too.
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const temporary_directory dir;
  const std::string path = copy_of_reference(dir);
  const demonstrations opened(path);
  fs::permissions(path + "/data/action", fs::perms::none);

  const auto message = message_of<file_error>([&] { load(opened); });
  fs::permissions(path + "/data/action", fs::perms::owner_all);

  EXPECT_THAT(message, HasSubstr("data/action/0.0: cannot be reached: Permission denied"));
}

TEST(damaged_data, absent_chunks_read_as_zeros_and_nothing_else) {
  const demonstrations data(golden("broken/zarr_missing_chunk"));

  const auto action = data.read_all<float>("action");

  const auto zeros = std::count(action.begin() + 4 * 64, action.begin() + 8 * 64, 0.0F);
  EXPECT_EQ(zeros, 4 * 64);
}

std::string npz_bytes() {
  temporary_directory dir;
  const testing::episode_arrays all(0, 5, 0);
  auto arrays = all.views();
  const std::vector<std::int64_t> ends{2, 5};
  arrays[3] = {"episode_ends", as_array(ends, {2})};
  write_npz(dir / "x.npz", arrays, npz_compression::deflate);
  return read_text(dir / "x.npz");
}

TEST(mutated_archives, load_or_are_refused) {
  constexpr int trials = 3000;
  for (const std::string& valid : {read_text(golden("formats/replay.zarr.zip")), npz_bytes()}) {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same mutants in every run
    int count = 0;
    for (int i = 0; i < trials; ++i) {
      const std::string mutant = mutate(valid, random);
      count +=
          refused([&] { load(demonstrations(flowkit::detail::bytes_of(mutant), "fuzz", small)); });
    }
    EXPECT_GT(count, trials / 10);
    EXPECT_LT(count, trials);
  }
}

TEST(mutated_directories, load_or_are_refused) {
  // One file at a time: a zip archive would find most of these changes by its checksums.
  constexpr int trials = 1500;
  temporary_directory dir;
  const std::string path = dir / "d.zarr";
  fs::copy(golden("formats/replay.zarr"), path, fs::copy_options::recursive);
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::mt19937 random(2);  // NOLINT(cert-msc51-cpp): the same mutants in every run
  int count = 0;
  for (int i = 0; i < trials; ++i) {
    const std::string& file = files[random() % files.size()];
    const std::string valid = read_text(file);
    write_raw(file, mutate(valid, random));

    const int opened = refused([&] { load(demonstrations(path, small)); });
    const auto found = validate_demonstrations(path, small);

    // What cannot be read is found by the validation too.
    EXPECT_LE(opened, static_cast<int>(found.size())) << file;
    count += opened;
    write_raw(file, valid);
  }
  EXPECT_GT(count, trials / 10);
  EXPECT_LT(count, trials);
}

TEST(mutated_descriptions, are_read_or_refused) {
  const std::string valid = read_text(golden("formats/replay.zarr/data/img/.zarray"));
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same mutants in every run
  int count = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string mutant = mutate(valid, random);
    try {
      (void)to_zarray(parse_zarray(mutant));
    } catch (const invalid_input&) {
      ++count;
    }
  }
  EXPECT_GT(count, 500);
  EXPECT_LT(count, 5000);
}

TEST(mutated_chunks, are_decompressed_or_refused) {
  const std::string path = golden("formats/replay.zarr/data/");
  for (const char* chunk : {"img/0.0.0.0", "action/0.0", "state/0.0"}) {
    const std::string valid = read_text(path + chunk);
    const auto size =
        flowkit::detail::load_little<std::uint32_t>(flowkit::detail::bytes_of(valid), 4);
    std::mt19937 random(4);  // NOLINT(cert-msc51-cpp): the same mutants in every run
    int count = 0;
    for (int i = 0; i < 3000; ++i) {
      const std::string mutant = mutate(valid, random);
      try {
        (void)decompress({}, {flowkit::detail::bytes_of(mutant), nullptr}, size);
      } catch (const invalid_input&) {
        ++count;
      }
    }
    EXPECT_GT(count, 300) << chunk;
    EXPECT_LT(count, 3000) << chunk;
  }
}

TEST(hostile_archives, entries_larger_than_a_chunk_can_be_are_not_inflated) {
  constexpr std::size_t large = std::size_t{64} << 20;
  temporary_directory dir;
  {
    const std::string reference = read_text(golden("formats/replay.zarr.zip"));
    const zip_reader reader(flowkit::detail::bytes_of(reference), "reference");
    atomic_file file(dir / "bomb.zip");
    zip_writer writer(file);
    const std::vector<std::byte> zeros(large);
    std::vector<std::byte> scratch;
    for (const zip_entry& entry : reader.entries()) {
      const bool chunk = entry.name.ends_with("data/action/0.0");
      const byte_view content = chunk ? byte_view(zeros) : reader.read(entry, scratch);
      writer.add(entry.name, {content}, zip_method::deflated);
    }
    writer.finish();
    file.commit();
  }

  const auto message = message_of<file_error>([&] { load(demonstrations(dir / "bomb.zip")); });

  EXPECT_THAT(message, HasSubstr(text("data/action/0.0: has ", large, " bytes, but at most ")));
}

/// An archive with the reference data set and one more entry.
void write_archive_with(const std::string& path, const std::string& extra) {
  const std::string bytes = read_text(golden("formats/replay.zarr.zip"));
  const zip_reader reader(flowkit::detail::bytes_of(bytes), "reference");
  const std::string description = read_text(golden("formats/replay.zarr/data/state/.zarray"));
  atomic_file file(path);
  zip_writer writer(file);
  std::vector<std::byte> scratch;
  for (const zip_entry& entry : reader.entries()) {
    writer.add(entry.name, {reader.read(entry, scratch)}, zip_method::stored);
  }
  writer.add(extra, {flowkit::detail::bytes_of(description)}, zip_method::stored);
  writer.finish();
  file.commit();
}

TEST(hostile_archives, cannot_name_paths) {
  temporary_directory dir;
  for (const char* name : {"data/a\\b/.zarray", "data/ /.zarray", "data/\xC3\xA4/.zarray"}) {
    write_archive_with(dir / "x.zip", name);
    const auto message = message_of<file_error>([&] { (void)demonstrations(dir / "x.zip"); });
    EXPECT_THAT(message, HasSubstr("a name must be 1 to 64 letters")) << name;
    fs::remove(dir / "x.zip");
  }
}

TEST(hostile_archives, never_write_outside_of_a_conversion) {
  temporary_directory dir;
  fs::create_directory(dir / "inner");
  for (const char* name : {"../evil/.zarray", "data/../../evil/.zarray", "/data/evil/.zarray",
                           "meta/../../evil/.zarray", "data/.hidden/.zarray"}) {
    write_archive_with(dir / "inner/x.zip", name);

    convert(demonstrations(dir / "inner/x.zip"), dir / "inner/y.zarr");

    EXPECT_EQ(dir.count(), 1) << name;
    EXPECT_EQ(demonstrations(dir / "inner/y.zarr").fields().size(), 3U) << name;
    fs::remove_all(dir / "inner/y.zarr");
    fs::remove(dir / "inner/x.zip");
  }
}

TEST(hostile_directories, that_promise_much_cost_little) {
  // 2^31 - 1 frames of a kibibyte, of which not one chunk exists.
  temporary_directory dir;
  const index_t many = std::numeric_limits<row_t>::max();
  zarr_metadata metadata;
  metadata.fill.resize(4);
  metadata.shape = {many, 256};
  metadata.chunks = {16, 256};
  fs::create_directories(dir / "data/x");
  fs::create_directories(dir / "meta/episode_ends");
  write_raw(dir / "data/x/.zarray", to_zarray(metadata));
  metadata.type = dtype::i64;
  metadata.fill.resize(8);
  metadata.shape = {1};
  metadata.chunks = {1};
  metadata.compress.method = compression::none;
  write_raw(dir / "meta/episode_ends/.zarray", to_zarray(metadata));
  write_raw(dir / "meta/episode_ends/0", {reinterpret_cast<const char*>(&many), 8});

  const demonstrations data(dir.path());
  std::vector<float> frame(256, 1);
  data.read<float>(0, {many - 1, 1}, frame);
  const auto found = validate_demonstrations(dir.path());

  EXPECT_EQ(frame, std::vector<float>(256));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].what, HasSubstr("more than 1000 chunks are absent"));
}

}  // namespace
}  // namespace flowkit::policy
