// A member is found in a document that stays: one that ends with the line hands out no pointer.
// expect: deleted
#include <flowkit/io/json.hpp>

using namespace flowkit;

bool has_step(const char* line) {
#ifdef FLOWKIT_BAD
  return parse_json(line).find("step") != nullptr;
#else
  const json_value document = parse_json(line);
  return document.find("step") != nullptr;
#endif
}

int main(int, char** lines) { return has_step(lines[0]) ? 0 : 1; }
