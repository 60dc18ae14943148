#include "kernel.h"

#define SEED 12345

static word words[COUNT];

/* Sort what lies from `low` to `high`, both included. */
static APART void sort(word *low, word *high)
{
    while (low < high) {
        word pivot = low[(high - low) >> 1];
        word *up = low, *down = high;
        while (up <= down) {
            while (*up < pivot)
                up++;
            while (*down > pivot)
                down--;
            if (up <= down) {
                word kept = *up;
                *up++ = *down;
                *down-- = kept;
            }
        }
        if (down - low < high - up) {
            sort(low, down);
            low = up;
        } else {
            sort(up, high);
            high = down;
        }
    }
}

word kernel(void)
{
    word x = SEED, s = 0;
    for (word round = 0; round < ROUNDS; round++) {
        for (word i = 0; i < COUNT; i++)
            words[i] = x = following(x);
        sort(words, words + COUNT - 1);
        s = 31 * s + words[COUNT / 2] + words[7];
        for (word i = 1; i < COUNT; i++)
            if (words[i] < words[i - 1])
                s ^= 0xdead;
    }
    return s;
}
