/* What commands that write have in common: a new password, and one transaction beside a running server. */
#include "auth/password.h"
#include "cli/home.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

/* --- Passwords --- */

static int ask_line(const char *prompt, char *text, size_t bytes)
{
    struct termios before, silent;
    fprintf(stderr, "%s", prompt);
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    char *line = fgets(text, (int)bytes, stdin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fprintf(stderr, "\n");
    }
    if (line == NULL) return ERR_CLOSED;
    text[strcspn(text, "\r\n")] = '\0';
    return 0;
}

/* From the file, else asked for on the terminal. */
int read_new_password(const char *file, struct secret *ret_password, struct err_detail *reterr)
{
    char text[PASSWORD_BYTES_MAX + 2] = "";
    OWNED(buf) struct buf bytes = buf_of(PASSWORD_BYTES_MAX + 2);
    int rc;
    if (file != NULL) {
        rc = config_read_file(file, PASSWORD_BYTES_MAX + 1, &bytes, NULL, reterr);
        while (rc == 0 && bytes.len > 0 &&
               (bytes.at[bytes.len - 1] == '\n' || bytes.at[bytes.len - 1] == '\r')) {
            bytes.len--;
        }
    } else {
        rc = ask_line("New password: ", text, sizeof text);
        if (rc == 0) rc = buf_put_str(&bytes, str_c(text));
        if (rc == ERR_CLOSED) {
            fail(reterr, rc, "no password was given; use --password-file where there is no terminal");
        }
    }
    if (rc == 0) rc = password_acceptable(buf_str(&bytes), reterr);
    if (rc == 0) rc = secret_set(ret_password, buf_span(&bytes));
    secret_wipe(text, sizeof text);
    if (bytes.at != NULL) secret_wipe(bytes.at, bytes.len);
    return rc;
}

/* --- Writing, in one transaction --- */

int home_write(struct home *home, home_work *work, void *ctx, struct err_detail *reterr)
{
    struct store_writer *writer;
    TRY(store_writer_open(home->store, &writer, reterr));
    in_writer();
    struct sql *sql = store_writer_sql(writer);
    int rc = sql_begin(sql);
    if (rc == 0) {
        rc = work(sql, ctx);
        if (rc == 0) rc = sql_commit(sql);
        else sql_rollback(sql);
    }
    store_writer_close(writer);
    if (rc == ERR_BUSY) return fail(reterr, rc, "the server holds the database; try again in a moment");
    if (rc < 0 && reterr->text[0] == '\0') {
        return fail(reterr, rc, "it could not be written: %s", err_word(rc));
    }
    return rc;
}
