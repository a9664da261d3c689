#define SYNTAGMA_KERNELS avx512_kernels
#define SYNTAGMA_NAME "avx512"
#define SYNTAGMA_LANES 16
#define SYNTAGMA_ROWS 6
#define SYNTAGMA_VECTORS 4

#include "kernel.inc"
