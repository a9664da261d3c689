#define SYNTAGMA_KERNELS avx2_kernels
#define SYNTAGMA_NAME "avx2"
#define SYNTAGMA_LANES 8
#define SYNTAGMA_ROWS 6
#define SYNTAGMA_VECTORS 2

#include "kernel.inc"
