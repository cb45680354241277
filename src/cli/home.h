/* cli/home.h: a gym's configuration, database and keys, found by --data DIR or --config FILE; what every command begins with.
 *
 * Owns    the configuration, the store, the keys, until home_close.
 * Thread  main.
 * Bounds  none beyond those of what it opens.
 * Errors  with a sentence for people.
 * Tests   tests/integration/cli.test.ts */
#pragma once
#include "auth/jwt.h"
#include "base/config.h"
#include "cli/args.h"
#include "domain/rules.h"
#include "store/store.h"

#include <limits.h>

struct home {
    struct config config;
    char data_dir[PATH_MAX]; /* holds the key and, by default, the database */
    struct jwt_keys *keys;
    struct store *store;
};

enum home_want {
    HOME_CONFIG, /* the configuration alone */
    HOME_KEYS,   /* and the keys */
    HOME_STORE,  /* and the database, which must be there and of this version */
    HOME_CREATE, /* and the database, made and migrated where needed */
};

/* data or config_path or neither (then ./footfall.conf or /etc/footfall/footfall.conf). extra: lines of INI text that stand before all
 * else (demo's own defaults), or NULL. */
MUST_USE int home_open(struct home *home, enum home_want want, const char *data, const char *config_path,
                       const struct args *args, bool limits_off, struct err_detail *reterr);
void home_close(struct home *home);
static inline void home_owned(struct home *home) { home_close(home); }
/* A new random key in a file that only its owner reads; one that is there already stays. */
MUST_USE int home_make_key(const char *path, struct err_detail *reterr);
/* The rules as configured. */
struct rules home_rules(const struct config *config);

/* One transaction of the command line's own; ERR_BUSY and other failures with a sentence, if work gave none. */
typedef int home_work(struct sql *sql, void *ctx);
MUST_USE int home_write(struct home *home, home_work *work, void *ctx, struct err_detail *reterr);
/* From the file, else asked for on the terminal. */
MUST_USE int read_new_password(const char *file, struct secret *ret_password, struct err_detail *reterr);

/* Runs the server until SIGTERM or SIGINT. on_ready is called once it accepts. Returns the exit status. */
int run_server(struct home *home, void (*on_ready)(const struct home *home, const char *url, void *ctx),
               void *ctx);
