#include "kernel.h"

#define SEED 12345
#define POLYNOMIAL 0xedb88320u

static word bytes[LENGTH]; /* one to a word */

static APART word crc(word r)
{
    for (word i = 0; i < LENGTH; i++) {
        r ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            r = (r >> 1) ^ (POLYNOMIAL & -(r & 1));
    }
    return r;
}

word kernel(void)
{
    word x = SEED, r = -1;
    for (word i = 0; i < LENGTH; i++) {
        x = following(x);
        bytes[i] = x & 0xff;
    }
    for (word round = 0; round < ROUNDS; round++)
        r = crc(r);
    return r;
}
