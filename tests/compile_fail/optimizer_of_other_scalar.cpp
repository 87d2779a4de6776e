// An optimiser keeps its moments in the memory and scalar of one backend.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/train/optimizer.hpp>

using namespace flowkit;

template <Optimizer<eigen<float>> O>
void train(O&) {}

int main() {
  eigen<float> be;
  eigen<double> other;
  parameter_layout layout;
#ifdef FLOWKIT_BAD
  sgd optimizer(other, layout);
#else
  sgd optimizer(be, layout);
#endif
  train(optimizer);
}
