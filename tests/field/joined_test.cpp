// Several samples as one state.
#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/field/joined.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::message_of;

class joined_field : public ::testing::Test {
 protected:
  backend be_;
  workspace<backend> ws_{be_};
};

TEST_F(joined_field, gives_every_part_the_time_of_its_row) {
  auto field = joined(analytic_field<2>([](auto t, auto p) {
                        return point{t, p[0] + p[1]};
                      }),
                      2, ws_);
  static_assert(VelocityField<decltype(field), backend>);
  const auto t = testing::vector(be_, std::vector<double>{10, 20});
  const auto x = testing::matrix(be_, 2, std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8});
  tensor<backend, 2> dx(be_, x.shape());

  field(be_, t.view(), x.view(), dx.view());

  EXPECT_EQ(testing::host(dx), (std::vector<double>{10, 3, 10, 7, 20, 11, 20, 15}));
}

TEST_F(joined_field, refuses_rows_that_do_not_divide) {
  auto field = joined(analytic_field<1>([](auto, auto p) { return p; }), 3, ws_);
  const auto t = testing::vector(be_, std::vector<double>{0});
  const auto x = testing::matrix(be_, 1, std::vector<double>{1, 2});
  tensor<backend, 2> dx(be_, x.shape());

  EXPECT_THAT(message_of<invalid_input>([&] { field(be_, t.view(), x.view(), dx.view()); }),
              HasSubstr("3 equal parts per row: lay the samples of a row side by side"));
  EXPECT_THAT(message_of<invalid_input>(
                  [&] { joined(analytic_field<1>([](auto, auto p) { return p; }), 0, ws_); }),
              HasSubstr("give the samples per row"));
}

TEST_F(joined_field, refuses_times_and_velocities_that_do_not_fit) {
  auto field = joined(analytic_field<1>([](auto, auto p) { return p; }), 2, ws_);
  const auto one = testing::vector(be_, std::vector<double>{0});
  const auto three = testing::vector(be_, std::vector<double>{0, 0, 0});
  tensor<backend, 2> x(be_, {3, 4});
  tensor<backend, 2> dx(be_, {3, 4});
  tensor<backend, 2> few(be_, {2, 4});
  tensor<backend, 2> wide(be_, {3, 5});
  const auto refusal = [&](const_view_of<backend, 1> t, const_view_of<backend, 2> state,
                           view_of<backend, 2> velocity) {
    return message_of<invalid_input>([&] { field(be_, t, state, velocity); });
  };

  EXPECT_THAT(refusal(one.view(), x.view(), dx.view()),
              HasSubstr("a joined field was given 1 times for a state of shape [3, 4]"));
  EXPECT_THAT(refusal(three.view(), x.view(), few.view()),
              HasSubstr("tangent of shape [2, 4] for a state of shape [3, 4]"));
  EXPECT_THAT(refusal(three.view(), columns(wide.view(), 0, 4), dx.view()),
              HasSubstr("state of a field of shape [3, 4] has strides [5, 1]"));
  EXPECT_THAT(refusal(three.view(), x.view(), columns(wide.view(), 0, 4)),
              HasSubstr("has strides [5, 1]"));
}

}  // namespace
}  // namespace flowkit
