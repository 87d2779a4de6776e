// A source that cannot be asked for a certain batch could not resume a run.
// expect: constraints not satisfied
#include <flowkit/backends/eigen.hpp>
#include <flowkit/objective/concepts.hpp>
#include <flowkit/train/concepts.hpp>

using namespace flowkit;
using B = eigen<float>;

template <BatchSource<B> S>
void train(S) {}

int main() {
#ifdef FLOWKIT_BAD
  train([](B&, rng_key) { return training_batch<B>{}; });
#else
  train([](B&, index_t, rng_key) { return training_batch<B>{}; });
#endif
}
