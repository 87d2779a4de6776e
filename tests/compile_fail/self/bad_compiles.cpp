// Self test of the check: nothing is wrong here, so the check must complain.
int main() {}
