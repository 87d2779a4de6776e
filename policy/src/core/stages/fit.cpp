#include "core/stages/fit.hpp"

namespace flowkit::policy::detail {
namespace {

std::string note_of(const std::string& path) {
  return safetensors_file(path).metadata("configuration");
}

}  // namespace

void forget_other_plans(const stage_folder& place) {
  const std::string checkpoint = place / checkpoint_name;
  if (exists(checkpoint) && note_of(checkpoint) == place.id()) return;
  place.remove(checkpoint_name);
  place.remove(best_name);
}

std::optional<double> best_loss(const stage_folder& place) {
  const std::string best = place / best_name;
  if (!exists(best)) return std::nullopt;
  const json_value note = parse_json(note_of(best));
  if (note.at("id").as_string() != place.id()) return std::nullopt;
  return note.at("loss").as_number();
}

std::string best_note(const stage_folder& place, double loss) {
  return to_json(json_object{{"id", place.id()}, {"loss", loss}});
}

}  // namespace flowkit::policy::detail
