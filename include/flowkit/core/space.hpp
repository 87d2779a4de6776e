// Memory spaces as types, so that a host pointer never reaches a device by accident.
#pragma once

#include <concepts>

namespace flowkit {

/// Memory that host code may dereference.
struct host_space {};

/// Memory of a CUDA device.
struct cuda_space {};

/// A tag that says where memory lies.
template <class S>
concept Space = std::same_as<S, host_space> || std::same_as<S, cuda_space>;

}  // namespace flowkit
