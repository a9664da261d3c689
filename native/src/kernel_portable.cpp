#define SYNTAGMA_KERNELS portable_kernels
#define SYNTAGMA_NAME "portable"
#define SYNTAGMA_LANES 4
#define SYNTAGMA_ROWS 4
#define SYNTAGMA_VECTORS 2

#include "kernel.inc"
