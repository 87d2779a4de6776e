// Batches of a data set: every row once per epoch, in an order that can be continued anywhere.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/train/dataset_source.hpp>

#include <gtest/gtest.h>

#include <algorithm>

#include "support/files.hpp"

namespace flowkit {
namespace {

using B = eigen<float>;

static_assert(BatchSource<dataset_source<B>, B>);

/// Ten samples whose every number tells the row it belongs to.
class ten_rows : public ::testing::Test {
 protected:
  ten_rows() {
    for (index_t i = 0; i < 10; ++i) {
      const auto row = static_cast<float>(i);
      be_.fill(rows(x1_.view(), i, 1), row);
      be_.fill(rows(x0_.view(), i, 1), row + 100);
      be_.fill(rows(condition_.view(), i, 1), row + 200);
      be_.fill(rows(weights_.view(), i, 1), row + 300);
      be_.fill(rows(mask_.view(), i, 1), row + 400);
    }
  }

  training_batch<B> everything() {
    return {x1_.view(), x0_.view(), condition_.view(), weights_.view(), mask_.view()};
  }
  training_batch<B> data_only() { return {x1_.view()}; }

  /// The rows that batches first .. last - 1 consist of.
  std::vector<float> chosen(dataset_source<B>& source, index_t first, index_t last,
                            rng_key key = {7}) {
    std::vector<float> out;
    for (index_t i = first; i < last; ++i) {
      const auto batch = source(be_, i, key);
      for (index_t r = 0; r < batch.x1.shape()[0]; ++r) out.push_back(batch.x1(r, 0));
    }
    return out;
  }

  B be_;
  tensor<B, 2> x1_{be_, {10, 2}};
  tensor<B, 2> x0_{be_, {10, 2}};
  tensor<B, 2> condition_{be_, {10, 3}};
  tensor<B, 1> weights_{be_, {10}};
  tensor<B, 2> mask_{be_, {10, 2}};
};

TEST_F(ten_rows, an_epoch_holds_every_row_once) {
  dataset_source<B> source(be_, data_only(), 5);

  auto seen = chosen(source, 0, source.batches_per_epoch());

  EXPECT_FALSE(std::is_sorted(seen.begin(), seen.end()));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(ten_rows, epochs_keys_and_only_they_change_the_order) {
  dataset_source<B> source(be_, data_only(), 5);

  const auto first = chosen(source, 0, 2);

  EXPECT_NE(chosen(source, 2, 4), first);
  EXPECT_NE(chosen(source, 0, 2, {8}), first);
  EXPECT_EQ(chosen(source, 0, 2), first);
}

TEST_F(ten_rows, another_source_continues_at_any_batch) {
  dataset_source<B> whole(be_, data_only(), 3);
  dataset_source<B> resumed(be_, data_only(), 3);
  const auto all = chosen(whole, 0, 12);

  const auto tail = chosen(resumed, 7, 12);

  EXPECT_TRUE(std::equal(tail.begin(), tail.end(), all.begin() + 7 * 3));
}

TEST_F(ten_rows, all_arrays_of_a_batch_come_from_the_same_rows) {
  dataset_source<B> source(be_, everything(), 4);

  const auto batch = source(be_, 3, {7});

  EXPECT_EQ(batch.x1.shape(), (extents<2>{4, 2}));
  for (index_t i = 0; i < 4; ++i) {
    const float row = batch.x1(i, 1);
    EXPECT_EQ(batch.x0(i, 1), row + 100);
    EXPECT_EQ(batch.condition(i, 2), row + 200);
    EXPECT_EQ(batch.weights(i), row + 300);
    EXPECT_EQ(batch.mask(i, 1), row + 400);
  }
}

TEST_F(ten_rows, absent_arrays_stay_absent) {
  dataset_source<B> source(be_, data_only(), 4);

  const auto batch = source(be_, 0, {7});

  EXPECT_TRUE(batch.x0.empty() && batch.condition.empty() && batch.weights.empty() &&
              batch.mask.empty());
}

TEST_F(ten_rows, data_and_batch_size_must_fit) {
  const auto message =
      testing::message_of<invalid_input>([&] { dataset_source<B>(be_, data_only(), 11); });

  EXPECT_NE(message.find("11"), std::string::npos) << message;
  EXPECT_THROW(dataset_source<B>(be_, data_only(), 0), invalid_input);
  training_batch<B> torn = everything();
  torn.x0 = rows(torn.x0, 0, 9);
  EXPECT_THROW(dataset_source<B>(be_, torn, 2), invalid_input);
  torn = everything();
  torn.condition = rows(torn.condition, 0, 9);
  EXPECT_THROW(dataset_source<B>(be_, torn, 2), invalid_input);
}

TEST(shuffle, reaches_every_order) {
  std::vector<row_t> order(3);
  std::array<int, 27> seen{};
  for (std::uint64_t i = 0; i < 600; ++i) {
    detail::shuffle(order, rng_key{1}.split(i));
    ++seen[static_cast<std::size_t>(order[0] + 3 * order[1] + 9 * order[2])];
  }

  // Six orders, each 100 times in the mean with deviation 9: five deviations on either side.
  EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](int n) { return n > 55 && n < 145; }), 6);
}

TEST_F(ten_rows, data_whose_samples_are_spread_out_are_refused) {
  training_batch<B> data = data_only();
  data.condition = repeat_columns(const_view_of<B, 1>(weights_.view()), 2);  // column stride 0

  EXPECT_THROW((dataset_source<B>(be_, data, 2)), invalid_input);
}

}  // namespace
}  // namespace flowkit
