// Batches from data in memory, in an order that is drawn anew for every epoch.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/objective/concepts.hpp>
#include <flowkit/train/concepts.hpp>

#include <numeric>
#include <vector>

namespace flowkit {

namespace detail {

/// Writes a permutation of 0, 1, ... (Fisher and Yates), a function of the key and the size alone.
void shuffle(std::span<row_t> order, rng_key key);

/// Gathers rows of one array of the data into a buffer that is as long as a batch. Arrays that the
/// data lack stay without elements.
template <class B>
class gathered_rows {
 public:
  gathered_rows(B& be, const_view_of<B, 2> data, index_t count)
      : data_(data), batch_(be, {data.empty() ? 0 : count, data.shape()[1]}) {
    FLOWKIT_VALIDATE(contiguous_rows(data), "data of shape ", data.shape(), " with strides ",
                     data.strides(),
                     ": the numbers of a sample must lie one after the other; copy what is spread ",
                     "out into a tensor first");
  }

  const_view_of<B, 2> operator()(B& be, const_view_of<B, 1, row_t> chosen) {
    if (!data_.empty()) be.gather_rows(data_, chosen, batch_.view());
    return std::as_const(batch_).view();
  }

 private:
  const_view_of<B, 2> data_;
  tensor<B, 2> batch_;
};

}  // namespace detail

/// A BatchSource over data in the memory of a backend, given as one large batch. Every epoch is a
/// new permutation of the rows, drawn from the key and the number of the epoch; rows that are left
/// when the batch size does not divide the data wait for another epoch.
template <class B>
class dataset_source {
 public:
  /// Refers to the data. Throws invalid_input if they have fewer rows than a batch or 2^31 and
  /// more. Allocates.
  dataset_source(B& be, const training_batch<B>& data, index_t batch_size)
      : size_(data.x1.shape()[0]),
        batch_size_(checked(batch_size, size_)),
        x1_(be, data.x1, batch_size),
        x0_(be, data.x0, batch_size),
        condition_(be, data.condition, batch_size),
        weights_(be, as_column(data.weights), batch_size),
        mask_(be, data.mask, batch_size),
        order_(static_cast<std::size_t>(size_)),
        rows_(be, extents<1>{size_}) {
    (void)detail::checked_batch(data, data.condition.shape()[1]);
  }

  [[nodiscard]] index_t batches_per_epoch() const { return size_ / batch_size_; }

  /// See BatchSource.
  training_batch<B> operator()(B& be, index_t number, rng_key key) {
    FLOWKIT_EXPECT(number >= 0);
    const index_t epoch = number / batches_per_epoch();
    shuffle_for(be, key.split(static_cast<std::uint64_t>(epoch)));
    const index_t first = number % batches_per_epoch() * batch_size_;
    const auto chosen = rows(std::as_const(rows_).view(), first, batch_size_);
    const const_view_of<B, 2> weights = weights_(be, chosen);
    return {x1_(be, chosen), x0_(be, chosen), condition_(be, chosen),
            reshape(weights, extents<1>{weights.size()}), mask_(be, chosen)};
  }

 private:
  static index_t checked(index_t batch_size, index_t size) {
    FLOWKIT_VALIDATE(batch_size > 0 && batch_size <= size, "batches of ", batch_size,
                     " samples cannot be drawn from ", size,
                     " without repetition; choose a batch size between 1 and that");
    FLOWKIT_VALIDATE(size <= std::numeric_limits<row_t>::max(), "data with ", size,
                     " rows exceed the 2^31 rows that one source can number; split them");
    return batch_size;
  }

  static const_view_of<B, 2> as_column(const_view_of<B, 1> weights) {
    return {weights.data(), extents{weights.size(), index_t{1}},
            extents{weights.strides()[0], index_t{1}}};
  }

  void shuffle_for(B& be, rng_key epoch_key) {
    if (shuffled_ && epoch_key == epoch_key_) return;
    detail::shuffle(order_, epoch_key);
    be.upload(rows_.view(), std::span<const row_t>(order_));
    epoch_key_ = epoch_key;
    shuffled_ = true;
  }

  index_t size_;
  index_t batch_size_;
  detail::gathered_rows<B> x1_;
  detail::gathered_rows<B> x0_;
  detail::gathered_rows<B> condition_;
  detail::gathered_rows<B> weights_;
  detail::gathered_rows<B> mask_;
  std::vector<row_t> order_;
  tensor<B, 1, row_t> rows_;
  rng_key epoch_key_;
  bool shuffled_ = false;
};

}  // namespace flowkit
