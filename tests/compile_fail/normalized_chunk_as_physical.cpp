// Numbers of a network never pass for numbers of a robot.
// expect: quantity
#include <flowkit/policy/units.hpp>

using namespace flowkit;
using namespace flowkit::policy;

void move_robot(const chunks<physical, const float>&) {}

int main() {
  float x[2] = {};
  const view<float, 2, host_space> numbers(x, extents{1, 2});
#ifdef FLOWKIT_BAD
  move_robot(chunks<normalized, float>(numbers));
#else
  move_robot(chunks<physical, float>(numbers));
#endif
}
