/* The asynchronous job and wait context interface, as its manual pages give it. */
#ifndef ASYNC_API_H
#define ASYNC_API_H

#include <stddef.h>

#define OSSL_ASYNC_FD int
#define OSSL_BAD_ASYNC_FD (-1)

/* What ASYNC_start_job() answers. */
#define ASYNC_ERR 0
#define ASYNC_NO_JOBS 1
#define ASYNC_PAUSE 2
#define ASYNC_FINISH 3

/* What ASYNC_WAIT_CTX_get_status() answers. */
#define ASYNC_STATUS_UNSUPPORTED 0
#define ASYNC_STATUS_ERR 1
#define ASYNC_STATUS_OK 2
#define ASYNC_STATUS_EAGAIN 3

typedef struct async_job_st ASYNC_JOB;
typedef struct async_wait_ctx_st ASYNC_WAIT_CTX;
typedef int (*ASYNC_callback_fn)(void *arg);
typedef void (*async_cleanup_fn)(ASYNC_WAIT_CTX *, const void *, OSSL_ASYNC_FD, void *);

#ifndef API
#define API extern
#endif

API ASYNC_WAIT_CTX *ASYNC_WAIT_CTX_new(void);
API void ASYNC_WAIT_CTX_free(ASYNC_WAIT_CTX *ctx);
API int ASYNC_WAIT_CTX_set_wait_fd(ASYNC_WAIT_CTX *ctx, const void *key, OSSL_ASYNC_FD fd,
                                   void *custom_data, async_cleanup_fn cleanup);
API int ASYNC_WAIT_CTX_get_fd(ASYNC_WAIT_CTX *ctx, const void *key, OSSL_ASYNC_FD *fd,
                              void **custom_data);
API int ASYNC_WAIT_CTX_get_all_fds(ASYNC_WAIT_CTX *ctx, OSSL_ASYNC_FD *fd, size_t *numfds);
API int ASYNC_WAIT_CTX_get_changed_fds(ASYNC_WAIT_CTX *ctx, OSSL_ASYNC_FD *addfd,
                                       size_t *numaddfds, OSSL_ASYNC_FD *delfd, size_t *numdelfds);
API int ASYNC_WAIT_CTX_clear_fd(ASYNC_WAIT_CTX *ctx, const void *key);
API int ASYNC_WAIT_CTX_set_callback(ASYNC_WAIT_CTX *ctx, ASYNC_callback_fn callback, void *arg);
API int ASYNC_WAIT_CTX_get_callback(ASYNC_WAIT_CTX *ctx, ASYNC_callback_fn *callback, void **arg);
API int ASYNC_WAIT_CTX_set_status(ASYNC_WAIT_CTX *ctx, int status);
API int ASYNC_WAIT_CTX_get_status(ASYNC_WAIT_CTX *ctx);

API int ASYNC_is_capable(void);
API int ASYNC_init_thread(size_t max_size, size_t init_size);
API void ASYNC_cleanup_thread(void);
API int ASYNC_start_job(ASYNC_JOB **job, ASYNC_WAIT_CTX *ctx, int *ret, int (*func)(void *),
                        void *args, size_t size);
API int ASYNC_pause_job(void);
API ASYNC_JOB *ASYNC_get_current_job(void);
API ASYNC_WAIT_CTX *ASYNC_get_wait_ctx(ASYNC_JOB *job);
API void ASYNC_block_pause(void);
API void ASYNC_unblock_pause(void);

API const char *OpenSSL_version(int type);

#endif
