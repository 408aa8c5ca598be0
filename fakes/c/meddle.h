/* Faults in what is none of the library's business: the descriptors themselves, and the process. */
#ifndef MEDDLE_H
#define MEDDLE_H

#include "fdset.h"

/* Each at the moment that it is named after. */
void meddle_at_new(void);
void meddle_at_free(void);
void meddle_at_set(int fd);
void meddle_at_replace(int fd);
void meddle_at_clear(int fd);
void meddle_at_look(const struct fdset *set);
void meddle_at_miss(void);
void meddle_at_start(void);
void meddle_at_pause(const struct fdset *set);
void meddle_at_resume(const struct fdset *set);
void meddle_before_cleanup(const struct entry *entry);
void meddle_after_cleanup(const struct entry *entry);

#endif
