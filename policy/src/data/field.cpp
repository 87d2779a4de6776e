#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/field.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

constexpr std::size_t name_limit = 64;

bool name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

class memory_field final : public field_source {
 public:
  memory_field(std::string name, array values)
      : values_(std::make_shared<const array>(std::move(values))),
        info_{std::move(name), values_->type(), values_->shape()} {
    FLOWKIT_VALIDATE(valid_field_name(info_.name), "\"", info_.name,
                     "\" cannot name a field: use 1 to 64 letters, digits, '_', '-' and '.'");
    FLOWKIT_VALIDATE(!info_.frame.empty() && values_->size() > 0, "field ", info_.name,
                     " has the shape ", flowkit::to_text(info_.frame),
                     "; the first axis must count frames, and none may be empty");
    frames_ = info_.frame.front();
    info_.frame.erase(info_.frame.begin());
  }

  [[nodiscard]] const field_info& info() const override { return info_; }
  [[nodiscard]] index_t frames() const override { return frames_; }
  [[nodiscard]] index_t block_frames() const override { return frames_; }
  [[nodiscard]] frame_block load(index_t) const override {
    return {0, frames_, values_->bytes(), values_};
  }

 private:
  std::shared_ptr<const array> values_;
  field_info info_;
  index_t frames_ = 0;
};

}  // namespace

index_t field_info::width() const {
  index_t out = 1;
  for (const index_t extent : frame) out *= extent;
  return out;
}

std::string to_text(const field_info& field) {
  return text(field.name, " ", field.type, " ", flowkit::to_text(field.frame));
}

bool valid_field_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= name_limit && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), name_character);
}

std::shared_ptr<const field_source> field_in_memory(std::string name, array values) {
  return std::make_shared<memory_field>(std::move(name), std::move(values));
}

}  // namespace flowkit::policy
