#include "kernel.h"

static APART word fib(word n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

word kernel(void)
{
    word s = 0;
    for (word round = 0; round < ROUNDS; round++)
        s = 31 * s + fib(N);
    return s;
}
