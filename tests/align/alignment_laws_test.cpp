// Laws that every alignment operator obeys.
#include <gtest/gtest.h>
#include <flowkit/align/adaptive.hpp>
#include <flowkit/align/identity.hpp>
#include <flowkit/align/nearest.hpp>
#include <flowkit/align/selective.hpp>

#include "expert_fixture.hpp"

#include <algorithm>
#include <numeric>

namespace flowkit {
namespace {

using testing::elements;

template <class Operator>
struct AlignmentLaws : ::testing::Test {
  using backend = eigen<double>;
  static_assert(Alignment<Operator, backend> && Alignment<Operator, eigen<float>>);

  static Operator make() {
    if constexpr (std::is_same_v<Operator, selective_alignment>) {
      return {.action_radius = 0.3, .feature_radius = 0.5};
    } else if constexpr (std::is_same_v<Operator, nearest_alignment>) {
      return {.radius = 0.5};
    } else {
      return {};
    }
  }

  backend be;
  workspace<backend> ws{be};
};

using operators = ::testing::Types<identity_alignment, nearest_alignment, selective_alignment,
                                   adaptive_alignment>;
TYPED_TEST_SUITE(AlignmentLaws, operators);

TYPED_TEST(AlignmentLaws, NoiseAndConditionsAreUntouched) {
  testing::expert_fixture f(this->be, rng_key{1});
  const auto x0 = elements(f.x0.view());
  const auto condition = elements(f.condition.view());
  auto aligned = tensor<eigen<double>, 2>(this->be, f.x1.shape());

  this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

  EXPECT_EQ(elements(f.x0.view()), x0);
  EXPECT_EQ(elements(f.condition.view()), condition);
}

TYPED_TEST(AlignmentLaws, AligningTheResultChangesNothing) {
  testing::expert_fixture f(this->be, rng_key{2});
  auto once = tensor<eigen<double>, 2>(this->be, f.x1.shape());
  auto twice = tensor<eigen<double>, 2>(this->be, f.x1.shape());
  this->make()(this->be, f.couplings(), f.index(), once.view(), this->ws);
  coupling_view<eigen<double>> again = f.couplings();
  again.x1 = once.view();

  const auto report = this->make()(this->be, again, f.index(), twice.view(), this->ws);

  EXPECT_EQ(elements(twice.view()), elements(once.view()));
  EXPECT_EQ(report.replaced, 0);
}

TYPED_TEST(AlignmentLaws, EmptyIndexIsTheIdentity) {
  testing::expert_fixture f(this->be, rng_key{3});
  auto aligned = tensor<eigen<double>, 2>(this->be, f.x1.shape());
  coupling_view<eigen<double>> c = f.couplings();
  c.window = {};
  const tensor<eigen<double>, 2> no_chunks(this->be, {0, f.x1.shape()[1]});
  const tensor<eigen<double>, 2> no_features(this->be, {0, f.condition.shape()[1]});
  const expert_index<eigen<double>> empty{no_chunks.view(), no_features.view(), f.steps};

  const auto report = this->make()(this->be, c, empty, aligned.view(), this->ws);

  EXPECT_EQ(elements(aligned.view()), elements(f.x1.view()));
  EXPECT_EQ(report.replaced, 0);
}

TYPED_TEST(AlignmentLaws, ReplacedRowsAreRowsOfTheIndexAndOthersAreKept) {
  testing::expert_fixture f(this->be, rng_key{4});
  auto aligned = tensor<eigen<double>, 2>(this->be, f.x1.shape());

  const auto report = this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

  for (index_t i = 0; i < f.pairs; ++i) {
    const alignment_decision& d = report.decisions[static_cast<std::size_t>(i)];
    const bool replaced = d.reason == alignment_reason::replaced;
    const auto expected = replaced ? rows(f.chunks.view(), d.window, 1) : rows(f.x1.view(), i, 1);
    EXPECT_EQ(elements(rows(aligned.view(), i, 1)), elements(expected)) << "pair " << i;
  }
  // An operator that never replaces would obey all laws.
  const bool keeps = std::is_same_v<TypeParam, identity_alignment>;
  EXPECT_EQ(report.replaced > 0, !keeps) << report.replaced << " pairs replaced";
}

TYPED_TEST(AlignmentLaws, TheResultMayBeWrittenOverTheCouplings) {
  testing::expert_fixture f(this->be, rng_key{5});
  auto aligned = tensor<eigen<double>, 2>(this->be, f.x1.shape());
  this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

  this->make()(this->be, f.couplings(), f.index(), f.x1.view(), this->ws);

  EXPECT_EQ(elements(f.x1.view()), elements(aligned.view()));
}

TYPED_TEST(AlignmentLaws, OrderOfTheIndexDoesNotMatter) {
  testing::expert_fixture f(this->be, rng_key{6});
  auto aligned = tensor<eigen<double>, 2>(this->be, f.x1.shape());
  this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);
  testing::expert_fixture g(this->be, rng_key{6});
  std::vector<row_t> order(static_cast<std::size_t>(g.windows));
  std::iota(order.begin(), order.end(), row_t{0});
  std::reverse(order.begin(), order.end());
  for (index_t w = 0; w < g.windows; ++w) {
    const index_t from = order[static_cast<std::size_t>(w)];
    this->be.copy(rows(g.chunks.view(), w, 1), rows(f.chunks.view(), from, 1));
    this->be.copy(rows(g.features.view(), w, 1), rows(f.features.view(), from, 1));
    g.episode[static_cast<std::size_t>(w)] = f.episode[static_cast<std::size_t>(from)];
    g.offset[static_cast<std::size_t>(w)] = f.offset[static_cast<std::size_t>(from)];
  }
  for (index_t i = 0; i < g.pairs; ++i) {
    g.window.view()(i) = static_cast<row_t>(g.windows - 1 - f.window.view()(i));
  }
  auto reversed = tensor<eigen<double>, 2>(this->be, f.x1.shape());

  this->make()(this->be, g.couplings(), g.index(), reversed.view(), this->ws);

  EXPECT_EQ(elements(reversed.view()), elements(aligned.view()));
}

TYPED_TEST(AlignmentLaws, ReportAddsUp) {
  testing::expert_fixture f(this->be, rng_key{7});
  auto aligned = tensor<eigen<double>, 2>(this->be, f.x1.shape());

  const auto report = this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

  EXPECT_EQ(static_cast<index_t>(report.decisions.size()), f.pairs);
  EXPECT_EQ(std::accumulate(report.before.histogram.begin(), report.before.histogram.end(), 0),
            f.pairs);
  EXPECT_EQ(std::accumulate(report.pairs_by_phase.begin(), report.pairs_by_phase.end(), 0),
            f.pairs);
  EXPECT_EQ(std::accumulate(report.replaced_by_phase.begin(), report.replaced_by_phase.end(), 0),
            report.replaced);
  EXPECT_NE(to_text(report).find(text("couplings ", f.pairs)), std::string::npos);
}

TYPED_TEST(AlignmentLaws, SizesThatDoNotFitAreRefusedWithTheValues) {
  testing::expert_fixture f(this->be, rng_key{8});
  auto aligned = tensor<eigen<double>, 2>(this->be, f.x1.shape());
  expert_index<eigen<double>> index = f.index();
  index.steps = 5;

  try {
    this->make()(this->be, f.couplings(), index, aligned.view(), this->ws);
    FAIL() << "5 steps were accepted for chunks of 12 values";
  } catch (const invalid_input& e) {
    EXPECT_NE(std::string(e.what()).find("12"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("5 steps"), std::string::npos);
  }
}

}  // namespace
}  // namespace flowkit
