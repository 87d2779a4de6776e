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

/// An operator on a backend.
template <class O, class T>
struct law_case {
  using op = O;
  using backend = eigen<T>;
};

template <class Case>
struct AlignmentLaws : ::testing::Test {
  using backend = typename Case::backend;
  using matrix = tensor<backend, 2>;
  using fixture = testing::expert_fixture<backend>;
  using Operator = typename Case::op;
  static_assert(Alignment<Operator, backend>);

  static Operator make() {
    if constexpr (std::is_same_v<Operator, selective_alignment>) {
      return {.action_radius = 0.3, .feature_radius = 0.5};
    } else if constexpr (std::is_same_v<Operator, nearest_alignment>) {
      return {.radius = 0.5};
    } else {
      return {};
    }
  }

  /// Calls `law` with experts and couplings of several seeds.
  template <class Law>
  void for_each_seed(Law&& law) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE(text("seed ", seed));
      law(rng_key{seed});
    }
  }

  backend be;
  workspace<backend> ws{be};
};

using cases =
    ::testing::Types<law_case<identity_alignment, double>, law_case<identity_alignment, float>,
                     law_case<nearest_alignment, double>, law_case<nearest_alignment, float>,
                     law_case<selective_alignment, double>, law_case<selective_alignment, float>,
                     law_case<adaptive_alignment, double>, law_case<adaptive_alignment, float>>;
TYPED_TEST_SUITE(AlignmentLaws, cases);

TYPED_TEST(AlignmentLaws, NoiseAndConditionsAreUntouched) {
  this->for_each_seed([&](rng_key key) {
    typename TestFixture::fixture f(this->be, key);
    const auto x0 = elements(f.x0.view());
    const auto condition = elements(f.condition.view());
    typename TestFixture::matrix aligned(this->be, f.x1.shape());

    this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

    EXPECT_EQ(elements(f.x0.view()), x0);
    EXPECT_EQ(elements(f.condition.view()), condition);
  });
}

TYPED_TEST(AlignmentLaws, AligningTheResultChangesNothing) {
  this->for_each_seed([&](rng_key key) {
    typename TestFixture::fixture f(this->be, key);
    typename TestFixture::matrix once(this->be, f.x1.shape());
    typename TestFixture::matrix twice(this->be, f.x1.shape());
    this->make()(this->be, f.couplings(), f.index(), once.view(), this->ws);
    coupling_view<typename TestFixture::backend> again = f.couplings();
    again.x1 = once.view();

    const auto report = this->make()(this->be, again, f.index(), twice.view(), this->ws);

    EXPECT_EQ(elements(twice.view()), elements(once.view()));
    EXPECT_EQ(report.replaced, 0);
  });
}

TYPED_TEST(AlignmentLaws, EmptyIndexIsTheIdentity) {
  this->for_each_seed([&](rng_key key) {
    typename TestFixture::fixture f(this->be, key);
    typename TestFixture::matrix aligned(this->be, f.x1.shape());
    coupling_view<typename TestFixture::backend> c = f.couplings();
    c.window = {};
    const typename TestFixture::matrix no_chunks(this->be, {0, f.x1.shape()[1]});
    const typename TestFixture::matrix no_features(this->be, {0, f.condition.shape()[1]});
    const expert_index<typename TestFixture::backend> empty{no_chunks.view(), no_features.view(),
                                                            f.steps};

    const auto report = this->make()(this->be, c, empty, aligned.view(), this->ws);

    EXPECT_EQ(elements(aligned.view()), elements(f.x1.view()));
    EXPECT_EQ(report.replaced, 0);
  });
}

TYPED_TEST(AlignmentLaws, ReplacedRowsAreRowsOfTheIndexAndOthersAreKept) {
  this->for_each_seed([&](rng_key key) {
    typename TestFixture::fixture f(this->be, key);
    typename TestFixture::matrix aligned(this->be, f.x1.shape());

    const auto report = this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

    for (index_t i = 0; i < f.pairs; ++i) {
      const alignment_decision& d = report.decisions[static_cast<std::size_t>(i)];
      const bool replaced = d.reason == alignment_reason::replaced;
      const auto expected = replaced ? rows(f.chunks.view(), d.window, 1) : rows(f.x1.view(), i, 1);
      EXPECT_EQ(elements(rows(aligned.view(), i, 1)), elements(expected)) << "pair " << i;
    }
    // An operator that never replaces would obey all laws.
    const bool keeps = std::is_same_v<typename TypeParam::op, identity_alignment>;
    EXPECT_EQ(report.replaced > 0, !keeps) << report.replaced << " pairs replaced";
  });
}

TYPED_TEST(AlignmentLaws, TheResultMayBeWrittenOverTheCouplings) {
  this->for_each_seed([&](rng_key key) {
    typename TestFixture::fixture f(this->be, key);
    typename TestFixture::matrix aligned(this->be, f.x1.shape());
    this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

    this->make()(this->be, f.couplings(), f.index(), f.x1.view(), this->ws);

    EXPECT_EQ(elements(f.x1.view()), elements(aligned.view()));
  });
}

TYPED_TEST(AlignmentLaws, OrderOfTheIndexDoesNotMatter) {
  this->for_each_seed([&](rng_key key) {
    typename TestFixture::fixture f(this->be, key);
    typename TestFixture::matrix aligned(this->be, f.x1.shape());
    this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);
    typename TestFixture::fixture g(this->be, key);
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
    typename TestFixture::matrix reversed(this->be, f.x1.shape());

    this->make()(this->be, g.couplings(), g.index(), reversed.view(), this->ws);

    EXPECT_EQ(elements(reversed.view()), elements(aligned.view()));
  });
}

TYPED_TEST(AlignmentLaws, ReportAddsUp) {
  this->for_each_seed([&](rng_key key) {
    typename TestFixture::fixture f(this->be, key);
    typename TestFixture::matrix aligned(this->be, f.x1.shape());

    const auto report = this->make()(this->be, f.couplings(), f.index(), aligned.view(), this->ws);

    EXPECT_EQ(static_cast<index_t>(report.decisions.size()), f.pairs);
    EXPECT_EQ(std::accumulate(report.before.histogram.begin(), report.before.histogram.end(), 0),
              f.pairs);
    EXPECT_EQ(std::accumulate(report.pairs_by_phase.begin(), report.pairs_by_phase.end(), 0),
              f.pairs);
    EXPECT_EQ(std::accumulate(report.replaced_by_phase.begin(), report.replaced_by_phase.end(), 0),
              report.replaced);
    EXPECT_NE(to_text(report).find(text("couplings ", f.pairs)), std::string::npos);
  });
}

TYPED_TEST(AlignmentLaws, SizesThatDoNotFitAreRefusedWithTheValues) {
  typename TestFixture::fixture f(this->be, rng_key{8});
  typename TestFixture::matrix aligned(this->be, f.x1.shape());
  expert_index<typename TestFixture::backend> index = f.index();
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
