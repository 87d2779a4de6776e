// Random numbers: which integers they come from, their range, and their distribution.
#include "conformance.hpp"

#include <algorithm>

namespace flowkit::testing {
namespace {

constexpr rng_key key{0x0123456789ABCDEFu, 0xFEDCBA9876543210u};

template <class Case>
class random_conformance : public conformance<Case> {
 protected:
  host_array<1> uniform(index_t count, rng_key from) {
    auto y = nan_tensor(this->backend_, extents<1>{count});
    this->backend_.uniform(y.view(), from);
    return on_host(this->backend_, y);
  }
  host_array<1> normal(index_t count, rng_key from) {
    auto y = nan_tensor(this->backend_, extents<1>{count});
    this->backend_.normal(y.view(), from);
    return on_host(this->backend_, y);
  }
};

TYPED_TEST_SUITE(random_conformance, backend_cases, backend_case_names);

std::uint32_t word_of(rng_key from, index_t element) {
  return from.block(static_cast<std::uint64_t>(element / 4)).word[element % 4];
}

TYPED_TEST(random_conformance, uniform_is_the_word_of_the_element) {
  using scalar = typename TypeParam::backend::value_type;
  for (const index_t count : {0, 1, 3, 63, 64, 65, 5000}) {
    const auto actual = this->uniform(count, key);

    for (index_t e = 0; e < count; ++e) {
      const auto expected = static_cast<double>(unit_interval(word_of(key, e), scalar{}));
      ASSERT_EQ(actual(e), expected) << "element " << e << " of " << count;
    }
  }
}

// The first block of key 0 and counter 0 is a published answer (Random123, kat_vectors).
TYPED_TEST(random_conformance, zero_key_gives_the_known_answer) {
  using scalar = typename TypeParam::backend::value_type;
  constexpr std::uint32_t known[] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};

  const auto actual = this->uniform(4, rng_key{0, 0});

  for (index_t e = 0; e < 4; ++e) {
    EXPECT_EQ(actual(e), static_cast<double>(unit_interval(known[e], scalar{})));
  }
}

// Radius up to 6.8 and angle up to 2 pi, each rounded once or twice before the product.
TYPED_TEST(random_conformance, normal_is_box_muller_of_the_words) {
  using scalar = typename TypeParam::backend::value_type;
  const double bound = 64 * static_cast<double>(std::numeric_limits<scalar>::epsilon());

  const auto actual = this->normal(20001, key);

  for (index_t e = 0; e < 20001; ++e) {
    const index_t pair = e / 2 * 2;
    const double radius = std::sqrt(-2 * std::log(positive_unit<double>(word_of(key, pair))));
    const double turn = 2 * M_PI * unit_interval(word_of(key, pair + 1), double{});
    const double expected = radius * (e % 2 == 0 ? std::cos(turn) : std::sin(turn));
    ASSERT_NEAR(actual(e), expected, bound) << e;
  }
}

TYPED_TEST(random_conformance, an_element_does_not_depend_on_how_many_there_are) {
  const auto all = this->normal(9000, key);
  for (const index_t count : {1, 2, 63, 129, 4096, 4097, 8999}) {
    const auto some = this->normal(count, key);

    EXPECT_TRUE(std::equal(some.values.begin(), some.values.end(), all.values.begin())) << count;
  }
}

TYPED_TEST(random_conformance, rows_of_a_tensor_do_not_depend_on_the_batch) {
  auto& be = this->backend_;
  auto small = nan_tensor(be, extents<3>{3, 16, 7});
  auto large = nan_tensor(be, extents<3>{11, 16, 7});

  be.normal(small.view(), key);
  be.normal(large.view(), key);

  const auto expected = on_host(be, small);
  const auto actual = on_host(be, large);
  EXPECT_TRUE(std::equal(expected.values.begin(), expected.values.end(), actual.values.begin()));
}

TYPED_TEST(random_conformance, counters_beyond_32_bits_of_stream_and_seed_matter) {
  const auto first = this->uniform(64, rng_key{1, 2});

  EXPECT_NE(first.values, this->uniform(64, rng_key{1, 2 + (std::uint64_t{1} << 32)}).values);
  EXPECT_NE(first.values, this->uniform(64, rng_key{1 + (std::uint64_t{1} << 32), 2}).values);
}

// n = 10^6: the standard errors of the four moments are 0.001, 0.0014, 0.0039 and 0.0098; the
// bounds are five times that.
TYPED_TEST(random_conformance, moments_of_normals) {
  const index_t count = 1000000;

  const auto z = this->normal(count, rng_key{7, 0});

  double moment[5] = {};
  for (const double x : z.values) {
    for (int i = 1; i <= 4; ++i) moment[i] += std::pow(x, i) / static_cast<double>(count);
  }
  EXPECT_NEAR(moment[1], 0, 0.005);
  EXPECT_NEAR(moment[2], 1, 0.007);
  EXPECT_NEAR(moment[3], 0, 0.0195);
  EXPECT_NEAR(moment[4], 3, 0.049);
}

TYPED_TEST(random_conformance, uniform_stays_inside_the_open_interval) {
  const auto u = this->uniform(200000, rng_key{3, 0});

  const auto [least, most] = std::minmax_element(u.values.begin(), u.values.end());
  EXPECT_GT(*least, 0);
  EXPECT_LT(*most, 1);
}

}  // namespace
}  // namespace flowkit::testing
