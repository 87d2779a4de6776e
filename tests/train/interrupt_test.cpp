// Signals become a request to stop, once.
#include <flowkit/core/error.hpp>
#include <flowkit/train/interrupt.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

auto handler_of(int signal) {
  struct sigaction now = {};
  sigaction(signal, nullptr, &now);
  return now.sa_handler;
}

TEST(interrupt_guard, sets_its_flag_on_the_first_signal) {
  const interrupt_guard guard;
  EXPECT_FALSE(guard.flag());

  raise(SIGINT);

  EXPECT_TRUE(guard.flag());
  EXPECT_EQ(handler_of(SIGINT), SIG_DFL);  // the next one ends the process
}

TEST(interrupt_guard, listens_to_termination) {
  const interrupt_guard guard;

  raise(SIGTERM);

  EXPECT_TRUE(guard.flag());
}

TEST(interrupt_guard, restores_what_was_there) {
  const auto before = handler_of(SIGINT);
  {
    const interrupt_guard guard;
    EXPECT_NE(handler_of(SIGINT), before);
    raise(SIGINT);
  }

  EXPECT_EQ(handler_of(SIGINT), before);
  EXPECT_FALSE(interrupt_guard().flag());
}

TEST(interrupt_guard, is_alone) {
  const interrupt_guard guard;

  EXPECT_THROW(interrupt_guard(), invalid_input);
}

}  // namespace
}  // namespace flowkit
