/* Runs a fuzz target on every file of a folder: what fuzzing once found stays found, in every build. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_BYTES_MAX ((size_t)1024 * 1024)

static void file_owned(FILE **file)
{
    if (*file != NULL) (void)fclose(*file);
}

static int run_file(const char *folder, const char *name)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    check(len > 0 && (size_t)len < sizeof path);
    OWNED(file) FILE *file = fopen(path, "rb");
    if (file == NULL) return ERR_IO;
    OWNED(mem) uint8_t *room = malloc(INPUT_BYTES_MAX);
    if (room == NULL) return ERR_NOMEM;
    size_t count = fread(room, 1, INPUT_BYTES_MAX, file);
    if (ferror(file) != 0) return ERR_IO;
    /* A copy of its own size: the sanitizer sees a read behind it. */
    OWNED(mem) uint8_t *exact = malloc(count == 0 ? 1 : count);
    if (exact == NULL) return ERR_NOMEM;
    memcpy(exact, room, count);
    (void)printf("%s\n", name); /* the last one named is the one that broke something */
    (void)fflush(stdout);
    (void)LLVMFuzzerTestOneInput(exact, count);
    return 0;
}

static void dir_owned(DIR **dir)
{
    if (*dir != NULL) (void)closedir(*dir);
}

int main(int argc, char **argv)
{
    check(argc == 2);
    OWNED(dir) DIR *dir = opendir(argv[1]);
    size_t count = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        if (run_file(argv[1], entry->d_name) < 0) {
            (void)fprintf(stderr, "cannot read %s/%s\n", argv[1], entry->d_name);
            return 1;
        }
        count++;
    }
    (void)printf("%zu inputs of %s\n", count, argv[1]);
    return count > 0 ? 0 : 1; /* a corpus that is not there is no success */
}
