// Self test of the check: the good variant does not compile either.
int main() { return undeclared; }
