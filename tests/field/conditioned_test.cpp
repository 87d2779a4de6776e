// Conditions follow the samples that a solver selects.
#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/field/concepts.hpp>
#include <flowkit/field/conditioned.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;

/// v = c x with tangents.
struct scaling {
  void operator()(backend& be, const_view_of<backend, 1>, const_view_of<backend, 2> x,
                  const_view_of<backend, 2> c, view_of<backend, 2> dx) {
    be.for_each(fn::product_of{}, dx, x, c);
  }
  void jvp(backend& be, const_view_of<backend, 1> t, const_view_of<backend, 2> x,
           const_view_of<backend, 2> c, const_view_of<backend, 2> u, view_of<backend, 2> dx,
           view_of<backend, 2> du) {
    (*this)(be, t, x, c, dx);
    (*this)(be, t, u, c, du);
  }
};
static_assert(SelectableField<conditioned<scaling, backend>, backend>);
static_assert(TangentField<conditioned<scaling, backend>, backend>);

class conditioned_field : public ::testing::Test {
 protected:
  std::vector<double> velocity(const std::vector<double>& x0) {
    const auto n = static_cast<index_t>(x0.size());
    const auto t = testing::vector(be_, std::vector<double>(x0.size(), 0.0));
    const auto x = testing::matrix(be_, n, x0);
    tensor<backend, 2> dx(be_, x.shape());
    field_(be_, t.view(), x.view(), dx.view());
    return testing::host(dx);
  }

  void select(const std::vector<row_t>& samples) {
    const const_view_of<backend, 1, row_t> chosen(samples.data(),
                                                  extents<1>{static_cast<index_t>(samples.size())});
    field_.select_rows(be_, chosen);
  }

  backend be_;
  tensor<backend, 2> conditions_ = testing::matrix(be_, 3, std::vector<double>{10, 20, 30});
  conditioned<scaling, backend> field_{be_, scaling{}, conditions_.view()};
};

TEST_F(conditioned_field, gives_every_sample_its_condition) {
  EXPECT_EQ(velocity({1, 2, 3}), (std::vector<double>{10, 40, 90}));
}

TEST_F(conditioned_field, follows_the_selection_and_forgets_it) {
  select({2, 0});
  EXPECT_EQ(velocity({1, 2}), (std::vector<double>{30, 20}));
  select({1});
  EXPECT_EQ(velocity({1}), (std::vector<double>{20}));
  field_.select_all(be_);
  EXPECT_EQ(velocity({1, 1, 1}), (std::vector<double>{10, 20, 30}));
}

TEST_F(conditioned_field, takes_other_conditions_that_selections_then_mean) {
  const auto fewer = testing::matrix(be_, 2, std::vector<double>{5, 7});

  field_.rebind(fewer.view());
  EXPECT_EQ(velocity({1, 2}), (std::vector<double>{5, 14}));
  select({1});
  EXPECT_EQ(velocity({1}), (std::vector<double>{7}));
  field_.select_all(be_);
  EXPECT_EQ(velocity({1, 1}), (std::vector<double>{5, 7}));
}

TEST_F(conditioned_field, refuses_more_conditions_than_there_is_room_for) {
  const auto more = testing::matrix(be_, 4, std::vector<double>{1, 2, 3, 4});

  EXPECT_THROW(field_.rebind(more.view()), invalid_input);
}

TEST_F(conditioned_field, refuses_to_select_more_rows_than_samples) {
  const auto refusal = [&](const std::vector<row_t>& samples) {
    return testing::message_of<invalid_input>([&] { select(samples); });
  };
  EXPECT_THAT(refusal({0, 1, 2, 0}),
              ::testing::HasSubstr("a selection of 4 rows from data for 3 samples"));
  const auto fewer = testing::matrix(be_, 2, std::vector<double>{5, 7});

  field_.rebind(fewer.view());  // which leaves room for three

  EXPECT_THAT(refusal({0, 1, 0}),
              ::testing::HasSubstr("a selection of 3 rows from data for 2 samples"));
  EXPECT_EQ(velocity({1, 2}), (std::vector<double>{5, 14}));
}

TEST_F(conditioned_field, asserts_that_selected_numbers_are_samples) {
#if FLOWKIT_CHECKS > 0
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the backend has threads
  EXPECT_DEATH(select({3}), "precondition");
  EXPECT_DEATH(select({-1}), "precondition");
#else
  GTEST_SKIP() << "preconditions are not checked in this build";
#endif
}

TEST_F(conditioned_field, has_tangents_under_the_same_condition) {
  select({1});
  const auto t = testing::vector(be_, std::vector<double>{0});
  const auto x = testing::matrix(be_, 1, std::vector<double>{2});
  const auto u = testing::matrix(be_, 1, std::vector<double>{3});
  tensor<backend, 2> dx(be_, x.shape());
  tensor<backend, 2> du(be_, x.shape());

  field_.jvp(be_, t.view(), x.view(), u.view(), dx.view(), du.view());

  EXPECT_EQ(dx.view()(0, 0), 40);
  EXPECT_EQ(du.view()(0, 0), 60);
}

TEST_F(conditioned_field, refuses_a_batch_of_another_size) {
  EXPECT_THROW(velocity({1, 2}), invalid_input);
}

}  // namespace
}  // namespace flowkit
