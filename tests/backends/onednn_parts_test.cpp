// Inner parts of the oneDNN backend: what its operations cannot show.
#include <support/backends.hpp>

#if defined(FLOWKIT_HAS_ONEDNN)

#include <flowkit/core/error.hpp>
#include <flowkit/core/text.hpp>

#include <gmock/gmock.h>
#include <direct_convolution.hpp>
#include <tiled_convolution.hpp>

namespace flowkit::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace flowkit::detail;

// No operation asks for such a product; if one did, or another version had no kernel, it must not
// run thousands of times slower without a word.
TEST(OnednnParts, AProductThatOnlyReferenceCodeRunsIsRefused) {
  product_cache products(dnnl::engine(dnnl::engine::kind::cpu, 0), 1);
  const product repeated_row{.m = 30,
                             .n = 10,
                             .k = 20,
                             .a = {nullptr, 0, 1},
                             .b = {nullptr, 10, 1},
                             .c = nullptr,
                             .c_step = 10,
                             .format = element::f32,
                             .add = false};
  try {
    products.prepare(repeated_row);
    FAIL() << "reference code was taken";
  } catch (const backend_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("[30, 20] x [20, 10]"), HasSubstr("(0, 1)"),
                                HasSubstr("reference code ('ref"), HasSubstr("dense rows")));
  }
}

/// Formats of operands that this processor has units for.
std::vector<precision> formats() {
  if (best_bf16_units() == bf16_units::none) return {precision::f32};
  return {precision::f32, precision::bf16};
}

// Without them the encoder is right but slower, which no other test would tell.
TEST(OnednnParts, TheEncoderRunsOnDirectKernelsAndInTiles) {
  // Which kernels oneDNN has differs by instruction set; without one, products run instead.
  if (best_instruction_set() < instruction_set::v4) {
    GTEST_SKIP() << "the rule of direct kernels was measured with AVX-512";
  }
  const convolution_geometry stem{{7, 7}, {2, 2}, {3, 3}};
  const convolution_geometry block{{3, 3}, {1, 1}, {1, 1}};
  const convolution_geometry strided{{3, 3}, {2, 2}, {1, 1}};
  struct layer {
    convolution_geometry geometry;
    extents<4> image;
    index_t outputs;
  };
  const layer layers[] = {{stem, {32, 84, 84, 3}, 64}, {strided, {32, 21, 21, 64}, 128}};
  const layer tiled[] = {{block, {32, 21, 21, 64}, 64},
                         {block, {32, 11, 11, 128}, 128},
                         {block, {32, 6, 6, 256}, 256},
                         {block, {32, 3, 3, 512}, 512}};
  for (const precision p : formats()) {
    product_executor executor({.precision = p}, 2);
    thread_pool pool(2);
    for (const layer& l : layers) {
      for (const image_pass pass : {image_pass::forward, image_pass::data, image_pass::weights}) {
        if (pass == image_pass::data && l.image[3] == 3) continue;  // that of the pixels
        executor.begin_operation();
        const direct_convolution direct(
            executor, pool, best_instruction_set(),
            {pass, l.geometry, l.image, l.outputs, executor.format(), false});
        EXPECT_TRUE(direct.found())
            << text("pass ", static_cast<int>(pass), " over ", l.image, " in ", to_text(p));
      }
    }
    for (const layer& l : tiled) {
      const extents<2> results{l.image[1], l.image[2]};  // of every pass
      for (const image_pass pass : {image_pass::forward, image_pass::data, image_pass::weights}) {
        const bool in_tiles = p == precision::f32 || pass == image_pass::weights;
        EXPECT_EQ(
            tiled_convolution::best_tile(executor, pass, l.geometry, l.image, l.outputs, results)
                .has_value(),
            in_tiles)
            << text("pass ", static_cast<int>(pass), " over ", l.image, " in ", to_text(p));
      }
    }
  }
}

}  // namespace
}  // namespace flowkit::testing

#endif
