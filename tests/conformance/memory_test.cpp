// Allocation, transfers, filling and copying.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

#include <gmock/gmock.h>
#include <support/files.hpp>

#include <cstdint>
#include <numeric>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

template <class Case>
class memory_conformance : public conformance<Case> {};

TYPED_TEST_SUITE(memory_conformance, backend_cases, backend_case_names);

TYPED_TEST(memory_conformance, memory_is_aligned_to_64_bytes) {
  auto& be = this->backend_;
  for (const index_t count : {1, 3, 100, 4097}) {
    const auto memory = be.template allocate<std::byte>(count);

    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % 64, 0u);
    EXPECT_EQ(memory.size(), count);
  }
}

TYPED_TEST(memory_conformance, nothing_can_be_allocated) {
  auto& be = this->backend_;

  const auto memory = be.template allocate<double>(0);
  auto y = nan_tensor(be, extents<2>{0, 4});
  be.fill(y.view(), 1);
  be.copy(y.view(), y.view());

  EXPECT_EQ(memory.size(), 0);
}

TYPED_TEST(memory_conformance, says_how_much_was_asked_for_in_vain_and_stays_usable) {
  auto& be = this->backend_;
  constexpr index_t numbers = index_t{1} << 50;

  const std::string why =
      message_of<backend_error>([&] { (void)be.template allocate<float>(numbers); });

  EXPECT_THAT(why, ::testing::HasSubstr(text(numbers * index_t{sizeof(float)}, " bytes")));
  const host_array<1> x(extents<1>{5}, 0.75);  // exact in every scalar
  EXPECT_EQ(on_host(be, on_backend(be, x)).values, x.values);
}

TYPED_TEST(memory_conformance, upload_and_download_keep_every_bit) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  auto x = random_array(extents<1>{1001}, 1);
  x(0) = -0.0;
  x(1) = static_cast<double>(std::numeric_limits<scalar>::denorm_min());
  x(2) = std::numeric_limits<double>::infinity();

  const auto back = on_host(be, on_backend(be, x));

  EXPECT_EQ(back.values, x.values);
  EXPECT_TRUE(std::signbit(back(0)));
}

TYPED_TEST(memory_conformance, transfers_of_other_sizes_and_into_gaps_are_refused) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  auto y = on_backend(be, host_array<2>(extents<2>{2, 2}, 1));
  const auto row = flatten(rows(y.view(), 0, 1));
  const auto column = flatten(reshape(y.view(), extents<2>{4, 1}));
  const view_of<typename TypeParam::backend, 1> gaps(column.data(), extents<1>{2}, extents<1>{2});
  std::vector<scalar> three{7, 8, 9};
  const std::span<const scalar> two(three.data(), 2);

  EXPECT_THAT(message_of<invalid_input>([&] { be.upload(row, std::span<const scalar>(three)); }),
              HasSubstr("upload between a view of 2 elements with stride 1 and 3 host numbers"));
  EXPECT_THAT(message_of<invalid_input>([&] { be.download(std::span<scalar>(three), row); }),
              HasSubstr("download between"));
  EXPECT_THAT(message_of<invalid_input>([&] { be.upload(gaps, two); }), HasSubstr("stride 2"));

  EXPECT_EQ(on_host(be, y).values, std::vector<double>(4, 1));
}

TYPED_TEST(memory_conformance, nothing_can_be_transferred) {
  using backend = typename TypeParam::backend;
  using scalar = typename backend::value_type;
  auto& be = this->backend_;
  std::vector<scalar> one{7};

  be.upload(view_of<backend, 1>{}, std::span<const scalar>{});
  be.download(std::span<scalar>{}, const_view_of<backend, 1>{});

  EXPECT_THROW(be.upload(view_of<backend, 1>{}, std::span<const scalar>(one)), invalid_input);
  EXPECT_THROW(be.download(std::span<scalar>(one), const_view_of<backend, 1>{}), invalid_input);
}

TYPED_TEST(memory_conformance, row_numbers_travel_too) {
  auto& be = this->backend_;
  host_array<1> x(extents<1>{257});
  std::iota(x.values.begin(), x.values.end(), -100.0);

  EXPECT_EQ(on_host(be, on_backend_as<row_t>(be, x)).values, x.values);
}

TYPED_TEST(memory_conformance, fill_reaches_every_element_of_a_view_and_no_other) {
  auto& be = this->backend_;
  auto y = on_backend(be, host_array<2>(extents<2>{9, 21}, 1));

  be.fill(columns(y.view(), 3, 17), 5);

  const auto actual = on_host(be, y);
  for (index_t i = 0; i < 9; ++i) {
    for (index_t c = 0; c < 21; ++c) EXPECT_EQ(actual(i, c), c >= 3 && c < 20 ? 5 : 1);
  }
}

TYPED_TEST(memory_conformance, copy_between_strided_and_repeated_views) {
  auto& be = this->backend_;
  const auto x = random_array(extents<1>{19}, 1);
  const auto source = on_backend(be, x);
  auto y = nan_tensor(be, extents<2>{6, 40});

  be.copy(columns(y.view(), 20, 19), repeat_rows(source.view(), 6));

  const auto actual = on_host(be, y);
  for (index_t i = 0; i < 6; ++i) {
    for (index_t c = 0; c < 19; ++c) EXPECT_EQ(actual(i, 20 + c), x(c));
    EXPECT_TRUE(std::isnan(actual(i, 19)) && std::isnan(actual(i, 39)));
  }
}

TYPED_TEST(memory_conformance, iota_counts) {
  auto& be = this->backend_;
  auto y = nan_tensor(be, extents<1>{77});

  be.iota(y.view());

  const auto actual = on_host(be, y);
  for (index_t i = 0; i < 77; ++i) EXPECT_EQ(actual(i), static_cast<double>(i));
}

}  // namespace
}  // namespace flowkit::testing
