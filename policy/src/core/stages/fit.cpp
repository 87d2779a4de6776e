#include "core/stages/fit.hpp"

namespace flowkit::policy::detail {

std::optional<double> best_loss(const result_folder& place) {
  if (!exists(place / checkpoint_name)) place.remove(best_name);
  if (!exists(place / best_name)) return std::nullopt;
  const safetensors_file best(place / best_name);
  return parse_json(best.metadata("configuration")).at("loss").as_number();
}

std::string best_note(double loss) { return to_json(json_object{{"loss", loss}}); }

void forget_checkpoints(const result_folder& place) {
  place.remove(checkpoint_name);
  place.remove(best_name);
}

}  // namespace flowkit::policy::detail
