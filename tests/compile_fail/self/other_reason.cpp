// Self test of the check: the bad variant fails, but not with the expected message.
// expect: constraints not satisfied
#ifdef FLOWKIT_BAD
int main() { return undeclared; }
#else
int main() {}
#endif
