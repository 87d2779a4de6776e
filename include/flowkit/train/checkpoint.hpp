// Checkpoints: everything a training run changes, in one safetensors file that is always complete.
#pragma once

#include <flowkit/nn/parameters.hpp>
#include <flowkit/train/concepts.hpp>

#include <span>
#include <string>
#include <vector>

namespace flowkit {

/// Where a run stands. Data order and noise are functions of the key and the step number, so no
/// other state of theirs exists.
struct checkpoint_record {
  index_t steps = 0;          ///< steps taken
  rng_key key;                ///< root of all randomness of the run
  std::string configuration;  ///< text of the application, kept unread

  friend bool operator==(const checkpoint_record&, const checkpoint_record&) = default;
};

/// The loss or the state of a run became infinite or NaN. No checkpoint is written from then on.
class training_diverged : public error {
  using error::error;
};

namespace detail {

/// A flat tensor of a layout on the host.
template <class T>
struct host_values {
  std::string role;
  std::vector<T> values;
};

template <class T>
void write_checkpoint(const std::string& path, const parameter_layout& layout,
                      const std::vector<host_values<T>>& state, const checkpoint_record& record);

template <class T>
checkpoint_record read_checkpoint(const std::string& path, const parameter_layout& layout,
                                  std::vector<host_values<T>>& state);

}  // namespace detail

/// Replaces `path` atomically by these flat tensors, cut into the entries of the layout: tensor
/// "values/encoder.weight" is entry "encoder.weight" of role "values". A process that dies
/// meanwhile leaves the file that was there. Throws training_diverged, and leaves that file, too,
/// if a value is not finite: nobody could continue from it. Throws file_error. Allocates.
/// Synchronises.
template <class B>
void save_checkpoint(B& be, const std::string& path, const parameter_layout& layout,
                     const std::vector<named_values<B>>& state, const checkpoint_record& record) {
  using T = typename B::value_type;
  std::vector<detail::host_values<T>> host;
  for (const named_values<B>& s : state) {
    FLOWKIT_EXPECT(s.values.size() == layout.size());
    host.push_back({s.role, std::vector<T>(static_cast<std::size_t>(layout.size()))});
    be.download(std::span<T>(host.back().values), const_view_of<B, 1>(s.values));
  }
  detail::write_checkpoint(path, layout, host, record);
}

/// Reads the roles that are asked for, and where the run stood; the average of a checkpoint becomes
/// the values of a deployed network by asking for role "average" with the network's values.
/// Precision is converted. Throws file_error, with nothing changed, if the file cannot be trusted
/// or its tensors are not those of the layout: the message names the tensor and both shapes.
/// Allocates. Synchronises.
template <class B>
checkpoint_record load_checkpoint(B& be, const std::string& path, const parameter_layout& layout,
                                  const std::vector<named_values<B>>& state) {
  using T = typename B::value_type;
  std::vector<detail::host_values<T>> host;
  for (const named_values<B>& s : state) {
    FLOWKIT_EXPECT(s.values.size() == layout.size());
    host.push_back({s.role, std::vector<T>(static_cast<std::size_t>(layout.size()))});
  }
  checkpoint_record record = detail::read_checkpoint(path, layout, host);
  for (std::size_t i = 0; i < state.size(); ++i) {
    be.upload(state[i].values, std::span<const T>(host[i].values));
  }
  be.synchronize();  // the host copies end here
  return record;
}

}  // namespace flowkit
