#include <flowkit/io/safetensors.hpp>
#include <flowkit/train/checkpoint.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace flowkit::detail {
namespace {

constexpr std::string_view format_name = "flowkit-checkpoint-1";

std::string tensor_name(const std::string& role, const std::string& entry) {
  return text(role, "/", entry);
}

template <class I>
I number(const safetensors_file& file, const std::string& key) {
  const std::string& digits = file.metadata(key);
  I value{};
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc{} || end != digits.data() + digits.size() || value < I{0}) {
    throw file_error(file.path(),
                     text("has ", key, " '", digits,
                          "' in its metadata, which is no count; the file is damaged"));
  }
  return value;
}

checkpoint_record read_record(const safetensors_file& file) {
  if (file.metadata("format") != format_name) {
    throw file_error(file.path(), text("has format '", file.metadata("format"), "', not ",
                                       format_name, "; it was not written as a checkpoint"));
  }
  return {number<index_t>(file, "steps"),
          {number<std::uint64_t>(file, "seed"), number<std::uint64_t>(file, "stream")},
          file.metadata("configuration")};
}

const array_view& checked_tensor(const safetensors_file& file, const std::string& name,
                                 const array_shape& wanted) {
  const array_view& found = file.tensor(name);
  if (found.shape() != wanted) {
    throw file_error(file.path(), text("has tensor '", name, "' of shape ", to_text(found.shape()),
                                       ", but the network has ", to_text(wanted),
                                       "; build the network with the options it was saved with"));
  }
  return found;
}

/// A tensor of a requested role that the layout does not know belongs to another network.
void refuse_strangers(const safetensors_file& file, const parameter_layout& layout,
                      const std::string& role) {
  const std::string prefix = tensor_name(role, "");
  for (const named_array_view& t : file.tensors()) {
    if (t.name.starts_with(prefix) && layout.find(t.name.substr(prefix.size())) == nullptr) {
      throw file_error(file.path(),
                       text("has tensor '", t.name, "' of shape ", to_text(t.value.shape()),
                            ", which the network lacks; build the network with the "
                            "options it was saved with"));
    }
  }
}

/// A loss that is finite says nothing about the gradient of the same step, so the state itself is
/// looked at.
template <class T>
void refuse_non_finite(const std::string& path, const parameter_layout& layout,
                       const host_values<T>& state, index_t steps) {
  for (const parameter_layout::entry& e : layout.entries()) {
    const auto first = state.values.begin() + e.offset;
    const auto found =
        std::find_if(first, first + e.size(), [](T value) { return !std::isfinite(value); });
    if (found == first + e.size()) continue;
    throw training_diverged(
        text("tensor '", tensor_name(state.role, e.name), "' holds ", *found, " after ", steps,
             " steps: training diverged, and ", path, " is not replaced by it; lower the learning ",
             "rate, warm up longer or clip gradients, and continue from the last checkpoint"));
  }
}

}  // namespace

template <class T>
void write_checkpoint(const std::string& path, const parameter_layout& layout,
                      const std::vector<host_values<T>>& state, const checkpoint_record& record) {
  std::vector<named_array_view> tensors;
  for (const host_values<T>& s : state) {
    refuse_non_finite(path, layout, s, record.steps);
    for (const parameter_layout::entry& e : layout.entries()) {
      const std::span<const T> values = std::span(s.values).subspan(
          static_cast<std::size_t>(e.offset), static_cast<std::size_t>(e.size()));
      tensors.push_back(
          {tensor_name(s.role, e.name), {*dtype_of<T>, e.shape, std::as_bytes(values)}});
    }
  }
  write_safetensors(path, tensors,
                    {{"format", std::string(format_name)},
                     {"steps", text(record.steps)},
                     {"seed", text(record.key.seed)},
                     {"stream", text(record.key.stream)},
                     {"configuration", record.configuration}});
}

template <class T>
checkpoint_record read_checkpoint(const std::string& path, const parameter_layout& layout,
                                  std::vector<host_values<T>>& state) {
  const safetensors_file file(path);
  file.verify();  // training would go on from changed numbers without a word
  checkpoint_record record = read_record(file);
  for (host_values<T>& s : state) {
    refuse_strangers(file, layout, s.role);
    for (const parameter_layout::entry& e : layout.entries()) {
      const array_view& t = checked_tensor(file, tensor_name(s.role, e.name), e.shape);
      const std::vector<T> values = t.template converted<T>();
      std::copy(values.begin(), values.end(), s.values.begin() + e.offset);
    }
  }
  return record;
}

template void write_checkpoint(const std::string&, const parameter_layout&,
                               const std::vector<host_values<float>>&, const checkpoint_record&);
template void write_checkpoint(const std::string&, const parameter_layout&,
                               const std::vector<host_values<double>>&, const checkpoint_record&);
template checkpoint_record read_checkpoint(const std::string&, const parameter_layout&,
                                           std::vector<host_values<float>>&);
template checkpoint_record read_checkpoint(const std::string&, const parameter_layout&,
                                           std::vector<host_values<double>>&);

}  // namespace flowkit::detail
