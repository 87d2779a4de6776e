// The reference U-Net in bf16. In f32 the oneDNN backend is one of the backends of tests/nn.
#include <support/backends.hpp>

#if defined(FLOWKIT_HAS_ONEDNN)

#include <flowkit/nn/import_names.hpp>
#include <flowkit/nn/unet1d.hpp>
#include <support/golden.hpp>

namespace flowkit::testing {
namespace {

double root_mean_square(const numbers& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum / static_cast<double>(x.size()));
}

/// Root mean square of the difference, relative to that of what is expected.
double relative_rms(const numbers& actual, const numbers& expected) {
  numbers difference(actual.size());
  for (std::size_t i = 0; i < actual.size(); ++i) difference[i] = actual[i] - expected[i];
  return root_mean_square(difference) / root_mean_square(expected);
}

// Every product rounds its operands by 2^-9 / sqrt(3) in the root mean square, 1.6e-3 for both, and
// the errors of the 30 products on the way through the network add like independent ones: 0.9 %.
// Gradients pass them twice: 1.3 %. A factor of 4 is for layers that enlarge what reaches them.
constexpr double output_tolerance = 4 * 0.009;
constexpr double gradient_tolerance = 4 * 0.013;

TEST(OnednnGolden, UnetInBf16StaysWithinItsRounding) {
  for (const bf16_units units : {best_bf16_units(), bf16_units::none}) {
    onednn be({.precision = precision::bf16, .units = units, .least_products = 0});
    const unet1d_options options{
        .channels = 4, .condition = 20, .time_embedding = 32, .dims = {16, 32, 64}};
    parameter_layout layout;
    const unet1d net(layout, "net", options);
    const import_map keys = conditional_unet1d_keys(options, {"", "net"});
    parameter_store<onednn> store(be, layout, rng_key{1});
    std::vector<float> flat(static_cast<std::size_t>(layout.size()));
    import_parameters<float>(safetensors_file(golden("unet1d.safetensors")), keys, layout, flat);
    be.upload(store.values(), std::span<const float>(flat));
    numbers gradients(flat.size());
    import_parameters<double>(safetensors_file(golden("unet1d_grads.safetensors")), keys, layout,
                              gradients);
    const golden_arrays io("unet1d_io.npz");
    const auto x = io.on(be, "x", extents{3, 64});
    const auto t = io.on(be, "t", extents{3, 1});
    const auto c = io.on(be, "c", extents{3, 20});
    const auto w = io.on(be, "w", extents{3, 64});
    workspace<onednn> ws(be);
    saved_of<unet1d, onednn> saved;

    const auto y =
        net.forward(be, store.view(), field_input<onednn>{x.view(), t.view(), c.view()}, ws, saved);
    const double output_error = relative_rms(values_of(y), io.values("y64"));
    net.backward(be, store.view(), saved, w.view(), ws);

    EXPECT_LE(output_error, output_tolerance);
    EXPECT_GE(output_error, 1e-5) << "nothing was rounded";
    EXPECT_LE(relative_rms(values_of(store.gradients()), gradients), gradient_tolerance);
  }
}

}  // namespace
}  // namespace flowkit::testing

#endif
