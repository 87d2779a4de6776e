// A program that reads compressed demonstrations: everything behind flowkit::policy is linked.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/compressor.hpp>

#include <vector>

int main() {
  const std::vector<std::byte> chunk(1000);
  const auto packed = flowkit::policy::compress({}, chunk, 1);
  const auto again = flowkit::policy::decompress({}, {packed, nullptr}, 1000);
  return again.bytes.size() == chunk.size() ? 0 : 1;
}
