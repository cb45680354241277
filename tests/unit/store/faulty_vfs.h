/* A disk that fails: an SQLite VFS over the system's own that remembers what was not yet synced, loses it at a power cut, and makes
 * single calls fail. What a program reads is the page cache, as on a real machine: only after a cut does it show what was durable.
 *
 * At a cut each write since its file's last sync is kept whole, kept up to some sector, or lost, as the dice fall. After a failed sync
 * the same befalls what it should have made durable, at once and for good: later syncs do not bring it back (as Linux does it).
 * Not modelled: a directory's entries are durable at once; a sector is whole or not there. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum faulty_call { FAULTY_SYNC, FAULTY_WRITE, FAULTY_READ, FAULTY_CALLS };

/* Becomes the default VFS of this process. */
void faulty_install(void);
/* Forgets all files and faults. */
void faulty_reset(uint64_t seed);
/* Calls that change the disk so far (writes, truncations, syncs). */
int64_t faulty_changes(void);
/* The power goes with that change: it and all that follows fail and do nothing. */
void faulty_cut_at(int64_t change);
bool faulty_is_cut(void);
/* The count-th call of that kind from now on fails once, with this SQLite code (a write then writes half of it). */
void faulty_fail(enum faulty_call call, int64_t count, int sqlite_code);
/* Whether that has come to pass. */
bool faulty_has_failed(void);
/* From now on every call fails and does nothing, as if the process were gone (kill -9). */
void faulty_kill(void);
/* With no file open any more: the next process begins, on the page cache as the last one left it. */
void faulty_next_process(void);
/* With no file open any more: the disk as it is after the cut. The power is back. */
void faulty_power_up(void);
/* The dice: 0 to sides - 1. */
uint64_t faulty_roll(uint64_t sides);
