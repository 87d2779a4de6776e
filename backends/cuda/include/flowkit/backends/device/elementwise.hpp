// Elementwise passes as device kernels, for functors of the library and of users.
#pragma once

#include <flowkit/backends/device/entry.hpp>
#include <flowkit/backends/device/kernel.hpp>

namespace flowkit::detail {

/// Numbers that are loaded and stored with one instruction.
inline constexpr int packet_size = 4;
struct alignas(16) device_packet {
  float value[packet_size];
};

/// One element per thread, for any strides.
template <class F, std::size_t Outputs, std::size_t Inputs>
struct strided_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  elementwise_arguments<F, Outputs, Inputs> args;
  index_t count;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, count, threads, 1, [&](index_t e) {
      const index_t row = quotient(e, args.loop.inner);
      const index_t column = e - row * args.loop.inner;
      const index_t upper = quotient(row, args.loop.outer[2]);
      const index_t first = quotient(upper, args.loop.outer[1]);
      const index_t at[4] = {first, upper - first * args.loop.outer[1],
                             row - upper * args.loop.outer[2], column};
      float value[Outputs + Inputs];
      for (std::size_t i = 0; i < Outputs + Inputs; ++i) value[i] = args.data[i][offset(at, i)];
      args.apply(value);
      for (std::size_t i = 0; i < Outputs; ++i) args.data[i][offset(at, i)] = value[i];
    });
  }

 private:
  [[nodiscard]] FLOWKIT_HD index_t offset(const index_t (&at)[4], std::size_t i) const {
    index_t sum = at[3] * args.loop.inner_stride[i];
    for (int axis = 0; axis < 3; ++axis) sum += at[axis] * args.loop.outer_stride[axis][i];
    return sum;
  }
};

/// Four neighbouring elements per thread, for one line whose operands are contiguous and aligned,
/// or inputs that repeat one number.
template <class F, std::size_t Outputs, std::size_t Inputs>
struct dense_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  static constexpr std::size_t size = Outputs + Inputs;
  elementwise_arguments<F, Outputs, Inputs> args;
  index_t count;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    const index_t first = block.index() * threads * packet_size;
    block.last([&](int thread) {
      const index_t e = first + thread * packet_size;
      if (e + packet_size <= count) {
        whole_packet(e);
      } else {
        for (index_t i = e; i < count; ++i) single(i);
      }
    });
  }

 private:
  FLOWKIT_HD void whole_packet(index_t e) const {
    device_packet packet[size];
    for (std::size_t i = 0; i < size; ++i) packet[i] = load(i, e);
    for (int lane = 0; lane < packet_size; ++lane) {
      float value[size];
      for (std::size_t i = 0; i < size; ++i) value[i] = packet[i].value[lane];
      args.apply(value);
      for (std::size_t i = 0; i < Outputs; ++i) packet[i].value[lane] = value[i];
    }
    for (std::size_t i = 0; i < Outputs; ++i) {
      *reinterpret_cast<device_packet*>(args.data[i] + e) = packet[i];
    }
  }

  FLOWKIT_HD device_packet load(std::size_t i, index_t e) const {
    device_packet packet;
    if (args.loop.inner_stride[i] == 0) {
      for (float& v : packet.value) v = *args.data[i];
    } else {
      packet = *reinterpret_cast<const device_packet*>(args.data[i] + e);
    }
    return packet;
  }

  FLOWKIT_HD void single(index_t e) const {
    float value[size];
    for (std::size_t i = 0; i < size; ++i) {
      value[i] = args.data[i][e * args.loop.inner_stride[i]];
    }
    args.apply(value);
    for (std::size_t i = 0; i < Outputs; ++i) args.data[i][e] = value[i];
  }
};

/// Whether a pass is one line of contiguous, aligned outputs and inputs that are so or repeat.
template <class F, std::size_t Outputs, std::size_t Inputs>
bool is_dense(const elementwise_arguments<F, Outputs, Inputs>& args) {
  bool dense = args.loop.rows() == 1;
  for (std::size_t i = 0; i < Outputs + Inputs; ++i) {
    const bool aligned =
        reinterpret_cast<std::uintptr_t>(args.data[i]) % alignof(device_packet) == 0;
    const index_t stride = args.loop.inner_stride[i];
    dense = dense && ((stride == 1 && aligned) || (stride == 0 && i >= Outputs));
  }
  return dense;
}

template <class D, class F, std::size_t Outputs, std::size_t Inputs>
void device_elementwise<D, F, Outputs, Inputs>::run(
    D& device, const elementwise_arguments<F, Outputs, Inputs>& args) {
  const index_t count = args.loop.rows() * args.loop.inner;
  if (count == 0) return;
  if (is_dense(args)) {
    const dense_pass<F, Outputs, Inputs> kernel{args, count};
    device.launch(kernel, parts(count, kernel.threads * packet_size));
  } else {
    const strided_pass<F, Outputs, Inputs> kernel{args, count};
    device.launch(kernel, parts(count, kernel.threads));
  }
}

}  // namespace flowkit::detail
