#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <fcntl.h>
#include <unistd.h>
#include <errno.h>

#include <pthread.h>
// glibc shows it only under _GNU_SOURCE, which Swift's Glibc module is built without.
extern int pthread_setname_np(pthread_t thread, const char *name);

#include <resolv.h>
#include <string.h>
/// Asks the DNS for records, with a state of its own, so that threads do not meet in it. Returns the length of the
/// answer, or -1 with the reason (`HOST_NOT_FOUND` …) in `reason`. At the server of `port` on 127.0.0.1 if there is one,
/// else as the system's files say. Nobody waits for the answer, so it is asked for twice at most, for 3 s each.
static inline int tern_dns_query(
    const char *name, int type, unsigned char *answer, int capacity, unsigned short port, int *reason) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) {
        *reason = NO_RECOVERY;
        return -1;
    }
    state.retrans = 3;
    state.retry = 2;
    if (port != 0) {
        state.nscount = 1;
        memset(&state.nsaddr_list[0], 0, sizeof state.nsaddr_list[0]);
        state.nsaddr_list[0].sin_family = AF_INET;
        state.nsaddr_list[0].sin_port = htons(port);
        state.nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    int length = res_nquery(&state, name, 1, type, answer, capacity);
    *reason = state.res_h_errno;
    res_nclose(&state);
    return length;
}
