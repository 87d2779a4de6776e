// Fuzz target: policy files, from the header to the weights of their networks.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/visuomotor_field.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fp = flowkit::policy;
  try {
    const fp::policy_file file(std::as_bytes(std::span(data, size)), "fuzz");
    const fp::visuomotor_field field(file.manifest().specification, file.manifest().network);
    std::vector<float> flat(static_cast<std::size_t>(field.layout().size()));
    file.read_weights<float>(fp::weight_set::raw, field.layout(), flat);
    file.read_weights<float>(fp::weight_set::average, field.layout(), flat);
  } catch (const flowkit::file_error&) {  // refused, as it should be
  }
  return 0;
}
