// Copies a data set from one format into another.
#pragma once

#include <flowkit/policy/data/demonstration_writer.hpp>
#include <flowkit/policy/data/demonstrations.hpp>

namespace flowkit::policy {

/// Writes a data set anew: to a zarr directory, or to a zip archive if `path` ends in ".zip".
/// Fields, per-episode values and attributes are equal bit for bit; chunks are cut and compressed
/// as the options say. A directory is written beside its name and renamed when complete, a zip
/// archive as one atomic file; throws file_error if `path` exists, before anything is read.
void convert(const demonstrations& data, const std::string& path,
             const writer_options& options = {});

}  // namespace flowkit::policy
