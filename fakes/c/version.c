/* Who this library says it is. */
#include "build.h"

const char *OpenSSL_version(int type)
{
    return type == 0 ? "waitctx fake of the OpenSSL wait contexts: " LABEL : LABEL;
}
