#include <flowkit/policy/chunk_splice.hpp>

#include <algorithm>

namespace flowkit::policy {

chunk_splice::chunk_splice(index_t capacity, index_t dimensions)
    : capacity_(capacity), dimensions_(dimensions) {
  FLOWKIT_VALIDATE(capacity > 0 && dimensions > 0, "a splice for ", capacity, " actions of ",
                   dimensions, " numbers: both must be positive");
  actions_.resize(static_cast<std::size_t>(capacity * dimensions));
}

bool chunk_splice::insert(const chunks<physical, const float>& actions, index_t observed_at) {
  const index_t count = actions.rows();
  FLOWKIT_VALIDATE(actions.numbers().shape()[1] == dimensions_ && count > 0 && count <= capacity_,
                   "a splice for up to ", capacity_, " actions of ", dimensions_,
                   " numbers was given ", actions.numbers().shape());
  FLOWKIT_VALIDATE(observed_at >= 0 && observed_at <= consumed_, "a chunk observed at action ",
                   observed_at, ", but only ", consumed_,
                   " were consumed: note consumed() when the observation is taken");
  const index_t passed = consumed_ - observed_at;
  if (passed >= count) return false;
  for (index_t i = 0; i < count; ++i) {
    for (index_t d = 0; d < dimensions_; ++d) {
      actions_[static_cast<std::size_t>(i * dimensions_ + d)] = actions.numbers()(i, d);
    }
  }
  length_ = count;
  at_ = passed;
  return true;
}

splice_source chunk_splice::next(std::span<float> out) {
  FLOWKIT_VALIDATE(static_cast<index_t>(out.size()) == dimensions_, "an action of ", dimensions_,
                   " numbers does not fit ", out.size());
  if (length_ == 0) return splice_source::nothing;
  const bool held = at_ == length_;
  const index_t row = held ? length_ - 1 : at_;
  std::copy_n(actions_.begin() + static_cast<std::ptrdiff_t>(row * dimensions_), dimensions_,
              out.begin());
  if (held) return splice_source::held;
  ++at_;
  ++consumed_;
  return splice_source::chunk;
}

void chunk_splice::reset() {
  length_ = 0;
  at_ = 0;
  consumed_ = 0;
}

}  // namespace flowkit::policy
