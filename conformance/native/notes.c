/* Notes beside what a memory checker writes, so that each of its findings has an operation.
 *
 * Under valgrind or with AddressSanitizer preloaded, programs and operations are marked in the file
 * to which the checker writes. Elsewhere there is no file, and nothing is marked. */
#include "driver.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int notes = -1; /* where the checker writes */
static int nowhere = -1;

static void note(const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t written = write(notes, text, left);
        if (written <= 0)
            return;
        text += written;
        left -= (size_t)written;
    }
}

/* What AddressSanitizer calls with the text of each finding, before it ends the process or not. */
static void note_report(const char *report)
{
    note(report);
}

EXPORT void waitctx_note_to(int fd)
{
    void (*on_report)(void (*)(const char *)) = NULL;

    notes = fd;
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    *(void **)&on_report = dlsym(RTLD_DEFAULT, "__asan_set_error_report_callback");
    if (on_report != NULL)
        on_report(note_report);
}

void note_program(void)
{
    if (notes >= 0)
        note("\n<waitctx-program/>\n");
}

/* An answer that was never written is used where it is handed to the system: valgrind sees that. */
void note_operation(const int64_t *words, size_t count)
{
    if (notes < 0)
        return;
    (void)!write(nowhere, words, count * sizeof *words);
    note("\n<waitctx-operation/>\n");
}
