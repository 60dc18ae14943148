#include "kernel.h"

#define SEED 12345
#define LAST (SIZE - 1)

static word a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

static APART void multiply(void)
{
    for (word i = 0; i < SIZE; i++)
        for (word j = 0; j < SIZE; j++) {
            word sum = 0;
            for (word k = 0; k < SIZE; k++)
                sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
}

static void fill(void)
{
    word x = SEED;
    for (word i = 0; i < SIZE; i++)
        for (word j = 0; j < SIZE; j++) {
            a[i][j] = x = following(x);
            b[i][j] = x = following(x);
        }
}

word kernel(void)
{
    word s = 0;
    fill();
    for (word round = 0; round < ROUNDS; round++) {
        multiply();
        s = 31 * s + c[round & LAST][7 * round & LAST];
        a[round & LAST][3] ^= s;
    }
    return s;
}
