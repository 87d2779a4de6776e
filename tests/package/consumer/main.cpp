// A user's first program: it compiles and links against flowkit, found either way.
#include <flowkit/core/error.hpp>

#include <cstdio>

int main() {
  const auto message = flowkit::text("flowkit says ", 1);
  std::puts(message.c_str());
  return message == "flowkit says 1" ? 0 : 1;
}
