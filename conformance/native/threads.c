/* Programs that go on in several threads.
 *
 * All the rest of the driver is one thread's business, with static state, and stays so: each thread of
 * a program but the first runs a copy of the driver, loaded for it, on the same library. The channel
 * between a program and each copy is what makes them one: it hands over from thread to thread at
 * OP_THREAD, in the middle of an operation after OP_INTERRUPT, or lets all run at once and wait for each
 * other at OP_MEET. */
#define _GNU_SOURCE
#include "driver.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4 };

struct company;
typedef void *serve_fn(void *member);

struct member {
    struct company *company;
    int number;
    bool begun;
    pthread_t thread;
    serve_fn *serve; /* of its copy of the driver */
    /* In a race: what it does, and what that was answered. */
    const struct operation **tasks; /* NULL to meet, where another tells of it */
    int64_t count, done;
    int64_t *words;
    size_t room, taken;
    _Atomic size_t used;
};

struct company {
    const struct channel *source;
    void (*give_up)(void);
    const char *driver; /* the file that copies are made of */
    struct member members[THREADS];
    pthread_mutex_t lock;
    /* Taking turns. */
    pthread_cond_t turned;
    int turn;
    bool over; /* whoever goes on only cleans up */
    /* Racing. */
    bool racing, broken;
    int racers;
    unsigned char *tellers; /* who tells of each operation */
    int64_t told, length;
    _Atomic int arrived;
    _Atomic unsigned meetings;
};

/* End because there can be no thread: that may be the library's doing. */
static void give_up(void)
{
    enum ending conduct = (enum ending)waitctx_conduct(true);

    finish(conduct == DONE ? NO_THREADS : conduct);
}

/* The company of the whole process, in the driver that is no copy and knows how all was. */
static struct company home = {
    .give_up = give_up,
    .lock = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER};

/* Of this copy: the thread that it serves. */
static struct member *me;

/* -- copies of the driver ------------------------------------------------------------------------ */

EXPORT void waitctx_adopt(const struct library *theirs, void (*stop)(void), struct board *shared)
{
    library = *theirs;
    end_of_thread = stop;
    board = shared;
}

/* One with another file, and another name, is another library to the loader. */
static int copy_driver(const struct member *member)
{
    enum { ASIDE = 700 };
    struct stat size;
    int copy = memfd_create("waitctx driver", MFD_CLOEXEC);
    off_t at = 0;

    int original = open(member->company->driver, O_RDONLY | O_CLOEXEC);
    if (copy < 0 || original < 0 || fstat(original, &size) != 0)
        member->company->give_up();
    while (at < size.st_size && sendfile(copy, original, &at, (size_t)(size.st_size - at)) > 0)
        ;
    close(original);
    int named = fcntl(copy, F_DUPFD_CLOEXEC, ASIDE + member->number);
    close(copy);
    return named;
}

/* Load the copy of a member that never had one. */
static void load_copy(struct member *member)
{
    char path[32];
    void *found[2];
    void (*adopt)(const struct library *, void (*)(void), struct board *);

    if (member->serve != NULL)
        return;
    int file = copy_driver(member);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    void *copy = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (copy == NULL)
        member->company->give_up();
    close(file);
    found[0] = dlsym(copy, "waitctx_adopt");
    found[1] = dlsym(copy, "waitctx_serve");
    memcpy(&adopt, &found[0], sizeof adopt);
    memcpy(&member->serve, &found[1], sizeof member->serve);
    adopt(&library, end_of_thread, board);
}

static void begin(struct member *member)
{
    load_copy(member);
    member->begun = true; /* it may be its turn, and another's after that, before we are back here */
    if (pthread_create(&member->thread, NULL, member->serve, member) != 0)
        member->company->give_up();
}

static void join(struct member *member)
{
    if (member->begun)
        pthread_join(member->thread, NULL);
    member->begun = false;
}

/* -- taking turns -------------------------------------------------------------------------------- */

static void pass_turn(int to)
{
    pthread_mutex_lock(&me->company->lock);
    me->company->turn = to;
    pthread_cond_broadcast(&me->company->turned);
    pthread_mutex_unlock(&me->company->lock);
}

/* The same, but not for long: the other may wait for what this one has locked. */
static void await_turn_briefly(void)
{
    enum { PATIENCE = 20000000 };
    struct company *company = me->company;
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PATIENCE;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&company->lock);
    while (company->turn != me->number)
        if (pthread_cond_timedwait(&company->turned, &company->lock, &until) != 0)
            break;
    pthread_mutex_unlock(&company->lock);
}

static void await_turn(void)
{
    struct company *company = me->company;

    pthread_mutex_lock(&company->lock);
    while (company->turn != me->number)
        pthread_cond_wait(&company->turned, &company->lock);
    pthread_mutex_unlock(&company->lock);
}

/* Of this copy: whether its operation is to be interrupted, or was and the program is elsewhere. */
static enum { UNDISTURBED, TO_BE_INTERRUPTED, AWAY } course;

/* The program is in another thread, and comes back before this thread's operation is answered. */
static void come_back(void)
{
    static const int64_t arrival = (int64_t)OP_THREAD << 32;
    struct company *company = me->company;

    course = UNDISTURBED;
    if (company->over)
        return;
    company->source->deliver(&arrival, 1);
    company->source->next(NULL); /* the one that is under way */
}

/* Let the program go on in the thread that is to interrupt this one. */
static void go_away(void)
{
    course = AWAY;
    pass_turn((int)me->company->source->next(NULL)->arguments[0]);
}

/* In the middle of the operation. */
static void interlude(void)
{
    go_away();
    await_turn_briefly();
    if (me->company->turn == me->number)
        come_back();
}

static bool turn_deliver(const int64_t *words, size_t count)
{
    step_no_more();
    if (course != UNDISTURBED) {
        if (course == TO_BE_INTERRUPTED)
            go_away();
        await_turn();
        come_back();
        if (me->company->over)
            return false;
    }
    return me->company->source->deliver(words, count);
}

static const struct operation *turn_next(const struct frame *frame);
static const struct channel turns = {turn_next, turn_deliver, NULL};

/* The program is over: the first thread is the one to see to what is left. */
static void retire(void)
{
    me->company->over = true;
    if (me->number != 0) {
        pass_turn(0);
        await_turn();
    }
}

/* Go on in another thread, and come back when it is this one's turn again. What is called here
 * meanwhile is told then. */
static void go_on_in(struct member *there)
{
    bool is_new = !there->begun && there->number != 0; /* asked while it is still our turn */

    result_begin();
    pass_turn(there->number);
    if (is_new)
        begin(there);
    await_turn();
}

static bool is_other(const struct operation *operation)
{
    int64_t there = operation->arguments[0];

    return operation->code == OP_THREAD && there >= 0 && there < THREADS && there != me->number;
}

/* The operation with which the program comes back here from the thread where it goes on next, or NULL
 * if there is none that can be begun before. */
static const struct operation *interrupted(void)
{
    const struct channel *source = me->company->source;
    const struct operation *one = source->peek == NULL ? NULL : source->peek(0);

    if (one == NULL || !is_other(one))
        return NULL;
    for (int64_t n = 1; (one = source->peek(n)) != NULL; n++)
        if (one->code == OP_THREAD && one->arguments[0] == me->number) {
            one = source->peek(n + 1);
            return one == NULL || one->code >= OP_FAIL_ALLOC ? NULL : one;
        }
    return NULL;
}

/* Begin the operation that is to be interrupted; NULL if none can be. */
static const struct operation *begin_early(int64_t instructions)
{
    const struct operation *operation = interrupted();

    result_begin();
    result_deliver(&turns, OP_INTERRUPT);
    if (operation == NULL)
        return NULL;
    struct member *there = &me->company->members[me->company->source->peek(0)->arguments[0]];
    if (!there->begun && there->number != 0)
        begin(there); /* in the middle of a call that could not be done */
    if (!step_until(instructions, interlude))
        return NULL;
    course = TO_BE_INTERRUPTED;
    return operation;
}

static const struct operation *turn_next(const struct frame *frame)
{
    struct company *company = me->company;

    for (;;) {
        const struct operation *operation = company->over ? NULL : company->source->next(frame);
        if (operation == NULL) {
            if (!company->over)
                retire();
            return NULL;
        }
        if (operation->code == OP_INTERRUPT) {
            operation = begin_early(operation->arguments[0]);
            if (operation != NULL)
                return operation;
            continue;
        }
        if (operation->code != OP_THREAD)
            return operation;
        int64_t there = operation->arguments[0];
        if (!is_other(operation))
            return operation; /* which nobody can carry out */
        go_on_in(&company->members[there]);
        if (company->over)
            return NULL;
        result_deliver(&turns, OP_THREAD);
    }
}

/* Begin a program, on this thread. */
static void gather(const struct channel *channel, bool racing)
{
    Dl_info self;

    if (home.driver == NULL && dladdr(&home, &self) != 0)
        home.driver = self.dli_fname;
    home.source = channel;
    home.racing = racing;
    home.over = home.broken = false;
    home.turn = home.arrived = 0;
    home.told = 0;
    for (int i = 0; i < THREADS; i++) {
        home.members[i].company = &home;
        home.members[i].number = i;
    }
    me = &home.members[0];
    course = UNDISTURBED;
}

void walk_threads(const struct channel *channel)
{
    gather(channel, false);
    interpret(&turns);
    home.over = true;
}

void end_threads(void)
{
    for (int i = 1; i < THREADS; i++) {
        if (home.members[i].begun) {
            pass_turn(i);
            await_turn();
        }
        join(&home.members[i]);
    }
}

static void serve_in_turn(void)
{
    course = UNDISTURBED;
    await_turn();
    if (me->company->over) {
        pass_turn(0);
        return;
    }
    result_begin();
    result_deliver(&turns, OP_THREAD);
    interpret(&turns);
    if (!me->company->over)
        retire();
    clean_up(true);
    pass_turn(0);
}

/* -- racing -------------------------------------------------------------------------------------- */

/* Wait until all have come here. It spins, so that they leave at the same moment. */
static void meet(void)
{
    enum { SPINS = 2000 };
    struct company *company = me->company;
    unsigned meeting = company->meetings;

    if (atomic_fetch_add(&company->arrived, 1) + 1 == company->racers) {
        company->arrived = 0;
        company->meetings++;
        return;
    }
    for (int spins = 0; company->meetings == meeting; spins++)
        if (spins > SPINS)
            sched_yield();
}

/* Hand over what was answered, in the program's order, as far as it is there. Who finds another doing
 * so leaves it to that one: it is not to wait for others that a thread is in a race. */
static void tell(bool patiently)
{
    struct company *company = me->company;

    if (patiently)
        pthread_mutex_lock(&company->lock);
    else if (pthread_mutex_trylock(&company->lock) != 0)
        return;
    while (company->told < company->length && !company->broken) {
        struct member *teller = &company->members[company->tellers[company->told]];
        const int64_t *words = teller->words + teller->taken;

        if (teller->taken == teller->used)
            break;
        bool ends = *words == 0 || *words == -1;
        size_t count = ends ? 1 : 1 + (size_t)(*words & UINT32_MAX);
        teller->taken += count;
        company->told++;
        company->broken = !company->source->deliver(words, count) || ends;
    }
    pthread_mutex_unlock(&company->lock);
}

/* What is larger than any conforming library's answer ends the program. */
static bool race_deliver(const int64_t *words, size_t count)
{
    if (me->room - me->used < count)
        return false;
    memcpy(me->words + me->used, words, count * sizeof *words);
    me->used += count;
    tell(false);
    return true;
}

static const struct operation *race_next(const struct frame *frame);
static const struct channel races = {race_next, race_deliver, NULL};

static const struct operation *race_next(const struct frame *frame)
{
    (void)frame;
    while (me->done < me->count) {
        const struct operation *operation = me->tasks[me->done++];
        int64_t code = operation == NULL ? OP_MEET : operation->code;

        if (code != OP_MEET && code != OP_THREAD && code != OP_RACE)
            return operation;
        if (code == OP_MEET)
            meet();
        result_begin();
        if (operation != NULL)
            result_deliver(&races, code);
    }
    return NULL;
}

static void run_race(void)
{
    meet();
    interpret(&races);
    for (; me->done < me->count; me->done++)
        if (me->tasks[me->done] == NULL || me->tasks[me->done]->code == OP_MEET)
            meet(); /* the others count on it */
    tell(true);
    meet();
    board->cleaning = 1;
    clean_up(true);
}

static void *need(void *memory)
{
    if (memory == NULL)
        give_up();
    return memory;
}

/* Give each member what is its own of the program, and room for the answers: more than those of a
 * conforming library take, for an array holds no more fds than were set. */
static void share_out(const struct operation *program, int64_t length)
{
    size_t room = (size_t)length * (8 * (size_t)length + 64);
    int here = 0;

    home.length = length;
    home.racers = 1;
    home.tellers = need(realloc(home.tellers, (size_t)length));
    for (struct member *one = home.members; one < home.members + THREADS; one++) {
        one->tasks = need(realloc(one->tasks, (size_t)length * sizeof *one->tasks));
        if (one->room < room)
            one->words = need(realloc(one->words, room * sizeof *one->words));
        one->room = one->room < room ? room : one->room;
        one->count = one->done = 0;
        one->taken = one->used = 0;
    }
    for (int64_t n = 0; n < length; n++) {
        const struct operation *operation = &program[n];
        int64_t named = operation->arguments[0];

        if (operation->code == OP_THREAD && named >= 0 && named < THREADS)
            here = (int)named;
        home.racers = here < home.racers ? home.racers : here + 1;
        home.tellers[n] = (unsigned char)here;
        for (int i = 0; i < THREADS; i++)
            if (i == here || operation->code == OP_MEET)
                home.members[i].tasks[home.members[i].count++] = i == here ? operation : NULL;
    }
}

void race(const struct operation *program, int64_t length, const struct channel *channel)
{
    gather(channel, true);
    share_out(program, length);
    for (int i = 1; i < home.racers; i++)
        begin(&home.members[i]);
    run_race();
    for (int i = 1; i < home.racers; i++)
        join(&home.members[i]);
}

/* -- a thread ------------------------------------------------------------------------------------ */

EXPORT void *waitctx_serve(void *member)
{
    me = member;
    prepare_for_faults();
    if (me->company->racing)
        run_race();
    else
        serve_in_turn();
    return NULL;
}
