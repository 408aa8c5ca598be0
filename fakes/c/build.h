/* Included first by every source: what is exported, and what this build does. */
#ifndef BUILD_H
#define BUILD_H

#define API __attribute__((visibility("default")))

#include "async_api.h"
#include "choices.h"

#endif
