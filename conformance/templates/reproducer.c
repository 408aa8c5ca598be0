/* {{ heading }}
 *
 * {{ title }}
 * {{ origin }}
 *
 *     {{ program }}
 *
 * Build and run:
 *     cc -Wall -Wextra {{ name }}.c -lcrypto -o {{ name }} && ./{{ name }}
 *
 * Exit code: 0 every answer is permitted, 1 one is not, 2 it cannot be told (another reading of the
 * manual page was taken on the way, or the program could not be set up).
 */
#include <openssl/async.h>

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAYBE __attribute__((unused))

enum { CONTEXTS = 260, JOBS = 260, FDS = {{ fds }}, EVENTS = 1000, TEXT = 256 };
enum { UNTOUCHED = -1550955294 };
enum { LAST = {{ steps | length - 1 }} };

/* -- what the program holds ---------------------------------------------------------------------- */

static ASYNC_WAIT_CTX *context[CONTEXTS];
MAYBE static ASYNC_JOB *job[JOBS];
MAYBE static ASYNC_JOB *handle[JOBS]; /* under which a job was first seen */
static char untouched;
/* Only their values matter; neighbours are chosen to be easily confused. */
MAYBE static const uint64_t keys[] = { {{- keys | join(', ') -}} };
MAYBE static const uint64_t datas[] = { {{- datas | join(', ') -}} };
#define KEY(n) ((void *)(uintptr_t)keys[n])
#define DATA(n) ((void *)(uintptr_t)datas[n])
#define KEY_NAME(pointer) symbol('k', keys, sizeof keys / sizeof *keys, pointer)
#define DATA_NAME(pointer) symbol('d', datas, sizeof datas / sizeof *datas, pointer)
MAYBE static unsigned char block[4096];
MAYBE static int starting, entered;

/* -- what was answered --------------------------------------------------------------------------- */

static int now; /* the step under way */
static char seen[1 << 16];
MAYBE static struct answer {
    const char *name;
    char text[TEXT];
} answers[8];
static int answered;
MAYBE static struct list {
    const char *name;
    int count, whole, fds[FDS];
} lists[2];
static int listed;
static char events[EVENTS][TEXT];
static int called;

static void finish(int code)
{
    fflush(stdout);
    _exit(code); /* not exit(): this may be a job's stack */
}

static void append(const char *text)
{
    size_t room = sizeof seen - strlen(seen) - 1;

    if (seen[0] != '\0' && room > 1)
        strcat(seen, " "), room--;
    strncat(seen, text, room);
}

MAYBE __attribute__((format(printf, 2, 3))) static void answer(const char *name, const char *format, ...)
{
    struct answer *one = &answers[answered++];
    va_list arguments;

    one->name = name;
    va_start(arguments, format);
    vsnprintf(one->text, sizeof one->text, format, arguments);
    va_end(arguments);
    append(name);
    strcat(seen, "=");
    strncat(seen, one->text, sizeof seen - strlen(seen) - 1);
}

MAYBE static void answer_int(const char *name, int value)
{
    if (value == UNTOUCHED)
        answer(name, "untouched");
    else
        answer(name, "%d", value);
}

MAYBE static void answer_size(const char *name, size_t value)
{
    if (value == (size_t)UNTOUCHED)
        answer(name, "untouched");
    else
        answer(name, "%zu", value);
}

/* An array is told up to the last element that was written. */
MAYBE static void answer_fds(const char *name, const int *fds)
{
    struct list *one = &lists[listed++];
    char text[32];
    int n;

    one->name = name;
    one->whole = 1;
    one->count = 0;
    for (n = 0; n < FDS; n++)
        if (fds[n] != UNTOUCHED)
            one->count = n + 1;
    append(name);
    strcat(seen, "=[");
    for (n = 0; n < one->count; n++) {
        one->fds[n] = fds[n];
        one->whole &= fds[n] != UNTOUCHED;
        snprintf(text, sizeof text, n ? " %d" : "%d", fds[n]);
        strncat(seen, fds[n] == UNTOUCHED ? " untouched" : text, sizeof seen - strlen(seen) - 1);
    }
    strncat(seen, "]", sizeof seen - strlen(seen) - 1);
}

MAYBE static const char *symbol(char letter, const uint64_t *known, size_t count, const void *pointer)
{
    static char text[4][TEXT];
    static int turn;
    char *made = text[turn++ % 4];
    size_t n;

    if (pointer == NULL)
        return "null";
    if (pointer == &untouched)
        return "untouched";
    for (n = 0; n < count && known[n] != (uint64_t)(uintptr_t)pointer; n++)
        ;
    if (n < count)
        snprintf(made, TEXT, "%c%zu", letter, n);
    else
        snprintf(made, TEXT, "%p", pointer);
    return made;
}

MAYBE static const char *context_name(const ASYNC_WAIT_CTX *ctx)
{
    static char text[TEXT];
    int n;

    if (ctx == NULL)
        return "null";
    for (n = 0; n < CONTEXTS && context[n] != ctx; n++)
        ;
    snprintf(text, sizeof text, n < CONTEXTS ? "c%d" : "other", n);
    return text;
}

/* A handle that is seen for the first time is that of job `own`, if it has none yet. */
MAYBE static const char *job_name(ASYNC_JOB *pointer, int own, const char *none)
{
    static char text[TEXT];
    int n;

    if (pointer == NULL)
        return none;
    for (n = 0; n < JOBS && handle[n] != pointer; n++)
        ;
    if (n == JOBS && own >= 0 && handle[own] == NULL)
        handle[n = own] = pointer;
    snprintf(text, sizeof text, n < JOBS ? "j%d" : "other", n);
    return text;
}

MAYBE __attribute__((format(printf, 1, 2))) static void event(const char *format, ...)
{
    va_list arguments;

    if (called == EVENTS)
        return;
    va_start(arguments, format);
    vsnprintf(events[called], TEXT, format, arguments);
    va_end(arguments);
    called++;
}

/* The cleanup routines and callbacks that the program names. */
#define ROUTINE(i) \
    MAYBE static void f##i(ASYNC_WAIT_CTX *ctx, const void *k, int fd, void *d) \
    { \
        event("f" #i "(%s, %s, %d, %s)", context_name(ctx), KEY_NAME(k), fd, \
              DATA_NAME(d)); \
    } \
    MAYBE static int b##i(void *d) \
    { \
        event("b" #i "(%s)", DATA_NAME(d)); \
        return 1; \
    }
ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)
{% if 'f4' in program and 'set_callback' in words %}
/* As some engines' cleanups do, it asks the context for the callback, and calls that. */
static void f4(ASYNC_WAIT_CTX *ctx, const void *k, int fd, void *d)
{
    int (*callback)(void *) = NULL;
    void *arg = NULL;

    event("f4(%s, %s, %d, %s)", context_name(ctx), KEY_NAME(k), fd, DATA_NAME(d));
    if (ASYNC_WAIT_CTX_get_callback(ctx, &callback, &arg) == 1
        && (callback == b0 || callback == b1 || callback == b2 || callback == b3))
        callback(arg);
}
{% else %}
ROUTINE(4)
{% endif %}

MAYBE static const char *callback_name(int (*callback)(void *), int (*nothing)(void *))
{
    if (callback == NULL)
        return "null";
    if (callback == nothing)
        return "untouched";
    return callback == b0 ? "b0" : callback == b1 ? "b1" : callback == b2 ? "b2"
        : callback == b3 ? "b3" : "other";
}

MAYBE static int nothing(void *d)
{
    return d != NULL;
}

/* -- what is permitted ---------------------------------------------------------------------------- */

MAYBE static int is(const char *name, const char *text)
{
    int n;

    for (n = 0; n < answered; n++)
        if (strcmp(answers[n].name, name) == 0)
            return strcmp(answers[n].text, text) == 0;
    return 0;
}

static int ascending(const void *one, const void *other)
{
    int a = *(const int *)one, b = *(const int *)other;

    return (a > b) - (a < b);
}

MAYBE static int holds(const char *name, int ordered, int count, const int *fds)
{
    static int wanted[FDS], found[FDS];
    int n;

    for (n = 0; n < listed && strcmp(lists[n].name, name) != 0; n++)
        ;
    if (n == listed || !lists[n].whole || lists[n].count != count)
        return 0;
    memcpy(wanted, fds, (size_t)count * sizeof *fds);
    memcpy(found, lists[n].fds, (size_t)count * sizeof *fds);
    if (!ordered) {
        qsort(wanted, (size_t)count, sizeof *wanted, ascending);
        qsort(found, (size_t)count, sizeof *found, ascending);
    }
    return memcmp(wanted, found, (size_t)count * sizeof *wanted) == 0;
}

/* The calls of routines with this letter: all that are required, of the others at most those. */
MAYBE static int calls(char letter, int ordered, const char *const *required,
                       const char *const *optional)
{
    static char used[EVENTS];
    const char *const *lists_of[2] = {required, optional};
    int n, which, next = 0;

    for (n = 0; n < called; n++)
        used[n] = events[n][0] != letter;
    for (which = 0; which < 2; which++) {
        const char *const *one;
        for (one = lists_of[which]; *one != NULL; one++) {
            for (n = which == 0 && ordered ? next : 0; n < called; n++)
                if (!used[n] && strcmp(events[n], *one) == 0)
                    break;
            if (n == called && which == 0)
                return 0;
            if (n < called)
                used[n] = 1, next = n + 1;
        }
    }
    for (n = 0; n < called; n++)
        if (!used[n])
            return 0;
    return 1;
}

{% for step in steps %}

/* {{ step.text }} */
static int permitted_{{ loop.index0 }}(void)
{
    return {{ step.permitted }};
}
{% if step.followed %}

static int followed_{{ loop.index0 }}(void)
{
    return {{ step.followed }};
}
{% endif %}
{% endfor %}

static const struct step {
    const char *text, *words;
    int (*permitted)(void);
    int (*followed)(void); /* of what is permitted, what the rest of the program is about */
} steps[] = {
{% for step in steps %}
    { {{ step.text | c }}, {{ step.words | c }}, permitted_{{ loop.index0 }}, {{ 'followed_%d' % loop.index0 if step.followed else 'NULL' }} },
{% endfor %}
};

static void begin(int step)
{
    now = step;
    seen[0] = '\0';
    answered = listed = called = 0;
}

MAYBE static void check(void)
{
    const struct step *step = &steps[now];
    int n;

    for (n = 0; n < called; n++) {
        append(n ? "," : "| calls");
        append(events[n]);
    }
    printf("%d. %s\n   got: %s\n", now + 1, step->text, seen[0] ? seen : "-");
    if (!step->permitted()) {
        printf("   NOT PERMITTED. Expected: %s\n", step->words);
        finish(1);
    }
    if (step->followed != NULL && !step->followed()) {
        printf("   permitted, but another reading than this program is about\n");
        finish(2);
    }
    if (now == LAST) {
        printf("Every answer is permitted.\n");
        finish(0);
    }
}
{% if words %}

/* -- the operations ------------------------------------------------------------------------------ */
{% endif %}
{% if 'new' in words %}

static void new(int c)
{
    ASYNC_WAIT_CTX *made = ASYNC_WAIT_CTX_new();
    const char *name = context_name(made);

    answer("ctx", "%s", strcmp(name, "other") == 0 ? "new" : name);
    context[c] = made;
    check();
}
{% endif %}
{% if 'free' in words %}

static void free_context(int c)
{
    ASYNC_WAIT_CTX_free(c < 0 ? NULL : context[c]);
    if (c >= 0)
        context[c] = NULL;
    check();
}
{% endif %}
{% if 'set' in words %}

static void set(int c, const void *k, int fd, void *d,
                void (*cleanup)(ASYNC_WAIT_CTX *, const void *, int, void *))
{
    answer_int("rc", ASYNC_WAIT_CTX_set_wait_fd(context[c], k, fd, d, cleanup));
    check();
}
{% endif %}
{% if 'get' in words %}

static void get(int c, const void *k)
{
    int fd = UNTOUCHED;
    void *d = &untouched;

    answer_int("rc", ASYNC_WAIT_CTX_get_fd(context[c], k, &fd, &d));
    answer_int("fd", fd);
    answer("data", "%s", DATA_NAME(d));
    check();
}
{% endif %}
{% if 'all' in words or 'changed' in words %}

static int *prepared(int *fds)
{
    int n;

    for (n = 0; n < FDS; n++)
        fds[n] = UNTOUCHED;
    return fds;
}

/* Beside an array the count holds 0 at first, so that one read as the array's size shows. */
static size_t count_beside(int array)
{
    return array ? 0 : (size_t)UNTOUCHED;
}

static void answer_array(const char *name, const int *fds, int array)
{
    if (array)
        answer_fds(name, fds);
    else
        answer(name, "null");
}
{% endif %}
{% if 'all' in words %}

static void all(int c, int array)
{
    static int fds[FDS];
    size_t count = count_beside(array);

    prepared(fds);
    answer_int("rc", ASYNC_WAIT_CTX_get_all_fds(context[c], array ? fds : NULL, &count));
    answer_size("count", count);
    answer_array("fds", fds, array);
    check();
}
{% endif %}
{% if 'changed' in words %}

static void changed(int c, int add, int del)
{
    static int added[FDS], deleted[FDS];
    size_t numadd = count_beside(add), numdel = count_beside(del);

    prepared(added);
    prepared(deleted);
    answer_int("rc", ASYNC_WAIT_CTX_get_changed_fds(context[c], add ? added : NULL, &numadd,
                                                    del ? deleted : NULL, &numdel));
    answer_size("numadd", numadd);
    answer_size("numdel", numdel);
    answer_array("added", added, add);
    answer_array("deleted", deleted, del);
    check();
}
{% endif %}
{% if 'clear' in words %}

static void clear(int c, const void *k)
{
    answer_int("rc", ASYNC_WAIT_CTX_clear_fd(context[c], k));
    check();
}
{% endif %}
{% if 'set_callback' in words %}

static void set_callback(int c, int (*callback)(void *), void *d)
{
    answer_int("rc", ASYNC_WAIT_CTX_set_callback(context[c], callback, d));
    check();
}
{% endif %}
{% if 'get_callback' in words %}

static void get_callback(int c)
{
    int (*callback)(void *) = nothing;
    void *d = &untouched;

    answer_int("rc", ASYNC_WAIT_CTX_get_callback(context[c], &callback, &d));
    answer("callback", "%s", callback_name(callback, nothing));
    answer("arg", "%s", DATA_NAME(d));
    check();
}
{% endif %}
{% if 'set_status' in words %}

static void set_status(int c, int status)
{
    answer_int("rc", ASYNC_WAIT_CTX_set_status(context[c], status));
    check();
}
{% endif %}
{% if 'get_status' in words %}

static void get_status(int c)
{
    answer_int("status", ASYNC_WAIT_CTX_get_status(context[c]));
    check();
}
{% endif %}
{% if 'current' in words %}

static void current(int running)
{
    answer("job", "%s", job_name(ASYNC_get_current_job(), running, "null"));
    check();
}
{% endif %}
{% if 'wait_ctx' in words %}

static void wait_ctx(int slot)
{
    if (handle[slot] == NULL)
        job_name(ASYNC_get_current_job(), slot, "null");
    if (handle[slot] != NULL)
        answer("ctx", "%s", context_name(ASYNC_get_wait_ctx(handle[slot])));
    check();
}
{% endif %}
{% if 'pause' in words %}

static void pause_job(int slot)
{
    int rc = ASYNC_pause_job();

    entered = 1;
    if (slot < 0)
        answer("in", "none");
    else
        answer("in", "j%d", slot);
    answer_int("pause_job", rc);
    check();
}
{% endif %}
{% if jobs %}

/* -- jobs ------------------------------------------------------------------------------------------ */

/* Blocks differ from byte to byte, from size to size and from job to job. */
MAYBE static unsigned char content(int size, int slot, int n)
{
    return (unsigned char)(37 * size + 101 * slot + 1 + 11 * n);
}

MAYBE static const char *block_name(const unsigned char *args, int size, int slot)
{
    static char text[TEXT];
    int n;

    if (args == NULL)
        return "null";
    if (args >= block && args < block + sizeof block)
        return "shared";
    for (n = 0; size >= 0 && n < 1 << size; n++)
        if (args[n] != content(size, slot, n))
            size = -1;
    snprintf(text, sizeof text, size < 0 ? "other" : "a%d", size);
    return text;
}

static void resume(int slot, int c, int (*function)(void *), int size)
{
    int ret = UNTOUCHED, rc;

    starting = slot;
    entered = 0;
    rc = ASYNC_start_job(&job[slot], context[c], &ret, function, size < 0 ? NULL : block,
                         size < 0 ? 0 : (size_t)1 << size);
    memset(block, 0xee, sizeof block);
    answer("in", "none");
    answer_int("start_job", rc);
    answer_int("ret", ret);
    answer("job", "%s", job_name(job[slot], entered ? slot : -1, "null"));
    check();
    if (rc == ASYNC_FINISH)
        handle[slot] = NULL;
}

static void start(int slot, int c, int (*function)(void *), int size)
{
    int n;

    for (n = 0; size >= 0 && n < 1 << size; n++)
        block[n] = content(size, slot, n);
    job[slot] = handle[slot] = NULL;
    resume(slot, c, function, size);
}

static void enter(int slot, const void *args, int size)
{
    entered = 1;
    answer("in", "j%d", starting);
    answer("block", "%s", block_name(args, size, slot));
    check();
}
{% endif %}
{% for one in jobs %}

static int {{ one.name }}(void *args)
{
    enter({{ one.slot }}, args, {{ one.size }});
{% for line in one.lines %}
    {{ line }}
{% endfor %}
{% if not one.returns %}
    finish(2); /* the program ends before this job does */
    return 0;
{% endif %}
}
{% endfor %}

/* -- the program ----------------------------------------------------------------------------------- */

static void died(int signal)
{
    char digits[] = "00";
    const char *parts[] = {"   NOT PERMITTED: died of signal ", digits, "\n"};
    size_t n;

    digits[0] += (char)(signal / 10);
    digits[1] += (char)(signal % 10);
    for (n = 0; n < sizeof parts / sizeof *parts; n++)
        if (write(STDOUT_FILENO, parts[n], strlen(parts[n])) < 0)
            break;
    _exit(1);
}

static void left(void)
{
    printf("   NOT PERMITTED: the library called exit()\n");
    finish(1);
}

int main(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGALRM};
    static char stack[1 << 16];
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = died, .sa_flags = SA_ONSTACK};
    size_t n;

    if (sigaltstack(&other, NULL) != 0)
        return 2;
    for (n = 0; n < sizeof signals / sizeof *signals; n++)
        sigaction(signals[n], &action, NULL);
    atexit(left);
    setvbuf(stdout, NULL, _IONBF, 0);
    alarm(10);
{% if jobs %}
    if (ASYNC_is_capable() != {{ capable }}) {
        printf("Jobs {{ 'cannot' if capable else 'can' }} run here, so this program cannot tell.\n");
        finish(2);
    }
{% endif %}
{% for line in main %}
    {{ line }}
{% endfor %}
    finish(2); /* never reached: the last step ends the program */
    return 2;
}
