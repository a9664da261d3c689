#define SYNTAGMA_KERNELS avx2_kernels
#define SYNTAGMA_NAME "avx2"
#define SYNTAGMA_LANES 8
#define SYNTAGMA_ROWS 3

#include "kernel.inc"
