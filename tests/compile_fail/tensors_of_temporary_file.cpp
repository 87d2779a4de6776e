// Tensors refer to the file that they were read from, so a temporary file hands out none.
// expect: deleted
#include <flowkit/io/safetensors.hpp>

using namespace flowkit;

std::size_t count(const std::string& path) {
#ifdef FLOWKIT_BAD
  return safetensors_file(path).tensors().size();
#else
  const safetensors_file file(path);
  return file.tensors().size();
#endif
}

int main(int, char** names) { return static_cast<int>(count(names[0])); }
