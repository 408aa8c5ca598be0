/* The library under test, bound by name: no header and no link dependency. */
#include "driver.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

struct library library;
void (*end_of_thread)(void);

static const char *const names[] = {
#define NAME(type, name, parameters) #name,
    INTERFACE(NAME)
#undef NAME
};

enum { COUNT = sizeof names / sizeof *names };

static void *handle;
static const char *(*version)(int);

/* Which thread-specific values the Python around us had set before the library came. */
static bool hosts[PTHREAD_KEYS_MAX];

/* Some 1.1.1 ask for key 0 before they have created theirs. Then a process of our own must look as
 * a C program's does, where nobody else has set it: take away what is Python's. */
void leave_host(void)
{
    for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++)
        if (hosts[key])
            pthread_setspecific(key, NULL);
}

/* Whether the functions stand in the library's symbol table alone. */
static bool hidden;

static void *locate(const char *name)
{
    return hidden ? find_symbol(name) : dlsym(handle, name);
}

/* RTLD_LOCAL keeps its names from mixing with those of another libcrypto in the process.
 * Gives NULL, or the loader's reason for refusing. */
EXPORT const char *waitctx_load(const char *path)
{
    /* One of them is AddressSanitizer's where its runtime is preloaded: it cannot do without. */
    bool parts = dlsym(RTLD_DEFAULT, "__asan_init") == NULL;

    for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++)
        hosts[key] = parts && pthread_getspecific(key) != NULL;
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return dlerror();
    hidden = dlsym(handle, names[0]) == NULL;
    if (hidden)
        open_symbols(handle, path);
    /* POSIX wants dlsym's result to fit a function pointer; ISO C has no cast for that. */
    void *found[COUNT];
    _Static_assert(sizeof found == sizeof library, "one pointer for each function");
    for (size_t i = 0; i < COUNT; i++)
        found[i] = locate(names[i]);
    memcpy(&library, found, sizeof library);
    void *stop = locate("OPENSSL_thread_stop");
    memcpy(&end_of_thread, &stop, sizeof end_of_thread);
    void *said = locate("OpenSSL_version");
    memcpy(&version, &said, sizeof version);
    close_symbols();
    return NULL;
}

/* The name of the function with this number if the library has it, "" if not, NULL past the end. */
EXPORT const char *waitctx_function(int index)
{
    void *function;

    if (index < 0 || index >= COUNT)
        return NULL;
    memcpy(&function, (const char *)&library + (size_t)index * sizeof function, sizeof function);
    return function == NULL ? "" : names[index];
}

/* Whether the functions that were found are not exported. */
EXPORT int waitctx_hidden(void)
{
    return hidden;
}

/* What an OpenSSL from 1.1 on calls itself; "" for other libraries. */
EXPORT const char *waitctx_version(void)
{
    const char *text = NULL;

    if (version != NULL)
        text = version(0);
    return text == NULL ? "" : text;
}
