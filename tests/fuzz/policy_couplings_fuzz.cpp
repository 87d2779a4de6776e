// Fuzz target: couplings and what alignment made of them, from the header to the rows.
#include "input_file.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/policy/stages/alignment_file.hpp>
#include <flowkit/policy/stages/couplings_file.hpp>

#include <numeric>

namespace {

namespace fp = flowkit::policy;

template <class T>
void touch(std::span<const T> values) {
  volatile double sum = 0;  // reads beyond the file are seen by the sanitizer or end the program
  for (const T& value : values) sum = sum + static_cast<double>(value);
}

void read_couplings(const std::string& path) {
  const fp::couplings_file file(path);
  const fp::couplings_view& n = file.numbers();
  touch(n.noise), touch(n.end_points), touch(n.conditions), touch(n.experts);
  for (const std::int32_t window : n.window) {  // a map has no red zones, so this is looked at
    if (window < 0 || window >= n.windows()) std::abort();
  }
}

void read_alignment(const std::string& path) {
  const fp::alignment_file file(path);
  touch(file.end_points()), touch(file.reason()), touch(file.window());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const flowkit::testing::input_file file("file.safetensors");
  file.write(data, size);
  try {
    read_couplings(file.path());
  } catch (const flowkit::file_error&) {  // refused, as it should be
  }
  try {
    read_alignment(file.path());
  } catch (const flowkit::file_error&) {
  }
  return 0;
}
