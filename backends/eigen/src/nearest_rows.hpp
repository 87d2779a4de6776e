// The nearest references of one query while they are met one after the other.
#pragma once

#include "search_tile.hpp"

#include <algorithm>

namespace flowkit {
namespace {

/// A few nearest rows, kept sorted and measured at once.
template <class T>
class few_nearest {
 public:
  few_nearest() = default;
  few_nearest(index_t size, row_t* index, T* distance)
      : size_(size), index_(index), distance_(distance) {
    std::fill_n(index_, size_, row_t{-1});
    std::fill_n(distance_, size_, std::numeric_limits<T>::infinity());
  }

  /// Only a row whose squared distance is below this belongs here.
  [[nodiscard]] T limit() const { return distance_[size_ - 1]; }
  void expect_error(T /*error*/) {}
  template <class Measure>
  void offer(row_t row, T /*approximate*/, const Measure& measure) {
    const T value = measure(row);
    if (!(value < limit())) return;
    index_t at = size_ - 1;
    for (; at > 0 && value < distance_[at - 1]; --at) put(at, index_[at - 1], distance_[at - 1]);
    put(at, row, value);
  }
  template <class Measure>
  void finish(const Measure&) {}

 private:
  void put(index_t at, row_t row, T value) {
    index_[at] = row;
    distance_[at] = value;
  }

  index_t size_ = 0;
  row_t* index_ = nullptr;
  T* distance_ = nullptr;
};

/// Many nearest rows. Rows are kept unsorted by their approximate distance as long as they might
/// belong to the nearest; whenever the memory is full, those that cannot are removed. Only what is
/// left at the end is measured and sorted: to keep many sorted, or in a heap, costs more than all
/// distances.
template <class T>
class many_nearest {
 public:
  /// Candidates that `size` nearest of so many references need room for.
  [[nodiscard]] static index_t room(index_t size, index_t references) {
    return std::min(2 * size, references);
  }

  many_nearest() = default;
  many_nearest(index_t size, search_candidate<T>* memory, row_t* index, T* distance)
      : size_(size), memory_(memory), index_(index), distance_(distance) {}

  [[nodiscard]] T limit() const { return limit_; }
  /// Bounds how far approximate distances offered from now on are from measured ones.
  void expect_error(T error) { error_ = std::max(error_, error); }
  template <class Measure>
  void offer(row_t row, T approximate, const Measure& measure) {
    memory_[count_++] = {approximate, row};
    if (count_ == 2 * size_) shrink(measure);
  }
  template <class Measure>
  void finish(const Measure& measure) {
    if (count_ > size_) remove_farther();
    measure_all(measure);
    std::sort(memory_, memory_ + count_);
    const index_t found = std::min(count_, size_);
    for (index_t i = 0; i < size_; ++i) {
      index_[i] = i < found ? memory_[i].row : row_t{-1};
      distance_[i] = i < found ? memory_[i].distance : std::numeric_limits<T>::infinity();
    }
  }

 private:
  /// Makes room for at least size / 2 rows. Where too many are as near as the last of the nearest,
  /// up to rounding, their distances are measured and rows decide: the limit is exact then, because
  /// later rows lose a tie.
  template <class Measure>
  void shrink(const Measure& measure) {
    remove_farther();
    const bool measured = count_ > size_ + size_ / 2;
    if (measured) {
      measure_all(measure);
      if (count_ > size_) std::nth_element(memory_, memory_ + size_ - 1, memory_ + count_);
      count_ = std::min(count_, size_);
    }
    if (count_ < size_) return;
    const T farthest = std::max_element(memory_, memory_ + size_)->distance;
    limit_ = measured ? farthest : farthest + error_;
  }

  /// Removes what size other rows are nearer than, whatever the errors. There are at least size.
  void remove_farther() {
    std::nth_element(memory_, memory_ + size_ - 1, memory_ + count_,
                     [](const auto& a, const auto& b) { return a.distance < b.distance; });
    const T farthest = memory_[size_ - 1].distance + 2 * error_;
    count_ = std::partition(memory_ + size_, memory_ + count_,
                            [&](const search_candidate<T>& c) { return c.distance <= farthest; }) -
             memory_;
  }

  /// Measures what is left; rows at no finite distance are none.
  template <class Measure>
  void measure_all(const Measure& measure) {
    index_t kept = 0;
    for (index_t i = 0; i < count_; ++i) {
      const T value = measure(memory_[i].row);
      if (value < std::numeric_limits<T>::infinity()) memory_[kept++] = {value, memory_[i].row};
    }
    count_ = kept;
  }

  index_t size_ = 0;
  T error_ = 0;
  search_candidate<T>* memory_ = nullptr;
  row_t* index_ = nullptr;
  T* distance_ = nullptr;
  index_t count_ = 0;
  T limit_ = std::numeric_limits<T>::infinity();
};

}  // namespace
}  // namespace flowkit
