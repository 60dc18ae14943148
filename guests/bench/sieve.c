#include "kernel.h"

static word flags[LIMIT];

static APART word sieve(void)
{
    word count = 0;
    for (word i = 0; i < LIMIT; i++)
        flags[i] = 1;
    for (word i = 2; i * i < LIMIT; i++)
        if (flags[i])
            for (word k = i * i; k < LIMIT; k += i)
                flags[k] = 0;
    for (word i = 2; i < LIMIT; i++)
        count += flags[i];
    return count;
}

word kernel(void)
{
    word s = 0;
    for (word round = 0; round < ROUNDS; round++)
        s = 31 * s + sieve();
    return s;
}
