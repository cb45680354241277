#include "base/thread.h"

struct thread_role loop_role;
struct thread_role writer_role;
struct thread_role reader_role;
