#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/one_hot.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using B = eigen<float>;

TEST(one_hot, has_a_one_at_the_label_of_each_row) {
  B be;

  const auto x = one_hot(be, std::vector<row_t>{2, 0}, 3);

  ASSERT_EQ(x.shape(), (extents{2, 3}));
  EXPECT_THAT(std::span(x.view().data(), 6), ::testing::ElementsAre(0, 0, 1, 1, 0, 0));
}

TEST(one_hot, of_no_labels_is_empty) {
  B be;

  EXPECT_EQ(one_hot(be, {}, 3).shape(), (extents{0, 3}));
}

TEST(one_hot, refuses_what_is_no_class) {
  B be;

  EXPECT_THROW((void)one_hot(be, std::vector<row_t>{3}, 3), invalid_input);
  EXPECT_THROW((void)one_hot(be, std::vector<row_t>{-1}, 3), invalid_input);
  EXPECT_THROW((void)one_hot(be, {}, 0), invalid_input);
}

// 4 * 2^62 wraps around to 0 numbers.
TEST(one_hot, refuses_a_matrix_that_cannot_exist) {
  B be;
  const std::vector<row_t> labels{0, 1, 2, 3};

  EXPECT_THAT(
      testing::message_of<invalid_input>([&] { (void)one_hot(be, labels, index_t{1} << 62); }),
      ::testing::HasSubstr("shape [4, 4611686018427387904]"));
}

}  // namespace
}  // namespace flowkit
