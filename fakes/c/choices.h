/*
 * What one build of the library does, chosen when it is compiled.
 *
 * A fault is named with -DFAULT=fault_<name>; names.h is generated from catalogue.toml, so a
 * misspelt name does not compile.  The page leaves some things open; each is a macro below, whose
 * first value is what OpenSSL does.  All of them are constants: a build contains only its own path.
 */
#ifndef CHOICES_H
#define CHOICES_H

#include "names.h"

#ifndef FAULT
#define FAULT fault_none
#endif
#define FAULTY(name) (FAULT == fault_##name)

/* The order of descriptors in an array. */
#define ORDER_NEWEST_FIRST 0
#define ORDER_OLDEST_FIRST 1
#define ORDER_SORTED 2
#define ORDER_ROTATING 3
#ifndef ORDER
#define ORDER ORDER_NEWEST_FIRST
#endif

/* The order in which free() runs the cleanup routines. */
#define CLEANUPS_NEWEST_FIRST 0
#define CLEANUPS_OLDEST_FIRST 1
#define CLEANUPS_SCRAMBLED 2
#ifndef CLEANUPS
#define CLEANUPS CLEANUPS_NEWEST_FIRST
#endif

/* What becomes of the earlier association when a key is set again while it is live. */
#define LIVE_KEY_SHADOWED 0
#define LIVE_KEY_REFUSED 1
#define LIVE_KEY_REPLACED_CLEANED_AT_ONCE 2
#define LIVE_KEY_REPLACED_NEVER_CLEANED 3
#define LIVE_KEY_REPLACED_CLEANED_AT_FREE 4
#ifndef LIVE_KEY
#define LIVE_KEY LIVE_KEY_SHADOWED
#endif

/* What get_callback() answers when there is none: never set, or set to NULL. */
#define NO_CALLBACK_IS_ERROR 0
#define NO_CALLBACK_IS_NULL 1
#define NO_CALLBACK_IS_NULL_ONCE_SET 2
#ifndef NO_CALLBACK
#define NO_CALLBACK NO_CALLBACK_IS_ERROR
#endif

/* Status values beside the four that the page lists. */
#define OTHER_STATUS_STORED 0
#define OTHER_STATUS_REFUSED 1
#ifndef OTHER_STATUS
#define OTHER_STATUS OTHER_STATUS_STORED
#endif

/* Whether changes made between PAUSE and resume are told at the next PAUSE. */
#define WHILE_PAUSED_LOST 0
#define WHILE_PAUSED_KEPT 1
#define WHILE_PAUSED_KEPT_BY_FLAG 2 /* as KEPT, but an fd never told stays untold once cleared */
#ifndef WHILE_PAUSED
#define WHILE_PAUSED WHILE_PAUSED_LOST
#endif

/* When a deleted and an added descriptor are the same one, so that nothing changed. */
#define SAME_NEVER 0
#define SAME_KEY_AND_FD 1
#define SAME_FD 2
#ifndef SAME
#define SAME SAME_NEVER
#endif

/* What out-pointers hold after a 0. */
#define ON_FAILURE_UNTOUCHED 0
#define ON_FAILURE_ZEROED 1
#define ON_FAILURE_GARBAGE 2
#ifndef ON_FAILURE
#define ON_FAILURE ON_FAILURE_UNTOUCHED
#endif

/* Whether jobs can run at all, and whether callback and status exist (they do not in 1.1.1). */
#ifndef CAPABLE
#define CAPABLE 1
#endif
#ifndef WITH_NOTICES
#define WITH_NOTICES 1
#endif

/* What is done with memory beside what has to be: nothing, or something that is no leak. */
#define THRIFT_PLAIN 0
#define THRIFT_KEEPS_CONTEXTS 1 /* a few that were freed, for the next new() */
#define THRIFT_LAZY 2           /* a table of the whole process, made when it is first needed */
#define THRIFT_LOG_OF_THREAD 3  /* grows as long as the thread lives */
#define THRIFT_SPARE 4          /* room for one more, so that set_wait_fd() can do without memory once */
#ifndef THRIFT
#define THRIFT THRIFT_PLAIN
#endif

/* Descriptors of the library's own: none, or some that do no harm. */
#define FILES_NONE 0
#define FILES_ONE_OF_PROCESS 1 /* opened when it is first needed, and kept */
#define FILES_ONE_AT_A_TIME 2  /* opened at a set, and closed at a free */
#ifndef FILES
#define FILES FILES_NONE
#endif

/* What cleanup_thread() does with blocks that a job left behind. */
#define LEFT_BLOCKS_DROPPED 0
#define LEFT_BLOCKS_KEPT 1
#ifndef LEFT_BLOCKS
#define LEFT_BLOCKS LEFT_BLOCKS_DROPPED
#endif

#ifndef LABEL
#define LABEL "base"
#endif

#endif
