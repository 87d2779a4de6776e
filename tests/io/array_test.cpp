// Element types, shapes and checked access of arrays that come from files.
#include <flowkit/core/error.hpp>
#include <flowkit/io/array.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace flowkit {
namespace {

using ::testing::ElementsAre;

std::vector<std::byte> raw(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(array, starts_as_zeros_of_its_shape) {
  const array zeros(dtype::f32, {2, 3});

  EXPECT_EQ(zeros.size(), 6);
  EXPECT_THAT(zeros.values<float>(), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(array, a_scalar_has_one_element_and_no_dimension) {
  const array scalar(dtype::f64, {});

  EXPECT_EQ(scalar.size(), 1);
  EXPECT_EQ(scalar.bytes().size(), 8U);
}

TEST(array, refuses_bytes_that_do_not_fit_the_shape) {
  EXPECT_THROW(array(dtype::i16, {2}, raw({1, 2, 3})), invalid_input);
  EXPECT_THROW(array_view(dtype::i16, {2}, {}), invalid_input);
}

TEST(array, byte_count_refuses_negative_and_overflowing_shapes) {
  constexpr index_t big = std::numeric_limits<index_t>::max();

  EXPECT_EQ(byte_count(dtype::f32, {2, 3}), 24);
  EXPECT_EQ(byte_count(dtype::u8, {}), 1);
  EXPECT_EQ(byte_count(dtype::f64, {big, 0, big}), 0);
  EXPECT_EQ(byte_count(dtype::f32, {-2, -3}), std::nullopt);
  EXPECT_EQ(byte_count(dtype::f32, {0, -1}), std::nullopt);
  EXPECT_EQ(byte_count(dtype::u8, {big, 2}), std::nullopt);
  EXPECT_EQ(byte_count(dtype::f64, {index_t{1} << 59}), index_t{1} << 62);
  EXPECT_EQ(byte_count(dtype::f64, {(index_t{1} << 59) + 1}), std::nullopt);
}

TEST(array, access_as_another_type_names_both) {
  const std::array<double, 2> numbers{1, 2};
  const array_view view = as_array(numbers, {2});

  try {
    (void)view.values<float>();
    FAIL();
  } catch (const invalid_input& problem) {
    EXPECT_THAT(problem.what(), ::testing::HasSubstr("f64"));
    EXPECT_THAT(problem.what(), ::testing::HasSubstr("f32"));
  }
}

TEST(array, unaligned_bytes_can_only_be_converted) {
  alignas(8) const std::array<std::byte, 12> storage{};
  const array_view view(dtype::f32, {2}, byte_view(storage).subspan(1, 8));

  EXPECT_THROW((void)view.values<float>(), invalid_input);
  EXPECT_THAT(view.converted<float>(), ElementsAre(0, 0));
}

TEST(array, booleans_other_than_0_and_1_can_only_be_converted) {
  const array odd(dtype::boolean, {3}, raw({0, 1, 7}));

  EXPECT_THROW((void)odd.values<bool>(), invalid_input);
  EXPECT_THAT(odd.converted<int>(), ElementsAre(0, 1, 1));
}

TEST(array, converts_every_16_bit_float) {
  // 1, -2, largest finite half, smallest subnormal half, infinity.
  const array half(dtype::f16, {5}, raw({0, 0x3C, 0, 0xC0, 0xFF, 0x7B, 1, 0, 0, 0x7C}));
  // 1, -2, and a NaN in bfloat16.
  const array brain(dtype::bf16, {3}, raw({0x80, 0x3F, 0, 0xC0, 0xC0, 0x7F}));

  EXPECT_THAT(half.converted<float>(), ElementsAre(1, -2, 65504, std::ldexp(1.0F, -24),
                                                   std::numeric_limits<float>::infinity()));
  EXPECT_EQ(brain.converted<float>()[0], 1);
  EXPECT_EQ(brain.converted<float>()[1], -2);
  EXPECT_TRUE(std::isnan(brain.converted<float>()[2]));
}

TEST(array, integer_conversion_refuses_what_it_cannot_represent) {
  const std::vector<double> reals{1, 300, 0.5, std::nan(""), -1, 9.3e18};
  const auto one = [&](std::size_t at) { return as_array(std::span(&reals[at], 1), {1}); };

  EXPECT_THAT(one(0).converted<std::uint8_t>(), ElementsAre(1));
  EXPECT_THAT(one(1).converted<std::int16_t>(), ElementsAre(300));
  EXPECT_THROW((void)one(1).converted<std::uint8_t>(), invalid_input);
  EXPECT_THROW((void)one(2).converted<int>(), invalid_input);
  EXPECT_THROW((void)one(3).converted<int>(), invalid_input);
  EXPECT_THROW((void)one(4).converted<std::uint64_t>(), invalid_input);
  EXPECT_THROW((void)one(5).converted<std::int64_t>(), invalid_input);
}

TEST(array, a_64_bit_integer_survives_conversion_to_its_own_kind) {
  const std::vector<std::int64_t> big{std::numeric_limits<std::int64_t>::max()};

  EXPECT_EQ(as_array(big, {1}).converted<std::uint64_t>()[0], 0x7FFFFFFFFFFFFFFFU);
  EXPECT_THROW((void)as_array(big, {1}).converted<std::int32_t>(), invalid_input);
}

}  // namespace
}  // namespace flowkit
