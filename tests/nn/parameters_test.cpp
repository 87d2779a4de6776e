#include <flowkit/nn/parameters.hpp>

#include <flowkit/backends/eigen.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

TEST(ParameterLayout, NamesEntriesByTheirScopes) {
  parameter_layout layout;
  {
    const parameter_layout::scope outer(layout, "down");
    const parameter_layout::scope inner(layout, "0");
    layout.add("weight", extents{2, 3}, initializer::zeros());
  }
  layout.add("bias", extents{3}, initializer::zeros());

  EXPECT_NE(layout.find("down.0.weight"), nullptr);
  EXPECT_NE(layout.find("bias"), nullptr);
  EXPECT_EQ(layout.find("weight"), nullptr);
  EXPECT_EQ(layout.parameter_count(), 9);
}

TEST(ParameterLayout, StartsSlotsAtMultiplesOfSixteen) {
  parameter_layout layout;
  const slot<1> a = layout.add("a", extents{17}, initializer::zeros());
  const slot<2> b = layout.add("b", extents{1, 1}, initializer::zeros());

  EXPECT_EQ(a.offset, 0);
  EXPECT_EQ(b.offset, 32);
  EXPECT_EQ(layout.size(), 48);
}

TEST(ParameterLayout, RefusesNamesTwice) {
  parameter_layout layout;
  layout.add("a", extents{1}, initializer::zeros());
  const auto again = [&] { layout.add("a", extents{2}, initializer::zeros()); };

  EXPECT_THAT(message_of<invalid_input>(again), HasSubstr("'a' exists already"));
}

TEST(ParameterLayout, RefusesSizesThatAreNotPositive) {
  parameter_layout layout;
  const auto add = [&] { layout.add("a", extents{3, 0}, initializer::zeros()); };

  EXPECT_THAT(message_of<invalid_input>(add), HasSubstr("'a' has a size of 0"));
}

TEST(ParameterStore, DrawsByTheInitialisersAndLeavesGapsZero) {
  parameter_layout layout;
  layout.add("ones", extents{3}, initializer::ones());
  layout.add("uniform", extents{1000}, initializer::uniform(0.5));
  layout.add("normal", extents{1000}, initializer::normal(2));
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{3});

  numbers values;
  append(values, store.values());
  numbers gradients;
  append(gradients, store.gradients());

  const auto part = [&](std::string_view name) {
    const auto first = values.begin() + layout.find(name)->offset;
    return numbers(first, first + layout.find(name)->size());
  };
  EXPECT_EQ(part("ones"), numbers(3, 1.0));
  EXPECT_LE(largest(part("uniform")), 0.5);
  EXPECT_EQ(values[3], 0);
  EXPECT_EQ(largest(gradients), 0);
  // Variances 1/12 and 4 of 1000 draws; the estimates deviate by 3 % and 4.5 %, five times that
  // for room.
  const numbers u = part("uniform");
  const numbers n = part("normal");
  EXPECT_NEAR(dot(u, u) / 1000, 1.0 / 12, 0.15 / 12);
  EXPECT_NEAR(dot(n, n) / 1000, 4, 0.9);
}

TEST(ParameterStore, GivesEveryEntryAStreamOfItsOwn) {
  parameter_layout layout;
  layout.add("a", extents{16}, initializer::normal(1));
  layout.add("b", extents{16}, initializer::normal(1));
  oracle be;
  parameter_store<oracle> one(be, layout, rng_key{3});
  parameter_store<oracle> same(be, layout, rng_key{3});
  parameter_store<oracle> other(be, layout, rng_key{4});

  const auto all = [](parameter_store<oracle>& store) {
    numbers out;
    append(out, store.values());
    return out;
  };

  const numbers first = all(one);
  EXPECT_EQ(first, all(same));
  EXPECT_NE(first, all(other));
  EXPECT_NE(numbers(first.begin(), first.begin() + 16), numbers(first.begin() + 16, first.end()));
}

TEST(ParameterStore, ShowsOtherValuesWithTheSameConstants) {
  parameter_layout layout;
  const slot<1> a = layout.add("a", extents{2}, initializer::ones());
  const constant_slot<1> c = layout.add_constant(extents{1}, {0.25});
  oracle be;
  parameter_store<oracle> store(be, layout, rng_key{3});
  const numbers average(static_cast<std::size_t>(layout.size()), 9.0);
  const const_view_of<oracle, 1> values(average.data(), extents{layout.size()});

  const parameters<oracle> p = store.view_with(values);

  EXPECT_EQ(p.value(a)(1), 9);
  EXPECT_EQ(p.constant(c)(0), 0.25);
  EXPECT_EQ(p.gradients.size(), 0);
}

TEST(ParameterStore, OfNoParametersShowsNoValues) {
  const parameter_layout layout;
  oracle be;
  const parameter_store<oracle> store(be, layout, rng_key{3});

  EXPECT_TRUE(store.view_with({}).values.empty());
}

TEST(ParameterLayout, RefusesMoreNumbersThanCanBeCounted) {
  parameter_layout layout;
  const index_t huge = index_t{1} << 32;
  layout.add("a", extents{huge, index_t{1} << 25}, initializer::zeros());
  const auto square = [&] { layout.add("b", extents{huge, huge}, initializer::zeros()); };
  const auto sum = [&] { layout.add("c", extents{huge, 1 << 26}, initializer::zeros()); };

  EXPECT_THAT(message_of<invalid_input>(square), HasSubstr("'b' with a size of 4294967296"));
  EXPECT_THAT(message_of<invalid_input>(sum), HasSubstr("more than 2^58 numbers"));
  EXPECT_EQ(layout.entries().size(), 1U);
}

TEST(ParameterStore, RefusesSlotsOfALargerLayout) {
  parameter_layout small;
  small.add("a", extents{2}, initializer::ones());
  parameter_layout large;
  large.add("a", extents{2}, initializer::ones());
  const slot<2> b = large.add("b", extents{4, 8}, initializer::ones());
  const constant_slot<1> c = large.add_constant(extents{1}, {0.25});
  oracle be;
  parameter_store<oracle> store(be, small, rng_key{3});
  const parameters<oracle> p = store.view();

  EXPECT_THAT(message_of<invalid_input>([&] { (void)p.value(b); }),
              HasSubstr("needs the first 48 values of its network, but there are 16"));
  EXPECT_THAT(message_of<invalid_input>([&] { (void)p.gradient(b); }), HasSubstr("48 gradients"));
  EXPECT_THAT(message_of<invalid_input>([&] { (void)p.constant(c); }), HasSubstr("1 constants"));
}

TEST(ParameterStore, RefusesOtherNumbersOfValuesAndGradientsOfNone) {
  parameter_layout layout;
  const slot<1> a = layout.add("a", extents{2}, initializer::ones());
  oracle be;
  const parameter_store<oracle> store(be, layout, rng_key{3});
  const numbers few(2);
  const numbers all(16);
  const auto with = [&](const numbers& values) {
    return store.view_with({values.data(), extents{static_cast<index_t>(values.size())}});
  };

  EXPECT_THAT(message_of<invalid_input>([&] { (void)with(few); }),
              HasSubstr("2 values with stride 1 for a network of 16"));
  EXPECT_THAT(message_of<invalid_input>([&] { (void)with(all).gradient(a); }),
              HasSubstr("where a network is not trained"));
}

}  // namespace
}  // namespace flowkit::testing
