// Damages files as fuzzers do, the same way in every run.
#pragma once

#include <random>
#include <string>

namespace flowkit::testing {

/// Changes a few bytes, or cuts, doubles or splices a piece.
inline std::string mutate(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  switch (below(4)) {
    case 0:
      bytes.resize(below(bytes.size()));
      break;
    case 1:
      bytes.erase(below(bytes.size()), below(16));
      break;
    case 2:
      bytes.insert(below(bytes.size()), bytes.substr(below(bytes.size()), below(16)));
      break;
    default:
      break;
  }
  const std::size_t changes = below(4);
  for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
    static constexpr unsigned char telling[] = {0, 1, 0x7F, 0x80, 0xFF, '0', '9', '-', '"', '{'};
    char& target = bytes[below(bytes.size())];
    target = below(2) == 0 ? static_cast<char>(telling[below(sizeof telling)])
                           : static_cast<char>(target ^ (1 << below(8)));
  }
  return bytes;
}

}  // namespace flowkit::testing
