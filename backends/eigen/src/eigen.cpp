#include "state.hpp"

namespace flowkit {

template <class T>
eigen<T>::eigen(const host_options& options)
    : host_ops<T>(options), state_(std::make_unique<state>()) {
  for (int i = 0; i < this->threads(); ++i) {
    state_->packed.push_back(this->template allocate<T>(packed_size<T>));
  }
}

template <class T>
eigen<T>::eigen(eigen&&) noexcept = default;

template <class T>
eigen<T>& eigen<T>::operator=(eigen&&) noexcept = default;

template <class T>
eigen<T>::~eigen() = default;

template <class T>
held_values eigen<T>::hold(constant_view<1> values) {
  FLOWKIT_EXPECT(values.dense());
  const auto* const first = reinterpret_cast<const std::byte*>(values.data());
  return {state_->held, {first, first + values.size() * static_cast<index_t>(sizeof(T))}};
}

template <class T>
index_t eigen<T>::held_bytes() const {
  return state_->held->bytes();
}

template <class T>
const std::shared_ptr<detail::held_copies>& eigen<T>::held() const {
  return state_->held;
}

template held_values eigen<float>::hold(constant_view<1>);
template held_values eigen<double>::hold(constant_view<1>);
template index_t eigen<float>::held_bytes() const;
template index_t eigen<double>::held_bytes() const;
template const std::shared_ptr<detail::held_copies>& eigen<float>::held() const;
template const std::shared_ptr<detail::held_copies>& eigen<double>::held() const;

// Inlined where the compiler optimises, called where it does not.
template std::string_view eigen<float>::name();
template std::string_view eigen<double>::name();
template eigen<float>::eigen(const host_options&);
template eigen<float>::eigen(eigen&&) noexcept;
template eigen<float>& eigen<float>::operator=(eigen&&) noexcept;
template eigen<float>::~eigen();
template eigen<double>::eigen(const host_options&);
template eigen<double>::eigen(eigen&&) noexcept;
template eigen<double>& eigen<double>::operator=(eigen&&) noexcept;
template eigen<double>::~eigen();

}  // namespace flowkit
