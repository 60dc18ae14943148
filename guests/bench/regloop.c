#include "kernel.h"

#define SEED 2463534242u

word kernel(void)
{
    word x = SEED, s = 0;
    for (word left = ROUNDS * 1000u; left; left--) {
        x = following(x);
        s += x;
        if ((left & 15) == 0)
            s ^= left;
    }
    return s;
}
