#include <flowkit/io/json.hpp>
#include <flowkit/io/metrics.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <limits>
#include <system_error>

namespace flowkit {
namespace {

constexpr std::size_t pending_limit = std::size_t{1} << 14;

// ---- JSON lines ---------------------------------------------------------------------------------

using detail::file_handle;

/// Of a line, without its end. A longer one is neither written nor read.
constexpr index_t line_limit = 1'000'000;

index_t lines_in(std::string_view all, std::size_t bytes) {
  return std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(bytes), '\n');
}

/// The step of a complete, valid line; nothing otherwise.
std::optional<index_t> step_of(std::string_view line) {
  try {
    return parse_json(line, {.depth = 2, .bytes = line_limit}).at("step").as_integer();
  } catch (const invalid_input&) {
    return std::nullopt;
  }
}

/// Refuses to cut off a record that would have stayed: `cut` is where the lines that stay end.
void refuse_loss(const std::string& path, std::string_view all, std::size_t cut,
                 std::optional<index_t> resume_at) {
  for (std::size_t at = cut, end = 0; (end = all.find('\n', at)) != all.npos; at = end + 1) {
    const auto step = step_of(all.substr(at, end - at));
    if (!step || (resume_at && *step >= *resume_at)) continue;
    throw file_error(
        path, text("cannot be continued after line ", lines_in(all, cut), ": line ",
                   lines_in(all, cut) + 1, " is damaged or out of order, and the record of ",
                   "step ", *step, " in line ", lines_in(all, at) + 1, " behind it would be ",
                   "lost; repair or remove that line, or give another file name"));
  }
}

/// The leading lines of a file that stay.
struct kept_lines {
  std::size_t bytes = 0;
  index_t last_step = std::numeric_limits<index_t>::min();
};

/// The whole lines before step `resume_at`. What a torn write left behind them goes; a file that is
/// damaged before its end is refused, and so is one whose first line is no record, because it is
/// somebody else's.
kept_lines kept_prefix(const std::string& path, std::string_view all,
                       std::optional<index_t> resume_at) {
  kept_lines kept;
  for (std::size_t end = 0; (end = all.find('\n', kept.bytes)) != all.npos;) {
    const auto step = step_of(all.substr(kept.bytes, end - kept.bytes));
    if (!step && kept.bytes == 0) {
      throw file_error(path,
                       "begins with a line that is no record of metrics, so it is not ours to "
                       "continue; give another file name");
    }
    if (!step || (resume_at && *step >= *resume_at)) break;
    kept = {end + 1, *step};
  }
  refuse_loss(path, all, kept.bytes, resume_at);
  return kept;
}

/// Two runs that write lines to one file at once would overwrite each other's. The lock ends with
/// the descriptor, however the process ends; a file system without locks does without.
void lock_against_other_runs(const file_handle& file, const std::string& path) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  throw file_error(path,
                   "is being written by another run; wait until it ends, or give this one a "
                   "directory of its own");
}

/// Writes all or, as far as the system lets us, nothing: a part of a record would damage the file
/// for whoever goes on writing, for example when the disk is full for a while.
void append_whole(const file_handle& file, byte_view bytes, const std::string& path) {
  const off_t before = ::lseek(file.get(), 0, SEEK_CUR);
  try {
    detail::write_all(file, bytes, path);
  } catch (const file_error&) {
    if (before >= 0 && ::ftruncate(file.get(), before) == 0) ::lseek(file.get(), before, SEEK_SET);
    throw;
  }
}

// ---- TensorBoard --------------------------------------------------------------------------------

constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
  constexpr std::uint32_t polynomial = 0x82F63B78;  // Castagnoli, bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) * polynomial);
    table[i] = value;
  }
  return table;
}

constexpr auto crc32c_table = make_crc32c_table();

/// TFRecord stores checksums rotated and offset, because the CRC of data that contain their own CRC
/// is degenerate.
std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(detail::crc32c(detail::bytes_of(bytes)), 15) + 0xA282EAD8U;
}

std::string framed(std::string_view message) {
  std::string length;
  detail::append_little(length, static_cast<std::uint64_t>(message.size()));
  std::string out = length;
  detail::append_little(out, masked_crc(length));
  out += message;
  detail::append_little(out, masked_crc(message));
  return out;
}

// Protocol buffer wire format: a field is (number << 3 | type) and its payload.
enum class wire_type : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
  out.push_back(static_cast<char>(value));
}

void append_key(std::string& out, unsigned field, wire_type type) {
  append_varint(out, (field << 3U) | static_cast<unsigned>(type));
}

void append_field(std::string& out, unsigned field, std::string_view bytes) {
  append_key(out, field, wire_type::bytes);
  append_varint(out, bytes.size());
  out += bytes;
}

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
constexpr unsigned event_wall_time = 1;
constexpr unsigned event_step = 2;
constexpr unsigned event_file_version = 3;
constexpr unsigned event_summary = 5;
constexpr unsigned event_session_log = 7;
constexpr unsigned session_log_status = 1;
constexpr unsigned session_log_start = 1;
constexpr unsigned summary_value = 1;
constexpr unsigned value_tag = 1;
constexpr unsigned value_simple = 2;

std::string scalar_summary(std::string_view name, double value) {
  std::string inner;
  append_field(inner, value_tag, name);
  append_key(inner, value_simple, wire_type::fixed32);
  detail::append_little(inner, static_cast<float>(value));
  std::string summary;
  append_field(summary, summary_value, inner);
  std::string out;
  append_field(out, event_summary, summary);
  return out;
}

std::string session_start() {
  std::string status;
  append_key(status, session_log_status, wire_type::varint);
  append_varint(status, session_log_start);
  std::string out;
  append_field(out, event_session_log, status);
  return out;
}

void create_directories(const std::string& directory) {
  std::error_code problem;
  std::filesystem::create_directories(directory, problem);
  if (problem) throw file_error(directory, "cannot create directory: " + problem.message());
}

/// TensorBoard recognises event files by "tfevents" and reads them in the order of their names.
std::string event_file_path(const std::string& directory, double seconds) {
  static std::atomic<unsigned> counter{0};
  return text(directory, "/events.out.tfevents.", static_cast<std::int64_t>(seconds), ".",
              static_cast<std::int64_t>(::getpid()), ".", counter.fetch_add(1));
}

}  // namespace

wall_clock system_wall_clock() {
  return [] {
    using seconds = std::chrono::duration<double>;
    return seconds(std::chrono::system_clock::now().time_since_epoch()).count();
  };
}

json_lines_metrics::json_lines_metrics(const std::string& path, std::optional<index_t> resume_at)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666)) {
  if (!file_) detail::throw_system_error(path_, "cannot open for appending");
  lock_against_other_runs(file_, path_);
  const kept_lines kept =
      kept_prefix(path_, detail::chars_of(mapped_file(path_).bytes()), resume_at);
  step_ = kept.last_step;
  const auto end = static_cast<off_t>(kept.bytes);
  if (::ftruncate(file_.get(), end) != 0 || ::lseek(file_.get(), end, SEEK_SET) != end) {
    detail::throw_system_error(path_, "cannot continue after the last complete line");
  }
}

json_lines_metrics::~json_lines_metrics() {
  try {
    flush();
  } catch (const file_error&) {  // a destructor cannot report it
  }
}

void json_lines_metrics::record(index_t step, std::string_view name, double value) {
  FLOWKIT_VALIDATE(name != "step",
                   "a metric cannot be named \"step\": that field of a line counts the steps; "
                   "choose another name");
  FLOWKIT_VALIDATE(step >= step_, "step ", step, " comes after step ", step_, " in ", path_,
                   ", which could then not be continued: record steps in order, or open the file "
                   "with resume_at = ",
                   step, " to replace what follows");
  std::string field = ",";
  detail::append_json_string(field, name);
  field.push_back(':');
  // A name that comes again begins a line of its own: with the key twice a line would be no record.
  const bool begins = line_.empty() || step != step_ || line_.find(field) != line_.npos;
  const std::string start = begins ? text("{\"step\":", step) : std::string();
  detail::append_json_number(field, value);
  const auto length = static_cast<index_t>((begins ? start : line_).size() + field.size() + 1);
  FLOWKIT_VALIDATE(
      length <= line_limit, "the line of step ", step, " in ", path_, " would have ", length,
      " bytes with the metric \"", name.substr(0, 40), name.size() > 40 ? "...\"" : "\"",
      ", more than the ", line_limit,
      " that can be read again: give metrics shorter names, or record fewer in a step");
  if (begins) {
    flush();
    step_ = step;
    line_ = start;
  }
  line_ += field;
}

void json_lines_metrics::flush() {
  if (line_.empty()) return;
  const std::string line = std::exchange(line_, {}) + "}\n";
  append_whole(file_, detail::bytes_of(line), path_);
}

tensorboard_metrics::tensorboard_metrics(const std::string& directory,
                                         std::optional<index_t> resume_at, wall_clock clock)
    : clock_(std::move(clock)) {
  create_directories(directory);
  path_ = event_file_path(directory, clock_());
  file_ = detail::file_handle(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file_) detail::throw_system_error(path_, "cannot create");

  std::string version;
  append_field(version, event_file_version, "brain.Event:2");
  put(0, version);
  if (resume_at) put(*resume_at, session_start());
  flush();
}

tensorboard_metrics::~tensorboard_metrics() {
  try {
    flush();
  } catch (const file_error&) {  // a destructor cannot report it
  }
}

void tensorboard_metrics::put(index_t step, std::string_view fields) {
  std::string event;
  append_key(event, event_wall_time, wire_type::fixed64);
  detail::append_little(event, clock_());
  append_key(event, event_step, wire_type::varint);
  append_varint(event, static_cast<std::uint64_t>(step));
  event += fields;
  pending_ += framed(event);
}

void tensorboard_metrics::record(index_t step, std::string_view name, double value) {
  put(step, scalar_summary(name, value));
  if (pending_.size() >= pending_limit) flush();
}

void tensorboard_metrics::flush() {
  const std::string bytes = std::exchange(pending_, {});
  append_whole(file_, detail::bytes_of(bytes), path_);
}

std::unique_ptr<metrics_sink> open_run_metrics(const std::string& directory,
                                               std::optional<index_t> resume_at) {
  create_directories(directory);
  auto out = std::make_unique<metrics_fan_out>();
  out->add(std::make_unique<json_lines_metrics>(directory + "/metrics.jsonl", resume_at));
  out->add(std::make_unique<tensorboard_metrics>(directory, resume_at));
  return out;
}

namespace detail {

std::uint32_t crc32c(byte_view bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    crc = crc32c_table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFFU] ^ (crc >> 8U);
  }
  return ~crc;
}

}  // namespace detail
}  // namespace flowkit
