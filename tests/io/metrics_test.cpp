// Metrics: lines that survive a kill, and event files that TensorBoard understands.
#include <flowkit/io/json.hpp>
#include <flowkit/io/metrics.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <bit>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <optional>

namespace flowkit {
namespace {

using ::testing::HasSubstr;
using testing::read_text;
using testing::temporary_directory;

TEST(json_lines, the_numbers_of_a_step_share_a_line) {
  const temporary_directory directory;

  {
    json_lines_metrics metrics(directory / "m.jsonl");
    metrics.record(0, "loss", 0.5);
    metrics.record(0, "rate", 1e-3);
    metrics.record(10, "loss", std::nan(""));
  }

  EXPECT_EQ(read_text(directory / "m.jsonl"),
            "{\"step\":0,\"loss\":0.5,\"rate\":0.001}\n{\"step\":10,\"loss\":\"NaN\"}\n");
}

TEST(json_lines, a_torn_last_line_is_removed_when_the_run_continues) {
  const temporary_directory directory;
  testing::write_raw(directory / "m.jsonl", "{\"step\":1,\"loss\":2}\n{\"step\":2,\"lo");

  {
    json_lines_metrics metrics(directory / "m.jsonl");
    metrics.record(2, "loss", 3);
  }

  EXPECT_EQ(read_text(directory / "m.jsonl"), "{\"step\":1,\"loss\":2}\n{\"step\":2,\"loss\":3}\n");
}

TEST(json_lines, garbage_at_the_end_is_removed) {
  const temporary_directory directory;
  testing::write_raw(directory / "m.jsonl", std::string("{\"step\":1}\n\0\0\0\n\n{\"st", 20));

  json_lines_metrics metrics(directory / "m.jsonl");

  EXPECT_EQ(read_text(directory / "m.jsonl"), "{\"step\":1}\n");
}

TEST(json_lines, records_behind_a_damaged_line_are_never_lost) {
  const temporary_directory directory;
  const std::string damaged = "{\"step\":1}\n{\"step\":2,\"lo\n{\"step\":3}\n{\"step\":4}\n";
  testing::write_raw(directory / "m.jsonl", damaged);

  for (const std::optional<index_t> resume_at : {std::optional<index_t>{}, {4}}) {
    const auto message = testing::message_of<file_error>(
        [&] { json_lines_metrics metrics(directory / "m.jsonl", resume_at); });

    EXPECT_THAT(message, HasSubstr("line 2 is damaged"));
    EXPECT_THAT(message, HasSubstr("step 3 in line 3"));
    EXPECT_EQ(read_text(directory / "m.jsonl"), damaged);
  }
}

TEST(json_lines, damage_behind_the_step_of_resumption_does_not_matter) {
  const temporary_directory directory;
  testing::write_raw(directory / "m.jsonl", "{\"step\":1}\n{\"st\n{\"step\":3}\n");

  json_lines_metrics metrics(directory / "m.jsonl", 2);

  EXPECT_EQ(read_text(directory / "m.jsonl"), "{\"step\":1}\n");
}

TEST(json_lines, earlier_steps_behind_later_ones_are_never_lost) {
  const temporary_directory directory;
  const std::string twice = "{\"step\":1}\n{\"step\":9}\n{\"step\":1}\n{\"step\":2}\n";
  testing::write_raw(directory / "m.jsonl", twice);

  EXPECT_THROW(json_lines_metrics(directory / "m.jsonl", 3), file_error);

  EXPECT_EQ(read_text(directory / "m.jsonl"), twice);
}

TEST(json_lines, a_name_that_comes_again_begins_a_line) {
  const temporary_directory directory;
  const std::string lines = "{\"step\":1,\"a\":1,\"b\":2}\n{\"step\":1,\"a\":3}\n";
  {
    json_lines_metrics metrics(directory / "m.jsonl");
    metrics.record(1, "a", 1);
    metrics.record(1, "b", 2);
    metrics.record(1, "a", 3);
    EXPECT_THROW(metrics.record(1, "step", 4), invalid_input);
  }
  EXPECT_EQ(read_text(directory / "m.jsonl"), lines);

  json_lines_metrics again(directory / "m.jsonl");

  EXPECT_EQ(read_text(directory / "m.jsonl"), lines);
}

TEST(json_lines, lines_that_could_not_be_read_again_are_refused) {
  const temporary_directory directory;
  const std::string longest(999'985, 'n');  // {"step":1,"...":2} of a million bytes
  {
    json_lines_metrics metrics(directory / "m.jsonl");
    metrics.record(0, "a", 1);
    EXPECT_THAT(testing::message_of<invalid_input>([&] { metrics.record(1, longest + "n", 2); }),
                HasSubstr("the line of step 1 in " + (directory / "m.jsonl") +
                          " would have 1000001 bytes with the metric \"nnn"));
    metrics.record(0, "b", 1);  // what was refused has not begun a step
    metrics.record(1, longest, 2);
    EXPECT_THROW(metrics.record(1, "a", 3), invalid_input);
  }
  const std::string lines = read_text(directory / "m.jsonl");
  EXPECT_EQ(lines, "{\"step\":0,\"a\":1,\"b\":1}\n{\"step\":1,\"" + longest + "\":2}\n");

  json_lines_metrics again(directory / "m.jsonl");

  EXPECT_EQ(read_text(directory / "m.jsonl"), lines);
}

TEST(json_lines, steps_that_fall_are_refused_before_the_file_cannot_be_continued) {
  const temporary_directory directory;
  const std::string lines = "{\"step\":1,\"a\":1}\n{\"step\":5,\"a\":2}\n";
  {
    json_lines_metrics metrics(directory / "m.jsonl");
    metrics.record(1, "a", 1);
    metrics.record(5, "a", 2);
    EXPECT_THAT(testing::message_of<invalid_input>([&] { metrics.record(3, "a", 3); }),
                HasSubstr("step 3 comes after step 5"));
  }
  EXPECT_EQ(read_text(directory / "m.jsonl"), lines);

  json_lines_metrics again(directory / "m.jsonl");
  EXPECT_THROW(again.record(4, "a", 3), invalid_input);
  again.record(5, "b", 3);
  again.flush();

  EXPECT_EQ(read_text(directory / "m.jsonl"), lines + "{\"step\":5,\"b\":3}\n");
}

TEST(json_lines, a_second_run_cannot_write_to_the_file) {
  const temporary_directory directory;
  json_lines_metrics first(directory / "m.jsonl");
  first.record(1, "a", 1);
  first.flush();

  const auto message =
      testing::message_of<file_error>([&] { json_lines_metrics second(directory / "m.jsonl"); });

  EXPECT_THAT(message, HasSubstr("another run"));
  EXPECT_EQ(read_text(directory / "m.jsonl"), "{\"step\":1,\"a\":1}\n");
}

/// Files of this process cannot grow beyond `bytes` while it lives, as on a full disk.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes) : before_signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit smaller{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &smaller);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;
  ~file_size_limit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_signal_);
  }

 private:
  void (*before_signal_)(int);
  rlimit before_{};
};

TEST(json_lines, a_line_that_did_not_fit_leaves_no_part_of_itself) {
  const temporary_directory directory;
  json_lines_metrics metrics(directory / "m.jsonl");
  metrics.record(1, "a", 1);
  metrics.flush();
  {
    const file_size_limit full(20);
    metrics.record(2, "a", 2);
    EXPECT_THROW(metrics.flush(), file_error);
  }

  metrics.record(3, "a", 3);
  metrics.flush();

  EXPECT_EQ(read_text(directory / "m.jsonl"), "{\"step\":1,\"a\":1}\n{\"step\":3,\"a\":3}\n");
}

TEST(json_lines, steps_that_will_be_recorded_again_are_removed) {
  const temporary_directory directory;
  testing::write_raw(directory / "m.jsonl", "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");

  json_lines_metrics metrics(directory / "m.jsonl", 2);

  EXPECT_EQ(read_text(directory / "m.jsonl"), "{\"step\":1}\n");
}

TEST(json_lines, a_file_of_something_else_is_refused_and_left_alone) {
  const temporary_directory directory;
  testing::write_raw(directory / "notes.csv", "a,b\n1,2\n");

  EXPECT_THROW(json_lines_metrics(directory / "notes.csv"), file_error);

  EXPECT_EQ(read_text(directory / "notes.csv"), "a,b\n1,2\n");
}

TEST(json_lines, a_path_that_cannot_be_opened_is_named) {
  const auto message =
      testing::message_of<file_error>([] { json_lines_metrics metrics("/nowhere/metrics.jsonl"); });

  EXPECT_THAT(message, HasSubstr("/nowhere/metrics.jsonl"));
}

TEST(crc32c, equals_the_check_values_of_rfc_3720) {
  EXPECT_EQ(detail::crc32c(detail::bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(detail::crc32c(detail::bytes_of(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(detail::crc32c(detail::bytes_of(std::string(32, '\xff'))), 0x62A8AB43U);
}

/// Splits an event file into its messages, checking frames and checksums.
std::vector<std::string> messages_of(const std::string& path) {
  const std::string all = read_text(path);
  const byte_view bytes = detail::bytes_of(all);
  const auto masked = [&](std::size_t at, std::size_t size) {
    return std::rotr(detail::crc32c(bytes.subspan(at, size)), 15) + 0xA282EAD8U;
  };
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = static_cast<std::size_t>(detail::load_little<std::uint64_t>(bytes, at));
    EXPECT_EQ(detail::load_little<std::uint32_t>(bytes, at + 8), masked(at, 8));
    EXPECT_EQ(detail::load_little<std::uint32_t>(bytes, at + 12 + length), masked(at + 12, length));
    out.push_back(all.substr(at + 12, length));
    at += 16 + length;
  }
  return out;
}

TEST(tensorboard, events_are_framed_protocol_buffers) {
  const temporary_directory directory;
  tensorboard_metrics metrics(directory / "run", std::nullopt, [] { return 0.0; });

  metrics.record(300, "loss", 0.5);
  metrics.flush();

  const auto messages = messages_of(metrics.path());
  const std::string time_zero = std::string("\x09") + std::string(8, '\0');
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0], time_zero + std::string("\x10\x00\x1a\x0d", 4) + "brain.Event:2");
  // step 300 = varint ac 02; summary { value { tag "loss", simple_value 0.5f } }
  EXPECT_EQ(messages[1], time_zero + std::string("\x10\xac\x02\x2a\x0d\x0a\x0b\x0a\x04", 9) +
                             "loss" + std::string("\x15\x00\x00\x00\x3f", 5));
  EXPECT_THAT(metrics.path(), HasSubstr("events.out.tfevents.0."));
}

TEST(tensorboard, a_resumed_run_says_where_it_begins) {
  const temporary_directory directory;
  tensorboard_metrics metrics(directory / "run", 300, [] { return 0.0; });

  const auto messages = messages_of(metrics.path());

  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1].substr(9), std::string("\x10\xac\x02\x3a\x02\x08\x01", 7));
}

TEST(run_metrics, both_sinks_receive_every_number) {
  const temporary_directory directory;

  open_run_metrics(directory / "run")->record(1, "loss", 2);

  EXPECT_EQ(read_text(directory / "run/metrics.jsonl"), "{\"step\":1,\"loss\":2}\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory / "run"), {}), 2);
}

}  // namespace
}  // namespace flowkit
