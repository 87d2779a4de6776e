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
