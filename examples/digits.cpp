// Handwritten digits on demand: a flow with the digit as its condition learns from 1797 real ones,
// draws in eight steps, and after reflow in one. Fails if too few of its digits are recognised.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/flowkit.hpp>
#include <flowkit/host/image.hpp>

#include <iostream>

namespace fk = flowkit;
using backend = fk::eigen<float>;
using matrix = fk::tensor<backend, 2>;
using images = fk::const_view_of<backend, 2>;
using labels = std::span<const fk::row_t>;
constexpr fk::index_t pixels = 64;

/// Share of the images whose nearest reference has the wanted label.
double recognised(backend& be, images drawn, labels wanted, images references, labels known) {
  const std::vector<fk::row_t> nearest = fk::nearest_neighbours(be, drawn, references).index;
  double right = 0;
  for (std::size_t i = 0; i < nearest.size(); ++i)
    right += known[static_cast<std::size_t>(nearest[i])] == wanted[i] ? 1 : 0;
  return right / static_cast<double>(nearest.size());
}

/// Writes forty images of each: 8 x 8 pixels of one channel, 1 is black and -1 is white.
void show(backend& be, const matrix& eight, const matrix& one) {
  matrix shown(be, {80, pixels});
  be.copy(fk::rows(shown.view(), 0, 40), fk::rows(eight.view(), 0, 40));
  be.copy(fk::rows(shown.view(), 40, 40), fk::rows(one.view(), 0, 40));
  const fk::image_batch pictures{{shown.view().data(), 80 * pixels}, 80, 8, 8, 1, 1, -1};
  fk::write_png("digits.png", pictures, {.columns = 20});
  fk::write_svg("digits.svg", pictures, {.columns = 20}, {"in 8 steps, and below in 1 step"});
}

int main() {
  backend be;
  fk::key_sequence keys(1);
  const auto file = fk::read_npz(FLOWKIT_EXAMPLES_DATA "/digits.npz");
  const auto known = file.at("labels").converted<fk::row_t>();
  matrix real(be, {file.at("labels").size(), pixels});
  be.upload(fk::flatten(real.view()), file.at("images").converted<float>());
  be.for_each([](float& ink) { ink = ink / 8 - 1; }, real.view());  // 0 .. 16 becomes -1 .. 1
  const matrix classes = fk::one_hot(be, known, 10);

  fk::parameter_layout layout;
  const fk::mlp_field net(layout, "net", {.dimension = pixels, .condition = 10, .hidden = 512});
  fk::parameter_store params(be, layout, keys.next());
  fk::moving_average average(be, params.values(), {.maximum = 0.995});
  const auto train = [&](auto objective, const fk::training_batch<backend>& data, int steps) {
    fk::adamw optimizer(be, layout);
    fk::train_step step(be, objective, params, optimizer, average,
                        {.learning_rate = fk::warmup_cosine(2e-3, 50, steps), .clip_norm = 1});
    fk::dataset_source batches(be, data, 256);
    fk::trainer loop(be, layout, step, batches, keys.next(), {.steps = steps});
    loop.run({.display = fk::progress_style::automatic});
    be.copy(params.values(), average.values());  // draws better; the next stage begins here
  };
  train(fk::flow_matching(net, fk::linear_path{}, fk::minibatch_ot{}),
        {.x1 = real.view(), .condition = classes.view()}, 2000);

  std::vector<fk::row_t> wanted(10000);  // to draw: 0, 1, ..., 9, 0, 1, ...
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = static_cast<fk::row_t>(i % 10);
  const matrix condition = fk::one_hot(be, wanted, 10);
  fk::workspace ws(be);
  const auto draw = [&](fk::index_t count, fk::index_t steps, fk::rng_key noise) {
    matrix x = fk::draw_normal(be, {count, pixels}, noise);
    fk::conditioned field(be, fk::network_field(net, params.view(), ws),
                          fk::rows(condition.view(), 0, count));
    fk::integrate(be, fk::euler{}, field, x, fk::sampler_grid(steps));
    return x;
  };
  const matrix eight = draw(1000, 8, {2});

  // Reflow: noise and the digit that the flow draws from it are learnt again, with its class.
  const matrix x0 = fk::draw_normal(be, {10000, pixels}, {3});
  const matrix x1 = draw(10000, 16, {3});
  const fk::training_batch<backend> pairs{x1.view(), x0.view(), condition.view()};
  train(fk::flow_matching(net), pairs, 500);  // straightens the paths
  train(fk::distillation(net), pairs, 800);   // then only the first step counts
  const matrix one = draw(1000, 1, {2});      // equal keys give equal noise
  show(be, eight, one);

  const double held_out = recognised(be, fk::rows(real.view(), 1497, 300), labels(known).last(300),
                                     fk::rows(real.view(), 0, 1497), known);
  const double of_eight = recognised(be, eight.view(), wanted, real.view(), known);
  const double of_one = recognised(be, one.view(), wanted, real.view(), known);
  std::cout << "recognised: " << 100 * held_out << " % of held-out real digits, " << 100 * of_eight
            << " % drawn in 8 steps, " << 100 * of_one << " % drawn in 1 step after reflow\n";
  return of_eight >= 0.90 && of_one >= 0.85 ? 0 : 1;
}
