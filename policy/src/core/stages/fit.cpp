#include "core/stages/fit.hpp"

namespace flowkit::policy::detail {
namespace {

/// The loss that best weights were kept for; nothing if the file is damaged.
std::optional<double> noted_loss(const std::string& path) {
  const mapped_file readable(path);  // one that cannot be opened now is not damaged
  try {
    const safetensors_file best(path);
    best.verify();
    return parse_json(best.metadata("configuration")).at("loss").as_number();
  } catch (const error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<double> best_loss(const result_folder& place) {
  if (!exists(place / checkpoint_name)) place.remove(best_name);
  if (!exists(place / best_name)) return std::nullopt;
  const std::optional<double> loss = noted_loss(place / best_name);
  // From where training stands the best weights of before are not found again.
  if (!loss) forget_checkpoints(place);
  return loss;
}

std::string best_note(double loss) { return to_json(json_object{{"loss", loss}}); }

void forget_checkpoints(const result_folder& place) {
  place.remove(checkpoint_name);
  place.remove(best_name);
}

}  // namespace flowkit::policy::detail
