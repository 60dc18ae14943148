/* What the kernels in C have in common. Each `.c` file here does what the `.s` file of the same name does, on the same
   data; its sizes are macros with the names of the `.equ` lines there. Native programs begin in native.c, those for
   RISC-V in riscv/. */

#ifndef ROUNDS
#error "give the sizes: -DROUNDS=... and what else the kernel needs"
#endif

#ifndef WORD
#define WORD unsigned int /* 32 bits, as in G3 */
#endif

typedef WORD word;

#define APART __attribute__((noinline)) /* a round is a call, so that no compiler moves work from one to the next */

/* The checksum. */
word kernel(void);

/* The next pseudo-random word: xorshift, as Marsaglia gave it in 2003. */
static inline word following(word x)
{
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}
