#include "data/block_cache.hpp"
#include "data/dataset_parts.hpp"
#include "data/elements.hpp"
#include "data/fingerprint.hpp"

#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/demonstrations.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

namespace flowkit::policy {
namespace {

// Wider fields are images or clouds, of which a window needs a few frames.
constexpr index_t resident_frame_bytes = 4096;

/// A field that is kept whole once somebody asked for it.
struct resident_field {
  std::once_flag once;
  std::vector<std::byte> bytes;
};

}  // namespace

struct demonstrations::state {
  std::string source;
  std::vector<std::shared_ptr<const field_source>> sources;
  std::vector<field_info> fields;
  std::vector<index_t> ends;
  std::map<std::string, array> per_episode;
  json_value attributes;
  detail::block_cache cache;
  std::vector<std::unique_ptr<resident_field>> residents;  ///< null: not kept whole
  std::once_flag hashed;
  std::string fingerprint;

  state(detail::dataset_parts parts, std::string from, const demonstration_options& options)
      : source(std::move(from)),
        sources(std::move(parts.fields)),
        ends(std::move(parts.ends)),
        per_episode(std::move(parts.per_episode)),
        attributes(std::move(parts.attributes)),
        cache(options.cache_bytes) {
    std::sort(sources.begin(), sources.end(),
              [](const auto& a, const auto& b) { return a->info().name < b->info().name; });
    for (const auto& one : sources) fields.push_back(one->info());
    check();
    choose_residents(options.resident_bytes);
  }

  [[nodiscard]] index_t frames() const { return ends.back(); }

  void check() const {
    detail::check_ends(ends);
    FLOWKIT_VALIDATE(!ends.empty(), "it has no episode");
    FLOWKIT_VALIDATE(!fields.empty(), "it has no field");
    FLOWKIT_VALIDATE(frames() <= std::numeric_limits<row_t>::max(), "its ", frames(),
                     " frames exceed the 2^31 that can be numbered");
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const index_t held = sources[i]->frames();
      FLOWKIT_VALIDATE(held >= frames(), "field ", fields[i].name, ": has ", held,
                       " frames, but the last episode ends at ", frames());
      FLOWKIT_VALIDATE(valid_field_name(fields[i].name), "\"", fields[i].name,
                       "\" cannot name a field: use 1 to 64 letters, digits, '_', '-' and '.'");
      FLOWKIT_VALIDATE(fields[i].width() > 0, "field ", fields[i].name, ": has no numbers");
      FLOWKIT_VALIDATE(i == 0 || fields[i].name != fields[i - 1].name, "field ", fields[i].name,
                       ": occurs twice");
    }
    for (const auto& [name, values] : per_episode) check_per_episode(name, values.shape());
  }

  void check_per_episode(const std::string& name, const array_shape& shape) const {
    const auto episodes = static_cast<index_t>(ends.size());
    FLOWKIT_VALIDATE(
        valid_field_name(name) && name != "episode_ends", "\"", name,
        "\" cannot name values per episode: use 1 to 64 letters, digits, '_', '-' and ",
        "'.', and not episode_ends");
    FLOWKIT_VALIDATE(!shape.empty() && shape.front() == episodes, "field ", name, " has the shape ",
                     flowkit::to_text(shape), ", not one entry for each of ", episodes,
                     " episodes");
  }

  void choose_residents(index_t budget) {
    std::vector<std::size_t> order(fields.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return fields[a].frame_bytes() < fields[b].frame_bytes();
    });
    residents.resize(fields.size());
    for (const std::size_t i : order) {
      const index_t width = fields[i].frame_bytes();
      if (width > resident_frame_bytes || frames() > budget / width) break;
      budget -= frames() * width;
      residents[i] = std::make_unique<resident_field>();
    }
  }

  /// Bytes of a field that is kept whole.
  [[nodiscard]] byte_view resident(std::size_t field) const {
    resident_field& kept = *residents[field];
    std::call_once(kept.once, [&] {
      const field_source& from = *sources[field];
      std::vector<std::byte> all;
      all.reserve(static_cast<std::size_t>(frames() * fields[field].frame_bytes()));
      for (index_t first = 0; first < frames(); first += from.block_frames()) {
        const frame_block block = from.load(first / from.block_frames());
        all.insert(all.end(), block.bytes.begin(), block.bytes.end());
      }
      kept.bytes = std::move(all);
    });
    return kept.bytes;
  }
};

demonstrations::demonstrations(const std::string& path, const demonstration_options& options) {
  detail::dataset_parts parts = detail::read_parts(path, options, detail::refuse);
  try {
    state_ = std::make_unique<state>(std::move(parts), path, options);
  } catch (const invalid_input& problem) {
    throw file_error(path, problem.what());
  }
}

demonstrations::demonstrations(byte_view archive, const std::string& source,
                               const demonstration_options& options) {
  detail::dataset_parts parts =
      detail::read_archive_parts({archive, nullptr}, source, options, detail::refuse);
  try {
    state_ = std::make_unique<state>(std::move(parts), source, options);
  } catch (const invalid_input& problem) {
    throw file_error(source, problem.what());
  }
}

demonstrations::demonstrations(std::vector<std::shared_ptr<const field_source>> fields,
                               std::vector<index_t> ends, std::map<std::string, array> per_episode,
                               json_value attributes, std::string source,
                               const demonstration_options& options)
    : state_(std::make_unique<state>(
          detail::dataset_parts{std::move(fields), std::move(ends), std::move(per_episode),
                                std::move(attributes)},
          std::move(source), options)) {}

demonstrations::demonstrations(demonstrations&&) noexcept = default;
demonstrations& demonstrations::operator=(demonstrations&&) noexcept = default;
demonstrations::~demonstrations() = default;

const std::string& demonstrations::source() const noexcept { return state_->source; }
const std::vector<field_info>& demonstrations::fields() const noexcept { return state_->fields; }
index_t demonstrations::frames() const noexcept { return state_->frames(); }
std::span<const index_t> demonstrations::episode_ends() const noexcept { return state_->ends; }
const json_value& demonstrations::attributes() const noexcept { return state_->attributes; }

const std::string& demonstrations::fingerprint() const {
  std::call_once(state_->hashed, [&] { state_->fingerprint = detail::fingerprint_of(*this); });
  return state_->fingerprint;
}

index_t demonstrations::episodes() const noexcept {
  return static_cast<index_t>(state_->ends.size());
}

const std::map<std::string, array>& demonstrations::per_episode() const noexcept {
  return state_->per_episode;
}

std::size_t demonstrations::field(std::string_view name) const {
  std::string names;
  for (std::size_t i = 0; i < fields().size(); ++i) {
    if (fields()[i].name == name) return i;
    names += text(names.empty() ? "" : ", ", fields()[i].name);
  }
  FLOWKIT_VALIDATE(false, source(), " has no field \"", name, "\"; it has ", names);
  return 0;
}

bool demonstrations::contains(std::string_view name) const noexcept {
  return std::any_of(fields().begin(), fields().end(),
                     [&](const field_info& field) { return field.name == name; });
}

frame_range demonstrations::episode(index_t number) const {
  FLOWKIT_VALIDATE(number >= 0 && number < episodes(), "there is no episode ", number, " among ",
                   episodes());
  const auto i = static_cast<std::size_t>(number);
  const index_t first = i == 0 ? 0 : state_->ends[i - 1];
  return {first, state_->ends[i] - first};
}

void demonstrations::visit(std::size_t field, frame_range range,
                           const std::function<void(byte_view)>& use) const {
  FLOWKIT_VALIDATE(field < fields().size() && range.first >= 0 && range.count >= 0 &&
                       range.first <= frames() - range.count,
                   "frames ", range.first, " to ", range.first + range.count, " of field ", field,
                   " do not exist; there are ", frames(), " frames of ", fields().size(),
                   " fields");
  const auto width = static_cast<std::size_t>(fields()[field].frame_bytes());
  const auto part = [&](byte_view all, index_t first, index_t count) {
    use(all.subspan(static_cast<std::size_t>(first) * width,
                    static_cast<std::size_t>(count) * width));
  };
  if (state_->residents[field]) return part(state_->resident(field), range.first, range.count);

  const field_source& from = *state_->sources[field];
  while (range.count > 0) {
    const frame_block block = state_->cache.get(field, from, range.first / from.block_frames());
    const index_t skipped = range.first - block.first;
    const index_t count = std::min(range.count, block.count - skipped);
    part(block.bytes, skipped, count);
    range = {range.first + count, range.count - count};
  }
}

template <ArrayElement T>
void demonstrations::read(std::size_t field, frame_range range, std::span<T> out) const {
  const auto width =
      static_cast<std::size_t>(field < fields().size() ? fields()[field].width() : 0);
  FLOWKIT_VALIDATE(range.count >= 0 && out.size() == static_cast<std::size_t>(range.count) * width,
                   "room for ", out.size(), " numbers does not fit ", range.count, " frames of ",
                   width);
  visit(field, range, [&](byte_view bytes) {
    const field_info& info = fields()[field];
    const std::size_t count = bytes.size() / static_cast<std::size_t>(item_size(info.type));
    detail::convert_elements<T>(info.type, bytes, out.first(count));
    out = out.subspan(count);
  });
}

template <ArrayElement T>
std::vector<T> demonstrations::read_all(std::string_view name) const {
  const std::size_t number = field(name);
  std::vector<T> out(static_cast<std::size_t>(frames() * fields()[number].width()));
  read<T>(number, {0, frames()}, out);
  return out;
}

const field_source& demonstrations::source_of(std::size_t field) const {
  return *state_->sources.at(field);
}

template void demonstrations::read(std::size_t, frame_range, std::span<float>) const;
template void demonstrations::read(std::size_t, frame_range, std::span<double>) const;
template void demonstrations::read(std::size_t, frame_range, std::span<std::uint8_t>) const;
template void demonstrations::read(std::size_t, frame_range, std::span<std::int64_t>) const;
template std::vector<float> demonstrations::read_all(std::string_view) const;
template std::vector<double> demonstrations::read_all(std::string_view) const;
template std::vector<std::uint8_t> demonstrations::read_all(std::string_view) const;
template std::vector<std::int64_t> demonstrations::read_all(std::string_view) const;

}  // namespace flowkit::policy
