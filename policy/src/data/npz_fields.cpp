#include "data/dataset_parts.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/io/npy.hpp>
#include <flowkit/io/zip.hpp>

#include <algorithm>
#include <optional>

namespace flowkit::policy::detail {
namespace {

std::string array_name(std::string name) {
  name.resize(name.size() - std::string_view(".npy").size());
  for (const std::string_view folder : {"data/", "meta/"}) {
    if (name.starts_with(folder)) return name.substr(folder.size());
  }
  return name;
}

void check_budget(const zip_reader& archive, const demonstration_options& options) {
  std::uint64_t bytes = 0;
  for (const zip_entry& entry : archive.entries()) bytes += entry.size;
  const auto limit = static_cast<std::uint64_t>(options.cache_bytes + options.resident_bytes);
  if (bytes <= limit) return;
  throw file_error(
      archive.source(),
      text("holds ", bytes, " bytes of arrays, but a .npz file is read into memory and ", limit,
           " bytes are allowed; convert it to zarr with a higher limit"));
}

/// Places one array of a .npz file.
void place(std::string name, array values, std::optional<array>& ends, dataset_parts& out) {
  if (name == "episode_ends") {
    FLOWKIT_VALIDATE(values.shape().size() == 1,
                     "field episode_ends: must have one axis, but has the shape ",
                     flowkit::to_text(values.shape()));
    ends = std::move(values);
  } else {
    out.fields.push_back(field_in_memory(std::move(name), std::move(values)));
  }
}

/// Arrays as long as there are episodes, and not as frames, hold values per episode.
void move_per_episode(dataset_parts& out) {
  const auto episodes = static_cast<index_t>(out.ends.size());
  const auto belongs = [&](const auto& field) {
    return field->frames() == episodes && episodes < out.ends.back();
  };
  for (const auto& field : out.fields) {
    if (!belongs(field)) continue;
    array_shape shape = field->info().frame;
    shape.insert(shape.begin(), episodes);
    const frame_block all = field->load(0);
    out.per_episode.emplace(field->info().name, array(field->info().type, std::move(shape),
                                                      {all.bytes.begin(), all.bytes.end()}));
  }
  std::erase_if(out.fields, belongs);
}

}  // namespace

dataset_parts read_npz_fields(const blob& archive, const std::string& source,
                              const demonstration_options& options) {
  const zip_reader reader(archive.bytes, source);
  check_budget(reader, options);
  dataset_parts out;
  std::optional<array> ends;
  for (const zip_entry& entry : reader.entries()) {
    const std::string name = array_name(entry.name);
    std::vector<std::byte> scratch;
    array values = parse_npy(reader.read(entry, scratch), text(source, ": field ", name));
    try {
      place(name, std::move(values), ends, out);
    } catch (const invalid_input& problem) {
      throw file_error(source, problem.what());
    }
  }
  try {
    FLOWKIT_VALIDATE(ends, "is missing; it must hold the exclusive end of every episode");
    out.ends = ends->converted<index_t>();
    check_ends(out.ends);
  } catch (const invalid_input& problem) {
    throw file_error(source, text("field episode_ends: ", problem.what()));
  }
  if (!out.ends.empty()) move_per_episode(out);
  return out;
}

}  // namespace flowkit::policy::detail
