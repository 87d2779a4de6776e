#include "data/growing_array.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/convert.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace flowkit::policy {
namespace {

namespace fs = std::filesystem;

/// Whether a path that need not exist lies in a folder.
bool lies_in(const std::string& path, const std::string& folder) {
  std::error_code ignored;
  const fs::path inner = fs::weakly_canonical(fs::absolute(path, ignored), ignored);
  const fs::path outer = fs::canonical(folder, ignored);
  if (outer.empty()) return false;
  const auto parts = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return parts.first == outer.end();
}

void check_target(const std::string& source, const std::string& path) {
  if (path.ends_with(".npz")) {
    throw file_error(path,
                     "cannot be written as an npz file: give a path that ends in .zip for an "
                     "archive, or another one for a directory");
  }
  if (lies_in(path, source)) {
    throw file_error(path, text("lies in ", source,
                                ", which is converted and stays as it is: give a path outside"));
  }
}

/// Chunk by chunk, so that no chunk is written twice and memory is one chunk.
void copy_field(const demonstrations& data, std::size_t field, const writer_options& options,
                detail::file_sink& sink) {
  const field_info& info = data.fields()[field];
  detail::growing_array out("data/" + info.name, info, options.compress, options.chunk_bytes);
  std::vector<std::byte> rows;
  while (out.rows() < data.frames()) {
    const index_t count = std::min(out.rows_per_chunk(), data.frames() - out.rows());
    rows.clear();
    data.visit(field, {out.rows(), count},
               [&](byte_view bytes) { rows.insert(rows.end(), bytes.begin(), bytes.end()); });
    out.append(sink, rows);
    out.accept();
  }
  out.publish(sink);
}

void copy_per_episode(const field_info& row, byte_view values, const writer_options& options,
                      detail::file_sink& sink) {
  detail::growing_array out("meta/" + row.name, row, options.compress, detail::ends_chunk_bytes);
  out.append(sink, values);
  out.publish(sink);
}

void copy_all(const demonstrations& data, const writer_options& options, detail::file_sink& sink) {
  detail::put_group(sink, data.attributes());
  for (std::size_t i = 0; i < data.fields().size(); ++i) copy_field(data, i, options, sink);
  for (const auto& [name, values] : data.per_episode()) {
    const array_shape& shape = values.shape();
    copy_per_episode({name, values.type(), {shape.begin() + 1, shape.end()}}, values.bytes(),
                     options, sink);
  }
  copy_per_episode(detail::ends_row(), std::as_bytes(data.episode_ends()), options, sink);
}

}  // namespace

void convert(const demonstrations& data, const std::string& path, const writer_options& options) {
  FLOWKIT_VALIDATE(options.chunk_bytes > 0, "chunks of ", options.chunk_bytes,
                   " bytes cannot be written");
  std::error_code ignored;
  if (fs::exists(path, ignored)) throw file_error(path, "exists already");
  check_target(data.source(), path);
  if (path.ends_with(".zip")) {
    detail::archive_sink sink(path);
    copy_all(data, options, sink);
    sink.commit();
  } else {
    detail::new_directory sink(path);
    copy_all(data, options, sink);
    sink.commit();
  }
}

}  // namespace flowkit::policy
