// Which samples the rows of a shrinking batch belong to.
#pragma once

#include <flowkit/solver/adaptive_batch.hpp>
#include <flowkit/solver/result.hpp>

namespace flowkit::detail {

/// Reads one number. Synchronises.
template <class B>
typename B::value_type read(B& be, const_view_of<B, 0> scalar) {
  typename B::value_type value{};
  be.download(std::span(&value, 1), reshape(scalar, extents<1>{1}));
  return value;
}

/// Keeps the sample number of every row, writes finished rows back and takes them out of the batch.
template <class B>
class roster {
 public:
  using T = typename B::value_type;

  /// Rows 0 .. count - 1 stand for the samples from `first` on.
  roster(B& be, workspace<B>& ws, integration_result& result, index_t first, index_t count)
      : result_(&result),
        samples_(ws.template take<1, row_t>(extents<1>{count})),
        chosen_(ws.template take<1, row_t>(extents<1>{count})),
        scalar_(ws.take(extents<0>{})) {
    auto& host = result.rows_;
    host.resize(static_cast<std::size_t>(count));
    for (index_t i = 0; i < count; ++i) host[static_cast<std::size_t>(i)] = row_number(first + i);
    be.upload(samples_, std::span<const row_t>(host));
  }

  /// Sample numbers of the rows.
  [[nodiscard]] const_view_of<B, 1, row_t> samples() const { return samples_; }

  /// Sum of f over a vector. Synchronises.
  template <class F>
  index_t count(B& be, const F& f, const_view_of<B, 1> v) {
    be.sum(f, scalar_, v);
    return static_cast<index_t>(read<B>(be, scalar_));
  }

  /// Writes states and counters of all rows to their samples. Synchronises.
  template <class Batch>
  void write_back(B& be, const Batch& batch, index_t start_cost, view_of<B, 2> x) {
    be.scatter_rows(const_view_of<B, 2>(batch.x), const_view_of<B, 1, row_t>(samples_), x);
    for_each_on_host<B>(be, batch.state, [&](index_t i, T v) {
      sample(i).status = static_cast<sample_status>(static_cast<int>(v));
    });
    for_each_on_host<B>(be, batch.accepted,
                        [&](index_t i, T v) { sample(i).accepted = static_cast<index_t>(v); });
    for_each_on_host<B>(be, batch.rejected, [&](index_t i, T v) {
      auto& s = sample(i);
      s.rejected = static_cast<index_t>(v);
      s.evaluations = start_cost + Batch::attempt_cost * (s.accepted + s.rejected);
    });
  }

  /// Takes the finished rows out of the batch; write_back must have seen them. Synchronises.
  template <class Batch>
  void retire(B& be, Batch& batch, index_t running) {
    auto& numbers = result_->rows_;
    auto& kept = result_->kept_;
    kept.clear();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (sample(static_cast<index_t>(i)).status == sample_status::running) {
        numbers[kept.size()] = numbers[i];
        kept.push_back(row_number(static_cast<index_t>(i)));
      }
    }
    numbers.resize(kept.size());
    samples_ = rows(samples_, 0, running);
    chosen_ = rows(chosen_, 0, running);
    be.upload(samples_, std::span<const row_t>(numbers));
    be.upload(chosen_, std::span<const row_t>(kept));
    batch.keep(be, chosen_);
  }

 private:
  static row_t row_number(index_t i) { return static_cast<row_t>(i); }

  integration_result::sample& sample(index_t row) {
    const row_t number = result_->rows_[static_cast<std::size_t>(row)];
    return result_->samples[static_cast<std::size_t>(number)];
  }

  integration_result* result_;
  view_of<B, 1, row_t> samples_;
  view_of<B, 1, row_t> chosen_;
  view_of<B, 0> scalar_;
};

}  // namespace flowkit::detail
