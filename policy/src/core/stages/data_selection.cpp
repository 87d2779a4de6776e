#include <flowkit/policy/stages/data_selection.hpp>

#include <flowkit/io/sha256.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

const field_info& field_of(const demonstrations& data, const std::string& name) {
  return data.fields()[data.field(name)];
}

/// What the data set calls the dimensions of a field; null if it does not say.
const json_value* given_names(const demonstrations& data, const std::string& field) {
  const json_value& attributes = data.attributes();
  const json_value* all = attributes.is_object() ? attributes.find("dimensions") : nullptr;
  return all != nullptr && all->is_object() ? all->find(field) : nullptr;
}

std::vector<std::string> dimension_names(const demonstrations& data, const std::string& field) {
  const field_info& info = field_of(data, field);
  FLOWKIT_VALIDATE(info.frame.size() <= 1 && info.width() >= 1 && info.width() <= max_dimensions,
                   "field '", field, "' of ", data.source(), " has frames of shape ",
                   flowkit::to_text(info.frame), ": states and actions are vectors of 1 to ",
                   max_dimensions, " numbers");
  std::vector<std::string> names;
  const json_value* given = given_names(data, field);
  for (index_t i = 0; given == nullptr && i < info.width(); ++i) {
    names.push_back(info.frame.empty() ? field : text(field, ".", i));
  }
  if (given == nullptr) return names;
  for (const json_value& name : given->as_array()) names.push_back(name.as_string());
  FLOWKIT_VALIDATE(static_cast<index_t>(names.size()) == info.width(), "attribute dimensions.",
                   field, " of ", data.source(), " names ", names.size(), " dimensions of ",
                   info.width(), ": name each of them, or leave the attribute out");
  return names;
}

camera camera_of(const demonstrations& data, const std::string& field, index_t crop) {
  const field_info& info = field_of(data, field);
  FLOWKIT_VALIDATE(info.type == dtype::u8 && info.frame.size() == 3 && info.frame[2] == 3,
                   "field '", to_text(info), "' of ", data.source(),
                   " is no camera: frames must be u8 [height, width, 3]");
  return {.name = field,
          .height = info.frame[0],
          .width = info.frame[1],
          .crop_height = crop,
          .crop_width = crop};
}

/// Frames of several fields side by side: [frames, total width].
std::vector<float> joined(const demonstrations& data, const std::vector<std::string>& fields,
                          const frame_range& range, index_t width) {
  std::vector<float> all(static_cast<std::size_t>(range.count * width));
  index_t column = 0;
  for (const std::string& name : fields) {
    const std::size_t number = data.field(name);
    const index_t own = data.fields()[number].width();
    std::vector<float> part(static_cast<std::size_t>(range.count * own));
    data.read<float>(number, range, part);
    for (index_t f = 0; f < range.count; ++f) {
      std::copy_n(part.begin() + f * own, own, all.begin() + f * width + column);
    }
    column += own;
  }
  return all;
}

template <class Kind>
normalizer<Kind> fitted(const demonstrations& data, const std::vector<std::string>& fields,
                        index_t width, std::span<const index_t> episodes,
                        const normalizer_options& options) {
  running_statistics statistics(width);
  for (const index_t e : episodes) {
    if (width == 0) break;
    const frame_range range = data.episode(e);
    const std::vector<float> rows = joined(data, fields, range, width);
    using row_view = view<const float, 2, host_space>;
    statistics.add(quantity<Kind, physical, const float>(
        row_view(rows.data(), extents<2>{range.count, width})));
  }
  return normalizer<Kind>(statistics.result(), options);
}

}  // namespace

std::string task_of(const demonstrations& data) {
  const json_value& attributes = data.attributes();
  const json_value* const named = attributes.is_object() ? attributes.find("task") : nullptr;
  return named != nullptr && named->is_string() ? named->as_string() : std::string();
}

spec spec_of(const demonstrations& data, const data_selection& s) {
  spec out;
  out.horizon = s.horizon;
  out.observe = s.observe;
  out.execute = s.execute;
  out.action = dimension_names(data, s.action);
  for (const std::string& field : s.state) {
    for (std::string& name : dimension_names(data, field)) out.state.push_back(std::move(name));
  }
  for (const std::string& field : s.cameras) out.cameras.push_back(camera_of(data, field, s.crop));
  validate(out);
  return out;
}

episode_split split_of(const demonstrations& data, const data_selection& s) {
  FLOWKIT_VALIDATE(s.episodes >= 0, "training on ", s.episodes,
                   " episodes: give a number, or 0 for all of them");
  episode_split split = split_episodes(data.episodes(), s.validation, rng_key{s.seed});
  if (s.episodes > 0 && s.episodes < static_cast<index_t>(split.train.size())) {
    split.train.resize(static_cast<std::size_t>(s.episodes));
  }
  FLOWKIT_VALIDATE(!split.train.empty(), data.source(), " has ", data.episodes(),
                   " episodes, so none is left to train on: collect more, or put fewer aside");
  return split;
}

policy_normalizers fit_normalizers(const demonstrations& data, const data_selection& s,
                                   const normalizer_options& action,
                                   const normalizer_options& state) {
  const spec shape = spec_of(data, s);
  const std::vector<index_t> episodes = split_of(data, s).train;
  return {fitted<action_kind>(data, {s.action}, shape.action_size(), episodes, action),
          fitted<state_kind>(data, s.state, shape.state_size(), episodes, state)};
}

json_value json_of(const data_selection& s) {
  const auto list = [](const std::vector<std::string>& names) {
    json_array out;
    for (const std::string& name : names) out.emplace_back(name);
    return out;
  };
  return json_object{{"state", list(s.state)},     {"action", s.action},
                     {"cameras", list(s.cameras)}, {"crop", s.crop},
                     {"horizon", s.horizon},       {"observe", s.observe},
                     {"execute", s.execute},       {"validation", s.validation},
                     {"episodes", s.episodes},     {"seed", text(s.seed)}};
}

std::string selection_hash(const data_selection& s) {
  return sha256_of(flowkit::detail::bytes_of(to_json(json_of(s))));
}

split_comparison compare_splits(const policy_manifest& m, const demonstrations& data,
                                const data_selection& s) {
  const provenance& origin = m.origin;
  const auto trained = origin.parents.find("data");
  const auto hash = origin.parents.find("selection");
  const bool hashed = hash != origin.parents.end();
  split_comparison out;
  out.known = trained != origin.parents.end() && (origin.split || hashed);
  if (trained != origin.parents.end() && trained->second != data.fingerprint()) {
    out.data = text("was trained on other data than ", data.source());
  }
  if (origin.split) {
    if (origin.split->validation != s.validation) {
      out.choice = text("put other episodes aside: a share of ", origin.split->validation,
                        ", not of ", s.validation);
    } else if (origin.split->seed != s.seed) {
      out.choice = "put other episodes aside: it was trained with another seed";
    }
  } else if (hashed && hash->second != selection_hash(s)) {
    out.choice = "was trained on other fields or episodes";
  }
  return out;
}

}  // namespace flowkit::policy
