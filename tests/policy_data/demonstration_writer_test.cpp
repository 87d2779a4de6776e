// Collections that are continued, killed in between, or fail: complete episodes always remain.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/demonstration_writer.hpp>
#include <flowkit/policy/data/validate.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <tuple>

#include "policy_data/data_fixture.hpp"

namespace flowkit::policy {
namespace {

namespace fs = std::filesystem;
using flowkit::testing::message_of;
using flowkit::testing::temporary_directory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(demonstration_writer, writes_what_a_reader_reads) {
  for (const compressor& how :
       {compressor{}, compressor{compression::none}, compressor{compression::gzip, 3}}) {
    temporary_directory dir;
    demonstration_writer writer(dir / "d.zarr", testing::layout(), testing::small_chunks(how));

    testing::write_episodes(writer, {3, 7, 1, 4});

    const demonstrations data(dir / "d.zarr");
    EXPECT_THAT(data.episode_ends(), ElementsAre(3, 10, 11, 15));
    testing::expect_reference(data, 15);
    EXPECT_EQ(data.per_episode().at("seed").converted<std::int64_t>(),
              (std::vector<std::int64_t>{100, 101, 102, 103}));
    EXPECT_EQ(data.attributes().at("task").as_string(), "reach");
    EXPECT_THAT(validate_demonstrations(dir / "d.zarr"), IsEmpty());
  }
}

TEST(demonstration_writer, continues_a_data_set) {
  temporary_directory dir;
  for (const index_t length : {5, 1, 8, 3}) {
    demonstration_writer writer(dir / "d.zarr", testing::layout(), testing::small_chunks());
    testing::write_episodes(writer, {length});
  }

  const demonstrations data(dir / "d.zarr");

  EXPECT_THAT(data.episode_ends(), ElementsAre(5, 6, 14, 17));
  testing::expect_reference(data, 17);
}

TEST(demonstration_writer, refuses_episodes_that_do_not_fit_and_stays_usable) {
  temporary_directory dir;
  demonstration_writer writer(dir / "d.zarr", testing::layout());
  const testing::episode_arrays good(0, 3, 1);
  auto missing = good.views();
  missing.pop_back();
  auto other_type = good.views();
  other_type[0].value = as_array(good.action, {3, 2});
  auto uneven = good.views();
  uneven[1].value = array_view(dtype::f32, {2, 2}, uneven[1].value.bytes().first(16));
  auto renamed = good.views();
  renamed[2].name = "image";

  for (const auto& bad : {missing, other_type, uneven, renamed}) {
    EXPECT_THROW(writer.append(bad), invalid_input);
  }
  writer.append(good.views());

  testing::expect_reference(demonstrations(dir / "d.zarr"), 3);
}

TEST(demonstration_writer, writes_several_episodes_at_once_or_none) {
  temporary_directory dir;
  demonstration_writer writer(dir / "d.zarr", testing::layout(), testing::small_chunks());
  const testing::episode_arrays first(0, 3, 0);
  const testing::episode_arrays second(3, 7, 1);
  const testing::episode_arrays third(10, 2, 2);
  const auto a = first.views();
  const auto b = second.views();
  const auto c = third.views();
  auto missing = c;
  missing.pop_back();
  using episodes = std::vector<std::span<const named_array_view>>;

  EXPECT_THROW(writer.append(episodes{a, b, missing}), invalid_input);
  EXPECT_EQ(writer.episodes(), 0);
  writer.append(episodes{});
  writer.append(episodes{a, b});
  writer.append(episodes{c});

  const demonstrations data(dir / "d.zarr");
  EXPECT_THAT(data.episode_ends(), ElementsAre(3, 10, 12));
  testing::expect_reference(data, 12);
  EXPECT_THAT(validate_demonstrations(dir / "d.zarr"), IsEmpty());
}

TEST(demonstration_writer, refuses_to_mix_data_sets) {
  temporary_directory dir;
  { demonstration_writer writer(dir / "d.zarr", testing::layout()); }
  auto other_shape = testing::layout();
  other_shape.fields[0].frame = {4};
  auto fewer = testing::layout();
  fewer.fields.pop_back();
  auto more = testing::layout();
  more.fields.push_back({"reward", dtype::f32, {}});
  auto other_task = testing::layout();
  other_task.attributes.set("task", "push");

  for (const auto& other : {other_shape, fewer, more, other_task}) {
    EXPECT_THROW(demonstration_writer(dir / "d.zarr", other), file_error);
  }
  EXPECT_NO_THROW(demonstration_writer(dir / "d.zarr", testing::layout()));
}

TEST(demonstration_writer, refuses_a_second_writer_and_foreign_directories) {
  temporary_directory dir;
  const demonstration_writer writer(dir / "d.zarr", testing::layout());
  fs::create_directory(dir / "other");

  const auto second =
      message_of<file_error>([&] { demonstration_writer(dir / "d.zarr", testing::layout()); });
  const auto foreign =
      message_of<file_error>([&] { demonstration_writer(dir / "other", testing::layout()); });

  EXPECT_THAT(second, HasSubstr("is being written by another process"));
  EXPECT_THAT(foreign, HasSubstr("has no meta/episode_ends"));
  EXPECT_THROW(demonstration_writer("/nowhere/at/all.zarr", testing::layout()), file_error);
}

TEST(demonstration_writer, refuses_layouts_that_cannot_be_written) {
  temporary_directory dir;
  const auto refused = [&](auto change) {
    auto layout = testing::layout();
    change(layout);
    EXPECT_THROW(demonstration_writer(dir / "d.zarr", layout), invalid_input);
  };

  refused([](auto& layout) { layout.fields[0].name = "../state"; });
  refused([](auto& layout) { layout.fields[0].name = "img"; });
  refused([](auto& layout) { layout.fields[0].name = "episode_ends"; });
  refused([](auto& layout) { layout.fields[0].frame = {0}; });
  refused([](auto& layout) { layout.fields[0].frame = {index_t{1} << 40, index_t{1} << 40}; });
  refused([](auto& layout) { layout.fields.clear(); });
  refused([](auto& layout) { layout.attributes = "text"; });
  EXPECT_EQ(dir.count(), 0);
}

/// Every file of a directory with its bytes.
std::map<std::string, std::string> snapshot(const std::string& path) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    out[entry.path().lexically_relative(path).string()] =
        flowkit::testing::read_text(entry.path().string());
  }
  return out;
}

void restore(const std::string& path, const std::map<std::string, std::string>& files) {
  fs::remove_all(path);
  for (const auto& [name, bytes] : files) {
    fs::create_directories(fs::path(path + "/" + name).parent_path());
    flowkit::testing::write_raw(path + "/" + name, bytes);
  }
}

/// The order that makes appending safe: chunks, descriptions, and the ends last.
int rank_of(const std::string& name) {
  if (name == "meta/episode_ends/.zarray") return 2;
  return name.ends_with("/.zarray") ? 1 : 0;
}

TEST(demonstration_writer, leaves_complete_episodes_between_any_two_files) {
  // Files are replaced one by one. Whatever part of them an append replaced when the process died
  // is, in the order in which it replaces them, between `before` and `after`; the order is read off
  // the modification times, whose clock is coarse: files of one tick may come in any safe order.
  temporary_directory dir;
  const std::string path = dir / "d.zarr";
  {
    demonstration_writer writer(path, testing::layout(), testing::small_chunks());
    testing::write_episodes(writer, {5, 6});
  }
  const auto before = snapshot(path);
  {
    demonstration_writer writer(path, testing::layout(), testing::small_chunks());
    testing::write_episodes(writer, {9});
  }
  const auto after = snapshot(path);
  std::set<std::tuple<fs::file_time_type, int, std::string>> order;
  for (const auto& [name, bytes] : after) {
    const auto old = before.find(name);
    if (old == before.end() || old->second != bytes) {
      order.emplace(fs::last_write_time(path + "/" + name), rank_of(name), name);
    }
  }
  ASSERT_GE(order.size(), 10U);
  int reached = 0;
  for (const auto& one : order) {
    EXPECT_GE(std::get<int>(one), reached) << std::get<std::string>(one);
    reached = std::get<int>(one);
  }
  ASSERT_EQ(reached, 2);

  auto files = before;
  for (const auto& one : order) {
    restore(path, files);
    testing::expect_reference(demonstrations(path), 11);
    for (const finding& found : validate_demonstrations(path)) {
      EXPECT_EQ(found.level, severity::note) << to_text(found);
    }
    demonstration_writer writer(path, testing::layout(), testing::small_chunks());
    testing::write_episodes(writer, {2});
    testing::expect_reference(demonstrations(path), 13);
    EXPECT_THAT(validate_demonstrations(path), IsEmpty());
    const std::string& name = std::get<std::string>(one);
    files[name] = after.at(name);
  }
}

TEST(demonstration_writer, survives_being_killed_at_any_moment) {
  temporary_directory dir;
  const std::string path = dir / "d.zarr";
  index_t frames = 0;
  for (int trial = 0; trial < 12; ++trial) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      demonstration_writer writer(path, testing::layout(), testing::small_chunks());
      while (true) testing::write_episodes(writer, {5});
    }
    ::usleep(static_cast<useconds_t>(20'000 + 7'000 * trial));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    // The child may have died before the data set had its name, or its first episode.
    if (!fs::exists(path)) continue;
    demonstration_writer writer(path, testing::layout(), testing::small_chunks());
    EXPECT_GE(writer.frames(), frames);
    testing::write_episodes(writer, {5});
    frames = writer.frames();

    testing::expect_reference(demonstrations(path), frames);
    EXPECT_THAT(validate_demonstrations(path), IsEmpty());
  }
  EXPECT_GT(frames, 0);
}

}  // namespace
}  // namespace flowkit::policy
