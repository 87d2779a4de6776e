// Memory, elementwise passes and sums of a backend whose kernels run on a device.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/backends/device/entry.hpp>
#include <flowkit/backends/device/recorded_device.hpp>
#include <flowkit/fn/arithmetic.hpp>

#include <array>
#include <memory>
#include <span>

namespace flowkit {

/// The first part of a backend on a device: see concepts Memory, Elementwise, Reduction and
/// RecordingBackend, which say what the operations do. D: concept Device. Scalars are float, memory
/// is `cuda_space`.
template <class D>
class device_passes {
 public:
  using value_type = float;
  using space = cuda_space;
  using recording = typename D::recording;
  template <std::size_t R, class U = float>
  using mutable_view = view<U, R, cuda_space>;
  template <std::size_t R, class U = float>
  using constant_view = view<const U, R, cuda_space>;

  /// Takes what a device is made from. Errors are those of the device.
  template <class... Options>
  explicit device_passes(const Options&... options) : state_(std::make_unique<state>(options...)) {}

  /// Allocates. Throws invalid_input for a count that cannot exist, backend_error if there is no
  /// such memory.
  template <class U>
  [[nodiscard]] buffer<U, cuda_space> allocate(index_t count) {
    const index_t elements = detail::allocatable_size<U>(extents<1>{count});
    void* data = state_->device.allocate(elements * static_cast<index_t>(sizeof(U)));
    return {static_cast<U*>(data), count, release, &state_->device};
  }

  template <std::size_t R>
  void fill(mutable_view<R> y, float value) {
    for_each(fn::assign_constant<float>{value}, y);
  }
  template <std::size_t R>
  void copy(mutable_view<R> y, std::type_identity_t<constant_view<R>> x) {
    for_each(fn::assign{}, y, x);
  }
  /// Row numbers lie densely.
  template <std::size_t R>
  void copy(mutable_view<R, row_t> y, std::type_identity_t<constant_view<R, row_t>> x) {
    FLOWKIT_EXPECT(y.dense() && x.dense() && y.shape() == x.shape());
    if (y.size() > 0) device().copy(y.data(), x.data(), bytes<row_t>(y.size()));
  }

  template <class U>
  void upload(view<U, 1, cuda_space> y, std::type_identity_t<std::span<const U>> x) {
    detail::validate_transfer("upload", y, x.size());
    if (y.size() > 0) state_->device.upload(y.data(), x.data(), bytes<U>(y.size()));
  }
  /// Synchronises.
  template <class U>
  void download(std::span<U> y, std::type_identity_t<view<const U, 1, cuda_space>> x) {
    detail::validate_transfer("download", x, y.size());
    if (x.size() > 0) state_->device.download(y.data(), x.data(), bytes<U>(x.size()));
  }
  /// Synchronises.
  void synchronize() { state_->device.synchronize(); }

  /// See concept RecordingBackend.
  template <class F>
  bool record(recording& work, F&& f) {
    return state_->device.record(work, f);
  }
  void launch(recording& work) { state_->device.launch(work); }
  [[nodiscard]] bool is_recording() const { return state_->device.is_recording(); }
  [[nodiscard]] unrecordable_work unrecordable() const { return state_->device.unrecordable(); }

  /// Outputs of the functor come first. A functor without `arity` has the mutable views as outputs.
  template <class F, class... U, std::size_t R>
  void for_each(const F& f, view<U, R, cuda_space>... views) {
    constexpr std::size_t outputs = output_count<F, U...>();
    constexpr std::size_t inputs = sizeof...(U) - outputs;
    static_assert((std::same_as<std::remove_const_t<U>, float> && ...), "views of float");
    static_assert(fn::KernelFunctor<F> || outputs_first<U...>(), "mutable views come first");
    const extents<R> strides[] = {views.strides()...};
    FLOWKIT_EXPECT(((views.shape() == detail::first(views...).shape()) && ...));
    const detail::elementwise_arguments<F, outputs, inputs> args{
        f,
        {const_cast<float*>(views.data())...},
        detail::collapse(detail::first(views...).shape(), strides)};
    detail::device_elementwise<D, F, outputs, inputs>::run(device(), args);
  }

  void iota(mutable_view<1> y);

  template <class F, class... U, std::size_t R>
  void sum(const F& f, mutable_view<0> out, view<U, R, cuda_space>... views) {
    const extents<R> strides[] = {views.strides()...};
    FLOWKIT_EXPECT(((views.shape() == detail::first(views...).shape()) && ...));
    const auto args =
        sum_arguments(f, detail::collapse(detail::first(views...).shape(), strides), views...);
    const index_t chunks = args.loop.rows() * args.loop.inner / detail::total_chunk + 1;
    reduction<F, U...>::total(device(), args, scratch(scratch_use::partial_sums, chunks),
                              out.data());
  }

  template <class F, class... U>
  void row_sums(const F& f, mutable_view<1> out, view<U, 2, cuda_space>... views) {
    const auto args = sum_arguments(f, detail::uncollapsed(views...), views...);
    FLOWKIT_EXPECT(out.shape()[0] == args.loop.outer[2]);
    reduction<F, U...>::rows(device(), args, out.data(), out.strides()[0]);
  }

  template <class F, class... U>
  void middle_sums(const F& f, mutable_view<2> out, view<U, 3, cuda_space>... views) {
    sum_columns(f, false, out.data(), views...);
  }

  template <class F, class... U>
  void column_sums(const F& f, accumulate mode, mutable_view<1> out,
                   view<U, 2, cuda_space>... views) {
    sum_columns(f, mode == accumulate::add, out.data(), views...);
  }

 protected:
  /// What device memory is lent for; each use has a block of its own, valid until it is lent again.
  enum class scratch_use { partial_sums, windows, left_operand, right_operand, search };

  [[nodiscard]] D& device() { return state_->device.device(); }
  [[nodiscard]] const D& device() const { return std::as_const(state_->device).device(); }

  /// Uninitialised memory of this object. Grows only.
  [[nodiscard]] float* scratch(scratch_use use, index_t count) {
    buffer<float, cuda_space>& block = state_->scratch[static_cast<std::size_t>(use)];
    if (count > block.size()) {
      block = {};
      block = allocate<float>(count);
    }
    return block.data();
  }

 private:
  struct state {
    template <class... Options>
    explicit state(const Options&... options) : device(options...) {}
    detail::recorded_device<D> device;
    std::array<buffer<float, cuda_space>, 5> scratch;
  };

  template <class F, class... U>
  using reduction = detail::device_reduction<D, F, sizeof...(U)>;

  static void release(void* data, void* context) noexcept {
    static_cast<detail::recorded_device<D>*>(context)->free(data);
  }

  template <class U>
  static index_t bytes(index_t count) {
    return count * static_cast<index_t>(sizeof(U));
  }

  template <class F, class... U>
  static constexpr std::size_t output_count() {
    if constexpr (fn::KernelFunctor<F>) {
      static_assert(F::arity.outputs + F::arity.inputs == sizeof...(U),
                    "the functor takes another number of views");
      return F::arity.outputs;
    } else {
      return (std::size_t{0} + ... + (std::is_const_v<U> ? 0 : 1));
    }
  }

  template <class... U>
  static constexpr bool outputs_first() {
    const bool written[] = {!std::is_const_v<U>...};
    for (std::size_t i = 1; i < sizeof...(U); ++i) {
      if (written[i] && !written[i - 1]) return false;
    }
    return written[0];
  }

  template <class F, std::size_t N, class... U, std::size_t R>
  static detail::reduction_arguments<F, N> sum_arguments(const F& f,
                                                         const detail::loop_nest<N>& loop,
                                                         view<U, R, cuda_space>... views) {
    return {f, {views.data()...}, loop};
  }

  template <class F, class... U, std::size_t R>
  void sum_columns(const F& f, bool add, float* out, view<U, R, cuda_space>... views) {
    const auto args = sum_arguments(f, detail::uncollapsed(views...), views...);
    const index_t chunks = args.loop.outer[2] / detail::column_chunk + 1;
    reduction<F, U...>::columns(
        device(), args,
        scratch(scratch_use::partial_sums, args.loop.outer[1] * chunks * args.loop.inner), add,
        out);
  }

  std::unique_ptr<state> state_;
};

}  // namespace flowkit
