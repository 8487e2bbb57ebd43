#include "cresolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

int tern_dns_query(
    const char *name, int type, unsigned char *answer, int capacity, unsigned short port, int *reason) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) {
        *reason = NO_RECOVERY;
        return -1;
    }
    state.retrans = 3; // seconds
    state.retry = 2;
    if (port != 0) {
        state.nscount = 1;
        memset(&state.nsaddr_list[0], 0, sizeof state.nsaddr_list[0]);
        state.nsaddr_list[0].sin_family = AF_INET;
        state.nsaddr_list[0].sin_port = htons(port);
        state.nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    int length = res_nquery(&state, name, 1 /* IN */, type, answer, capacity);
    *reason = state.res_h_errno;
    res_nclose(&state);
    return length;
}
