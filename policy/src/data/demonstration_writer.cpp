#include "data/dataset_parts.hpp"
#include "data/growing_array.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/io/file.hpp>
#include <flowkit/policy/data/demonstration_writer.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace flowkit::policy {
namespace {

using detail::growing_array;

const field_info ends_row = detail::ends_row();
using detail::ends_chunk_bytes;

void check_field(const field_info& field) {
  FLOWKIT_VALIDATE(valid_field_name(field.name), "\"", field.name,
                   "\" cannot name a field: use 1 to 64 letters, digits, '_', '-' and '.'");
  const bool positive = std::all_of(field.frame.begin(), field.frame.end(),
                                    [](index_t extent) { return extent > 0; });
  FLOWKIT_VALIDATE(positive && byte_count(field.type, field.frame), "field ", field,
                   " has an axis that is not positive, or is too large");
  FLOWKIT_VALIDATE(field.type != dtype::bf16, "field ", field, " has no element type of zarr");
}

void check_layout(const demonstration_layout& layout) {
  FLOWKIT_VALIDATE(!layout.fields.empty(), "a data set needs at least one field");
  FLOWKIT_VALIDATE(layout.attributes.is_null() || layout.attributes.is_object(),
                   "attributes must be an object, not ", layout.attributes.kind());
  std::vector<std::string> names{ends_row.name};
  for (const auto* fields : {&layout.fields, &layout.per_episode}) {
    for (const field_info& field : *fields) {
      check_field(field);
      const bool used = std::find(names.begin(), names.end(), field.name) != names.end();
      FLOWKIT_VALIDATE(!used, "two fields are named ", field.name);
      names.push_back(field.name);
    }
  }
}

/// The new, empty data set; appears at once.
void create(const std::string& path, const demonstration_layout& layout,
            const writer_options& options) {
  detail::new_directory sink(path);
  detail::put_group(sink, layout.attributes);
  const auto describe = [&](const std::string& folder, const field_info& field, index_t bytes) {
    growing_array(folder + field.name, field, options.compress, bytes).publish(sink);
  };
  for (const field_info& field : layout.fields) describe("data/", field, options.chunk_bytes);
  for (const field_info& field : layout.per_episode) describe("meta/", field, ends_chunk_bytes);
  describe("meta/", ends_row, ends_chunk_bytes);
  sink.commit();
}

/// Continues an array of a data set that exists.
growing_array reopen(const std::shared_ptr<const byte_store>& store, const std::string& folder,
                     const field_info& wanted, index_t rows, index_t block_limit) {
  const std::string key = folder + wanted.name;
  const zarr_field stored(store, key, block_limit);
  if (stored.info() != wanted) {
    throw file_error(store->source(),
                     text("field ", wanted.name, ": holds ", stored.info(), ", but ", wanted,
                          " is to be written; choose another "
                          "path"));
  }
  try {
    return {key, stored, rows};
  } catch (const invalid_input& problem) {
    throw file_error(store->source(), text("field ", wanted.name, ": ", problem.what()));
  }
}

/// Refuses arrays on disk that the layout lacks: they would not grow with the others.
void check_no_more(const byte_store& store, const std::string& folder,
                   const std::vector<field_info>& fields) {
  for (const std::string& name : store.children(folder)) {
    const bool known = name.starts_with('.') || name == ends_row.name ||
                       std::any_of(fields.begin(), fields.end(),
                                   [&](const field_info& field) { return field.name == name; });
    if (known) continue;
    throw file_error(store.source(), text("field ", name, ": ", folder, "/", name,
                                          " is not among the fields to be written; choose another "
                                          "path"));
  }
}

/// Held while a writer lives, so that two of them never share a data set.
flowkit::detail::file_handle lock_directory(const std::string& path) {
  flowkit::detail::file_handle out(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!out) flowkit::detail::throw_system_error(path, "cannot open directory");
  if (::flock(out.get(), LOCK_EX | LOCK_NB) != 0) {
    throw file_error(path, "is being written by another process");
  }
  return out;
}

}  // namespace

struct demonstration_writer::state {
  std::string path;
  detail::atomic_directory sink;
  flowkit::detail::file_handle lock;
  std::vector<growing_array> fields;
  std::vector<growing_array> per_episode;
  std::vector<growing_array> ends;  ///< one

  explicit state(const std::string& where)
      : path(where), sink(where), lock(lock_directory(where)) {}

  [[nodiscard]] index_t frames() const { return fields.front().rows(); }

  void open(const demonstration_layout& layout, const writer_options& options) {
    const auto store = open_directory(path);
    const demonstration_options limits;
    const auto parts = detail::read_zarr(store, limits, detail::refuse);
    check_no_more(*store, "data", layout.fields);
    check_no_more(*store, "meta", layout.per_episode);
    if (to_json(parts.attributes) != to_json(layout.attributes)) {
      throw file_error(path,
                       "has other attributes than the episodes to be written; choose another "
                       "path");
    }
    const index_t limit = std::max(limits.block_bytes, options.chunk_bytes);
    const auto episodes = static_cast<index_t>(parts.ends.size());
    const index_t frames = parts.ends.empty() ? 0 : parts.ends.back();
    for (const field_info& field : layout.fields) {
      fields.push_back(reopen(store, "data/", field, frames, limit));
    }
    for (const field_info& field : layout.per_episode) {
      per_episode.push_back(reopen(store, "meta/", field, episodes, limit));
    }
    ends.push_back(reopen(store, "meta/", ends_row, episodes, limit));
    // Frames of an episode that was not finished are forgotten.
    for (const auto* arrays : {&fields, &per_episode}) {
      for (const growing_array& array : *arrays) array.publish(sink);
    }
  }

  /// Bytes of an array of the episode, checked.
  [[nodiscard]] byte_view bytes_of(std::span<const named_array_view> episode,
                                   const growing_array& array, index_t rows) const {
    const field_info& info = array.row();
    const auto found =
        std::find_if(episode.begin(), episode.end(),
                     [&](const named_array_view& one) { return one.name == info.name; });
    FLOWKIT_VALIDATE(found != episode.end(), "the episode lacks the field ", info);
    array_shape shape = info.frame;
    if (rows > 0) shape.insert(shape.begin(), rows);
    FLOWKIT_VALIDATE(found->value.type() == info.type && found->value.shape() == shape, "field ",
                     info.name, " of the episode is ", found->value.type(), " ",
                     flowkit::to_text(found->value.shape()), ", but ", info.type, " ",
                     flowkit::to_text(shape), " is expected");
    return found->value.bytes();
  }

  static void add(std::vector<std::byte>& to, byte_view bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
  }

  [[nodiscard]] index_t count_frames(std::span<const named_array_view> episode) const {
    FLOWKIT_VALIDATE(episode.size() == fields.size() + per_episode.size(), "the episode has ",
                     episode.size(), " arrays, but the data set has ",
                     fields.size() + per_episode.size(), " fields");
    for (const named_array_view& one : episode) {
      if (one.name != fields.front().row().name) continue;
      FLOWKIT_VALIDATE(!one.value.shape().empty() && one.value.shape().front() > 0, "field ",
                       one.name, " of the episode has the shape ",
                       flowkit::to_text(one.value.shape()), "; an episode needs a frame");
      return one.value.shape().front();
    }
    return 1;  // the missing field is reported by name
  }

  void append(std::span<const std::span<const named_array_view>> episodes) {
    std::vector<std::vector<std::byte>> values(fields.size() + per_episode.size() + 1);
    index_t end = frames();
    for (const std::span<const named_array_view> episode : episodes) {
      const index_t count = count_frames(episode);
      auto to = values.begin();
      for (const growing_array& array : fields) add(*to++, bytes_of(episode, array, count));
      for (const growing_array& array : per_episode) add(*to++, bytes_of(episode, array, 0));
      end += count;
      add(*to, std::as_bytes(std::span(&end, 1)));
    }

    // The order makes it safe: chunks, then descriptions, and the ends last of all.
    std::vector<growing_array*> arrays;
    for (auto* group : {&fields, &per_episode, &ends}) {
      for (growing_array& array : *group) arrays.push_back(&array);
    }
    for (std::size_t i = 0; i < arrays.size(); ++i) arrays[i]->append(sink, values[i]);
    for (const growing_array* array : arrays) array->publish(sink);
    for (growing_array* array : arrays) array->accept();
  }
};

demonstration_writer::demonstration_writer(const std::string& path,
                                           const demonstration_layout& layout,
                                           const writer_options& options) {
  check_layout(layout);
  FLOWKIT_VALIDATE(options.chunk_bytes > 0, "chunks of ", options.chunk_bytes,
                   " bytes cannot be written");
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) create(path, layout, options);
  state_ = std::make_unique<state>(path);
  state_->open(layout, options);
}

demonstration_writer::demonstration_writer(demonstration_writer&&) noexcept = default;
demonstration_writer& demonstration_writer::operator=(demonstration_writer&&) noexcept = default;
demonstration_writer::~demonstration_writer() = default;

index_t demonstration_writer::episodes() const noexcept { return state_->ends.front().rows(); }
index_t demonstration_writer::frames() const noexcept { return state_->frames(); }

void demonstration_writer::append(std::span<const named_array_view> episode) {
  state_->append({&episode, 1});
}

void demonstration_writer::append(std::span<const std::span<const named_array_view>> episodes) {
  if (!episodes.empty()) state_->append(episodes);
}

}  // namespace flowkit::policy
