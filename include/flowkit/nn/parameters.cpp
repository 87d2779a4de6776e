#include <flowkit/nn/parameters.hpp>

#include <algorithm>

namespace flowkit {
namespace {

/// Slots start on cache lines (16 floats), so that vector loads of weights are aligned.
constexpr index_t slot_alignment = 16;

/// Numbers of one network. Their bytes in double can still be counted.
constexpr index_t size_limit = index_t{1} << 58;

index_t aligned(index_t offset) {
  return (offset + slot_alignment - 1) / slot_alignment * slot_alignment;
}

}  // namespace

index_t parameter_layout::entry::size() const {
  index_t size = 1;
  for (const index_t n : shape) size *= n;
  return size;
}

parameter_layout::scope::scope(parameter_layout& layout, std::string_view name)
    : layout_(&layout), outer_length_(layout.prefix_.size()) {
  layout.prefix_ += text(name, ".");
}

parameter_layout::scope::~scope() { layout_->prefix_.resize(outer_length_); }

index_t parameter_layout::parameter_count() const {
  index_t count = 0;
  for (const entry& e : entries_) count += e.size();
  return count;
}

const parameter_layout::entry* parameter_layout::find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const entry& e) { return e.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

index_t parameter_layout::add_entry(std::string_view name, std::vector<index_t> shape,
                                    const initializer& init) {
  std::string full = prefix_ + std::string(name);
  FLOWKIT_VALIDATE(find(full) == nullptr, "parameter '", full,
                   "' exists already: two layers share a name; build one of them in a "
                   "parameter_layout::scope of its own");
  index_t room = size_limit - size_;
  for (const index_t n : shape) {
    FLOWKIT_VALIDATE(n > 0, "parameter '", full, "' has a size of ", n,
                     ": sizes are counts of channels or taps and must be positive");
    room /= n;
    FLOWKIT_VALIDATE(
        room > 0, "parameter '", full, "' with a size of ", n,
        " makes a network of more than 2^58 numbers, which no memory can hold: look at "
        "the sizes that it was computed from");
  }
  const index_t offset = size_;
  entries_.push_back({std::move(full), offset, std::move(shape), init});
  size_ = aligned(offset + entries_.back().size());
  return offset;
}

namespace detail {

void refuse_slot(const char* what, index_t end, index_t size) {
  throw_invalid_input(text(
      "a layer needs the first ", end, " ", what, " of its network, but there are ", size, ": ",
      size == 0 ? "none were given, as where a network is not trained, "
                : "they belong to another layout, or to this one before the layer was added; ",
      "use a parameter_store made from the layout that the network was built with"));
}

}  // namespace detail
}  // namespace flowkit
