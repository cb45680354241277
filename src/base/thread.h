/* base/thread.h: which thread may call a function, as marks that clang checks (-Wthread-safety); gcc sees nothing.
 *
 * Owns    nothing: the capabilities below have no bytes.
 * Thread  see each mark.
 * Bounds  none.
 * Errors  a compiler warning, which is an error.
 * Tests   the clang build in ./test. */
#pragma once

#if defined(__clang__)
#define THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define THREAD_ATTRIBUTE(x)
#endif

struct THREAD_ATTRIBUTE(capability("thread")) thread_role {
    char unused;
};
extern struct thread_role loop_role;
extern struct thread_role writer_role;
extern struct thread_role reader_role;

/* On an event loop: the one that owns the object. Must not block. */
#define ON_LOOP THREAD_ATTRIBUTE(requires_capability(loop_role))
/* On the one thread that writes to the store. */
#define ON_WRITER THREAD_ATTRIBUTE(requires_capability(writer_role))
/* On a thread of the readers' pool. */
#define ON_READER THREAD_ATTRIBUTE(requires_capability(reader_role))
/* On any thread. */
#define ON_ANY

/* A callback's first line: says which role its thread has, since clang does not see through function pointers. */
static inline void in_loop(void) THREAD_ATTRIBUTE(assert_capability(loop_role)) {}
static inline void in_writer(void) THREAD_ATTRIBUTE(assert_capability(writer_role)) {}
static inline void in_reader(void) THREAD_ATTRIBUTE(assert_capability(reader_role)) {}
