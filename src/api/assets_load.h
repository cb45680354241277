/* api/assets_load.h: reads the web app's files from a folder into memory, once, at start-up.
 *
 * Owns    nothing; gives the assets to the caller.
 * Thread  any; blocks on the disk.
 * Bounds  those of http/assets.h; folders at most ASSETS_DEPTH_MAX deep.
 * Errors  ERR_NOT_FOUND: no such folder. ERR_FORBIDDEN: a link, or something that is neither file nor folder. ERR_IO, ERR_TOO_BIG,
 *         ERR_NOMEM, ERR_TEXT (a name that is not UTF-8); in words in *reterr.
 * Tests   tests/unit/api/assets_load_test.c */
#pragma once
#include "http/assets.h"

#define ASSETS_DEPTH_MAX 8

/* Names that begin with a dot are left out. The result is sealed. */
MUST_USE int assets_load(const char *folder, struct assets **ret_assets, struct err_detail *reterr);
