#include <flowkit/io/json.hpp>
#include <flowkit/nn/import.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace flowkit {
namespace {

using tensor_index = std::map<std::string_view, const array_view*>;
using shape_vector = std::vector<index_t>;

bool begins_with(std::string_view name, std::string_view prefix) {
  return name.substr(0, prefix.size()) == prefix;
}

index_t product(const shape_vector& sizes) {
  index_t out = 1;
  for (const index_t n : sizes) out *= n;
  return out;
}

tensor_index index_of(std::span<const named_array_view> tensors) {
  tensor_index out;
  for (const named_array_view& tensor : tensors) out.emplace(tensor.name, &tensor.value);
  return out;
}

const parameter_layout::entry& entry_of(const import_rule& rule, const parameter_layout& layout) {
  const auto* entry = layout.find(rule.parameter);
  FLOWKIT_VALIDATE(entry != nullptr, "the network has no parameter '", rule.parameter,
                   "', which the import of '", rule.key,
                   "' should set: give the network and its import map the same options");
  return *entry;
}

/// The shape a framework gives a parameter: [c], or [out, in, taps...] of our [taps * in, out].
shape_vector foreign_shape(const parameter_layout::entry& entry, const import_rule& rule) {
  if (entry.shape.size() == 1 && rule.taps.empty()) return entry.shape;
  const index_t taps = product(rule.taps);
  FLOWKIT_VALIDATE(entry.shape.size() == 2 && taps > 0 && entry.shape[0] % taps == 0, "parameter '",
                   entry.name, "' of shape ", to_text(entry.shape), " cannot hold a kernel of ",
                   to_text(rule.taps), " taps: correct the import map");
  shape_vector shape{entry.shape[1], entry.shape[0] / taps};
  shape.insert(shape.end(), rule.taps.begin(), rule.taps.end());
  return shape;
}

/// [out, in, taps] -> [taps, in, out]; the taps keep their order, so several axes count as one.
template <class T>
void permute(const std::vector<T>& from, index_t out, index_t in, index_t taps, std::span<T> to) {
  std::size_t source = 0;
  for (index_t o = 0; o < out; ++o) {
    for (index_t i = 0; i < in; ++i) {
      for (index_t tap = 0; tap < taps; ++tap) {
        to[static_cast<std::size_t>((tap * in + i) * out + o)] = from[source++];
      }
    }
  }
}

template <class T>
std::vector<T> finite_values(const array_view& tensor, const std::string& key,
                             const std::string& source) {
  std::vector<T> values = tensor.converted<T>();
  const auto bad =
      std::find_if(values.begin(), values.end(), [](T v) { return !std::isfinite(v); });
  if (bad == values.end()) return values;
  throw file_error(
      source, text("tensor ", to_json(key), " holds ", *bad, " at element ", bad - values.begin(),
                   ": the network that was saved had diverged or the file is damaged"));
}

const array_view& tensor_of(const import_rule& rule, const tensor_index& tensors,
                            const std::string& source) {
  const auto found = tensors.find(rule.key);
  if (found != tensors.end()) return *found->second;
  throw file_error(
      source, text("has no tensor ", to_json(rule.key), ", which holds parameter '", rule.parameter,
                   "': it belongs to another network or to one of other sizes"));
}

template <class T>
void import_one(const import_rule& rule, const parameter_layout::entry& entry,
                const array_view& tensor, const std::string& source, std::span<T> to) {
  const shape_vector expected = foreign_shape(entry, rule);
  if (tensor.shape() != expected) {
    throw file_error(source,
                     text("tensor ", to_json(rule.key), " has the shape ", to_text(tensor.shape()),
                          ", but parameter '", rule.parameter, "' needs ", to_text(expected),
                          ": build the network with the sizes of the file"));
  }
  const std::vector<T> from = finite_values<T>(tensor, rule.key, source);
  if (expected.size() == 1) {
    std::copy(from.begin(), from.end(), to.begin());
  } else {
    permute<T>(from, expected[0], expected[1], product(rule.taps), to);
  }
}

void check_constant(const import_constant& constant, const tensor_index& tensors,
                    const std::string& source) {
  const auto found = tensors.find(constant.key);
  if (found == tensors.end() || !constant.value) return;
  const std::vector<double> values = found->second->converted<double>();
  const auto other =
      std::find_if(values.begin(), values.end(), [&](double v) { return v != *constant.value; });
  if (other == values.end()) return;
  throw file_error(source, text("tensor ", to_json(constant.key), " holds ", *other,
                                ", but this network computes with ", *constant.value,
                                ": it cannot stand for the one that was saved"));
}

void check_all_set(const import_map& map, const parameter_layout& layout) {
  std::set<std::string_view> set;
  for (const import_rule& rule : map.rules) set.insert(rule.parameter);
  for (const auto& entry : layout.entries()) {
    FLOWKIT_VALIDATE(!begins_with(entry.name, map.parameter_prefix) || set.count(entry.name) > 0,
                     "parameter '", entry.name, "' has no counterpart in the foreign network: ",
                     "leave it out of the import by a parameter prefix, or add a rule");
  }
}

void check_all_used(const import_map& map, std::span<const named_array_view> tensors,
                    const std::string& source) {
  std::set<std::string_view> known;
  for (const import_rule& rule : map.rules) known.insert(rule.key);
  for (const import_constant& constant : map.constants) known.insert(constant.key);
  for (const named_array_view& tensor : tensors) {
    if (!begins_with(tensor.name, map.key_prefix) || known.count(tensor.name) > 0) continue;
    throw file_error(
        source, text("tensor ", to_json(tensor.name), " of shape ", to_text(tensor.value.shape()),
                     " has no place in this network: build it with the sizes of the ",
                     "file, or limit the import by a key prefix"));
  }
}

}  // namespace

template <class T>
void import_parameters(std::span<const named_array_view> tensors, const std::string& source,
                       const import_map& map, const parameter_layout& layout,
                       std::type_identity_t<std::span<T>> values) {
  FLOWKIT_VALIDATE(static_cast<index_t>(values.size()) == layout.size(), "import into ",
                   values.size(), " values, but the layout has ", layout.size(),
                   ": pass the flat tensor of the whole layout");
  check_all_set(map, layout);
  check_all_used(map, tensors, source);
  const tensor_index by_name = index_of(tensors);
  for (const import_constant& constant : map.constants) check_constant(constant, by_name, source);
  for (const import_rule& rule : map.rules) {
    const auto& entry = entry_of(rule, layout);
    const array_view& tensor = tensor_of(rule, by_name, source);
    const auto to = values.subspan(static_cast<std::size_t>(entry.offset),
                                   static_cast<std::size_t>(entry.size()));
    import_one<T>(rule, entry, tensor, source, to);
  }
}

template void import_parameters<float>(std::span<const named_array_view>, const std::string&,
                                       const import_map&, const parameter_layout&,
                                       std::span<float>);
template void import_parameters<double>(std::span<const named_array_view>, const std::string&,
                                        const import_map&, const parameter_layout&,
                                        std::span<double>);

}  // namespace flowkit
