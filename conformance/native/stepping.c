/* Interrupts a call after so many of its instructions.
 *
 * The processor's trap flag makes each instruction end in a signal, whose handler counts those of the
 * library. What it calls in others does not count: no number is the same there from run to run. But a
 * call that has far to go there, such as one that loads a library, would take a thousand times as long
 * as usual and be told as a hang, so there comes an end to that. */
#define _GNU_SOURCE
#include "driver.h"

#include <link.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#if defined(__x86_64__)

enum { TRAP_FLAG = 0x100 };
/* In other libraries so many instructions are stepped through, which takes a few tenths of a second. */
enum { MOST_ELSEWHERE = 1 << 15 };

static int64_t left; /* 0: not counting */
static int64_t elsewhere;
static void (*act)(void);
static struct sigaction usual;

/* Where the code of the library stands. */
static struct stretch {
    uintptr_t begin, size;
} code;

static bool is_in(uintptr_t at, const struct stretch *stretch)
{
    return at - stretch->begin < stretch->size;
}

static int find(struct dl_phdr_info *object, size_t size, void *function)
{
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        struct stretch found = {object->dlpi_addr + part->p_vaddr, part->p_memsz};
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X)
            && is_in((uintptr_t)function, &found)) {
            code = found;
            return 1;
        }
    }
    return 0;
}

static void note_step(int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t at = (uintptr_t)registers[REG_RIP];

    (void)signal_number;
    (void)info;
    if (left > 0 && is_in(at, &code) && --left == 0) {
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        sigaction(SIGTRAP, &usual, NULL); /* nothing more is stepped through meanwhile */
        act();
        return;
    }
    if (left > 0 && !is_in(at, &code) && --elsewhere == 0)
        step_no_more();
    if (left == 0)
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

bool step_until(int64_t instructions, void (*then)(void))
{
    struct sigaction action = {.sa_sigaction = note_step, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    void *function;
    memcpy(&function, &library, sizeof function); /* its first one */
    if (code.size == 0)
        dl_iterate_phdr(find, function);
    sigemptyset(&action.sa_mask);
    sigaction(SIGTRAP, &action, &usual);
    act = then;
    left = instructions;
    elsewhere = MOST_ELSEWHERE;
    /* Beyond the red zone, which belongs to whatever this is inlined into. */
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
                     "pushfq\n\t"
                     "orq %0, (%%rsp)\n\t"
                     "popfq\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     : "i"(TRAP_FLAG)
                     : "memory", "cc");
    return true;
}

void step_no_more(void)
{
    volatile int64_t *count = &left;

    if (*count == 0)
        return;
    *count = 0; /* which ends in the last trap */
    sigaction(SIGTRAP, &usual, NULL);
}

#else

bool step_until(int64_t instructions, void (*then)(void))
{
    (void)instructions;
    (void)then;
    return false;
}

void step_no_more(void)
{
}

#endif
