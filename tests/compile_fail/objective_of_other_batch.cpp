// An objective cannot be trained on batches of another type than its own.
// expect: the objective takes batches of another type
#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/train_step.hpp>

using namespace flowkit;

struct picture {};

int main() {
  eigen<float> be;
  parameter_layout layout;
  flow_matching objective(mlp_field<>(layout, "net", {.dimension = 2}));
  parameter_store store(be, layout, {});
  adamw optimizer(be, layout);
  train_step step(be, objective, store, optimizer);
#ifdef FLOWKIT_BAD
  step(picture{}, {});
#else
  step(training_batch<eigen<float>>{}, {});
#endif
}
