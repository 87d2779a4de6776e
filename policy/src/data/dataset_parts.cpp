#include "data/dataset_parts.hpp"

#include "data/elements.hpp"

#include <flowkit/io/zip.hpp>
#include <flowkit/policy/data/zarr.hpp>

#include <algorithm>
#include <filesystem>

namespace flowkit::policy::detail {
namespace {

constexpr std::string_view ends_name = "episode_ends";
constexpr std::string_view ends_key = "meta/episode_ends";

/// Calls `action`; a file_error goes to the handler under the name of the field.
template <class Action>
void guarded(const std::string& field, const trouble_handler& on_trouble, Action&& action) {
  try {
    action();
  } catch (const file_error& problem) {
    on_trouble(field, problem);
  }
}

/// Ends block by block, each checked before the next is read: a file that promises more than it
/// holds is found out by its first fill values.
std::vector<index_t> read_ends(const std::shared_ptr<const byte_store>& store,
                               const demonstration_options& options) {
  const zarr_field field(store, std::string(ends_key), options.block_bytes);
  std::vector<index_t> out;
  try {
    FLOWKIT_VALIDATE(field.info().frame.empty(), "must have one axis, but has the shape ",
                     flowkit::to_text(field.metadata().shape));
    for (index_t block = 0; block < field.blocks(); ++block) {
      const frame_block values = field.load(block);
      const std::size_t start = out.size();
      const index_t before = start == 0 ? 0 : out.back();
      out.resize(start + static_cast<std::size_t>(values.count));
      const std::span<index_t> fresh = std::span(out).subspan(start);
      convert_elements<index_t>(field.info().type, values.bytes, fresh);
      check_ends(fresh, static_cast<index_t>(start), before);
    }
  } catch (const invalid_input& problem) {
    throw file_error(store->source(), text("field episode_ends: ", problem.what()));
  }
  return out;
}

/// The values of the first `episodes` episodes, or nothing if the array is not one per episode.
std::optional<array> read_per_episode(const zarr_field& field, index_t episodes,
                                      const demonstration_options& options) {
  if (field.frames() < episodes) return std::nullopt;
  array_shape shape = field.info().frame;
  shape.insert(shape.begin(), episodes);
  const auto bytes = byte_count(field.info().type, shape);
  if (!bytes || *bytes > options.block_bytes) return std::nullopt;
  std::vector<std::byte> out;
  for (index_t block = 0; static_cast<index_t>(out.size()) < *bytes; ++block) {
    const frame_block values = field.load(block);
    out.insert(out.end(), values.bytes.begin(), values.bytes.end());
  }
  out.resize(static_cast<std::size_t>(*bytes));
  return array(field.info().type, std::move(shape), std::move(out));
}

void read_meta(const std::shared_ptr<const byte_store>& store, const demonstration_options& options,
               const trouble_handler& on_trouble, dataset_parts& out) {
  const auto episodes = static_cast<index_t>(out.ends.size());
  for (const std::string& name : store->children("meta")) {
    const std::string key = "meta/" + name;
    if (name == ends_name || !valid_field_name(name) || !store->contains(key + "/.zarray"))
      continue;
    guarded(name, on_trouble, [&] {
      const zarr_field field(store, key, options.block_bytes);
      auto values = read_per_episode(field, episodes, options);
      if (!values) {
        throw file_error(store->source(),
                         text("field ", name, ": ", key, " has the shape ",
                              flowkit::to_text(field.metadata().shape),
                              ", not one entry for each of ", episodes, " episodes"));
      }
      out.per_episode.emplace(name, std::move(*values));
    });
  }
}

void read_fields(const std::shared_ptr<const byte_store>& store,
                 const demonstration_options& options, const trouble_handler& on_trouble,
                 dataset_parts& out) {
  for (const std::string& name : store->children("data")) {
    if (name.starts_with('.')) continue;
    guarded(name, on_trouble, [&] {
      if (!valid_field_name(name)) {
        throw file_error(store->source(), text("field ", to_json(name),
                                               ": a name must be 1 to 64 letters, digits, '_', '-' "
                                               "and '.'"));
      }
      out.fields.push_back(
          std::make_shared<const zarr_field>(store, "data/" + name, options.block_bytes));
    });
  }
}

json_value read_attributes(const byte_store& store) {
  const auto document = store.read(".zattrs", document_bytes_limit);
  if (!document) return nullptr;
  try {
    json_value out = parse_json(flowkit::detail::chars_of(document->bytes));
    FLOWKIT_VALIDATE(out.is_object(), "is not an object");
    return out;
  } catch (const invalid_input& problem) {
    throw file_error(store.source(), text(".zattrs: ", problem.what()));
  }
}

/// Explains what is missing for those who point at something else.
void check_layout(const byte_store& store) {
  if (store.contains(std::string(ends_key) + "/.zarray")) return;
  const bool newer = store.contains("zarr.json");
  throw file_error(store.source(),
                   newer ? "is zarr format 3; save it with zarr_format=2"
                         : "has no meta/episode_ends/.zarray: a data set is a zarr group with "
                           "data/<field> and meta/episode_ends, or a .npz file of such arrays");
}

/// Folder inside the archive that holds the data set: people also zip the folder itself.
std::string find_prefix(const zip_reader& archive) {
  const std::string wanted = std::string(ends_key) + "/.zarray";
  for (const zip_entry& entry : archive.entries()) {
    if (!entry.name.ends_with(wanted)) continue;
    std::string prefix = entry.name.substr(0, entry.name.size() - wanted.size());
    if (prefix.empty() || prefix.ends_with('/')) return prefix;
  }
  return {};
}

bool holds_npy(const zip_reader& archive) {
  const auto& entries = archive.entries();
  return !entries.empty() && std::all_of(entries.begin(), entries.end(), [](const zip_entry& e) {
    return e.name.ends_with(".npy");
  });
}

}  // namespace

void refuse(const std::string&, const file_error& problem) { throw problem; }

void check_ends(std::span<const index_t> ends, index_t first_number, index_t before) {
  for (std::size_t i = 0; i < ends.size(); ++i) {
    FLOWKIT_VALIDATE(ends[i] > before, "episode ", first_number + static_cast<index_t>(i),
                     " ends at frame ", ends[i], ", but must end after frame ", before);
    before = ends[i];
  }
}

dataset_parts read_zarr(const std::shared_ptr<const byte_store>& store,
                        const demonstration_options& options, const trouble_handler& on_trouble) {
  check_layout(*store);
  dataset_parts out;
  out.ends = read_ends(store, options);
  read_fields(store, options, on_trouble, out);
  read_meta(store, options, on_trouble, out);
  guarded("", on_trouble, [&] { out.attributes = read_attributes(*store); });
  return out;
}

dataset_parts read_archive_parts(const blob& archive, const std::string& source,
                                 const demonstration_options& options,
                                 const trouble_handler& on_trouble) {
  const zip_reader reader(archive.bytes, source);
  if (holds_npy(reader)) return read_npz_fields(archive, source, options);
  return read_zarr(open_archive(archive, source, find_prefix(reader)), options, on_trouble);
}

dataset_parts read_parts(const std::string& path, const demonstration_options& options,
                         const trouble_handler& on_trouble) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    return read_archive_parts(map_file(path), path, options, on_trouble);
  }
  return read_zarr(open_directory(path), options, on_trouble);
}

}  // namespace flowkit::policy::detail
