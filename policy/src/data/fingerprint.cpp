#include "data/fingerprint.hpp"

#include <flowkit/io/sha256.hpp>

namespace flowkit::policy::detail {

std::string fingerprint_of(const demonstrations& data) {
  sha256 hash;
  hash.update(std::as_bytes(data.episode_ends()));
  for (const auto& [name, values] : data.per_episode()) {
    hash.update(flowkit::detail::bytes_of(name + flowkit::to_text(values.type()) +
                                          flowkit::to_text(values.shape())));
    hash.update(values.bytes());
  }
  for (std::size_t f = 0; f < data.fields().size(); ++f) {
    hash.update(flowkit::detail::bytes_of(to_text(data.fields()[f]) + "\n"));
    data.visit(f, {0, data.frames()}, [&](byte_view bytes) { hash.update(bytes); });
  }
  return flowkit::to_text(hash.digest());
}

}  // namespace flowkit::policy::detail
