// The parts of a data set as its files hold them, before they are joined to demonstrations.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/data/store.hpp>

#include <functional>

namespace flowkit::policy::detail {

struct dataset_parts {
  std::vector<std::shared_ptr<const field_source>> fields;
  std::vector<index_t> ends;
  std::map<std::string, array> per_episode;
  json_value attributes;
};

/// Something about a file: whole data set if `field` is empty.
using trouble_handler = std::function<void(const std::string& field, const file_error& problem)>;

/// Rethrows: the first problem ends the reading.
void refuse(const std::string& field, const file_error& problem);

/// A store in the layout of Diffusion Policy. Problems of single fields go to `on_trouble`, which
/// may throw; a field with a problem is left out.
[[nodiscard]] dataset_parts read_zarr(const std::shared_ptr<const byte_store>& store,
                                      const demonstration_options& options,
                                      const trouble_handler& on_trouble);

/// Arrays of a .npz archive: episode_ends (or meta/episode_ends), and fields (or data/<field>).
[[nodiscard]] dataset_parts read_npz_fields(const blob& archive, const std::string& source,
                                            const demonstration_options& options);

/// A path of any of the formats.
[[nodiscard]] dataset_parts read_parts(const std::string& path,
                                       const demonstration_options& options,
                                       const trouble_handler& on_trouble);

/// An archive of any of the formats.
[[nodiscard]] dataset_parts read_archive_parts(const blob& archive, const std::string& source,
                                               const demonstration_options& options,
                                               const trouble_handler& on_trouble);

/// The exclusive ends of episodes: strictly increasing from above 0. Throws invalid_input with the
/// first place where they are not.
void check_ends(std::span<const index_t> ends, index_t first_number = 0, index_t before = 0);

}  // namespace flowkit::policy::detail
