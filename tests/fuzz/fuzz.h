/* What a fuzz target is: a function that takes any bytes and must neither crash nor find what it checks broken. */
#pragma once
#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
