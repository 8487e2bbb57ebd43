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
extern int pthread_getname_np(pthread_t thread, char *name, size_t size);

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

// What control messages of sockets are read and written with are macros that Swift does not import.

#define TERN_UDP_SEGMENT 103 // UDP_SEGMENT of <linux/udp.h>
#define TERN_UDP_GRO 104     // UDP_GRO

/// What recvmsg(2) gave, its control messages taken apart.
struct tern_datagrams {
    ssize_t count;         // bytes, or -1 with errno
    int segment;           // bytes of each datagram but the last; 0: there is one
    int traffic_class;     // of the IP header; its lower two bits are ECN
    bool is_truncated;     // the last datagram did not fit
    socklen_t name_length; // bytes of the sender's address
};

static inline struct tern_datagrams tern_receive_datagrams(
    int descriptor, void *room, size_t size, struct sockaddr_storage *name) {
    union {
        struct cmsghdr alignment;
        char bytes[4 * CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {room, size};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    message.msg_name = name;
    message.msg_namelen = name ? sizeof *name : 0;
    struct tern_datagrams result = {recvmsg(descriptor, &message, 0), 0, 0, false, 0};
    if (result.count < 0) return result;
    result.is_truncated = message.msg_flags & MSG_TRUNC;
    result.name_length = message.msg_namelen;
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry; entry = CMSG_NXTHDR(&message, entry)) {
        if (entry->cmsg_level == IPPROTO_UDP && entry->cmsg_type == TERN_UDP_GRO) {
            memcpy(&result.segment, CMSG_DATA(entry), sizeof result.segment);
        } else if (entry->cmsg_level == IPPROTO_IP && entry->cmsg_type == IP_TOS) {
            result.traffic_class = *(uint8_t *)CMSG_DATA(entry);
        } else if (entry->cmsg_level == IPPROTO_IPV6 && entry->cmsg_type == IPV6_TCLASS) {
            memcpy(&result.traffic_class, CMSG_DATA(entry), sizeof result.traffic_class);
        }
    }
    return result;
}

/// sendmsg(2) of one datagram, or, with `segment` above 0, of several of that size. `traffic_class` 0 sends no
/// control message for it. `name` may be NULL on a connected socket.
static inline ssize_t tern_send_datagrams(
    int descriptor, const void *bytes, size_t size, uint16_t segment, int traffic_class, bool is_ipv6,
    const struct sockaddr *name, socklen_t name_length) {
    union {
        struct cmsghdr alignment;
        char bytes[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {(void *)bytes, size};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    message.msg_name = (void *)name;
    message.msg_namelen = name_length;
    size_t used = 0;
    struct cmsghdr *entry = CMSG_FIRSTHDR(&message);
    if (segment) {
        entry->cmsg_level = IPPROTO_UDP;
        entry->cmsg_type = TERN_UDP_SEGMENT;
        entry->cmsg_len = CMSG_LEN(sizeof segment);
        memcpy(CMSG_DATA(entry), &segment, sizeof segment);
        used += CMSG_SPACE(sizeof segment);
        entry = CMSG_NXTHDR(&message, entry);
    }
    if (traffic_class && entry) {
        entry->cmsg_level = is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
        entry->cmsg_type = is_ipv6 ? IPV6_TCLASS : IP_TOS;
        entry->cmsg_len = CMSG_LEN(sizeof traffic_class);
        memcpy(CMSG_DATA(entry), &traffic_class, sizeof traffic_class);
        used += CMSG_SPACE(sizeof traffic_class);
    }
    message.msg_controllen = used;
    if (!used) message.msg_control = NULL;
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

#include <linux/netlink.h>

/// A socket that tells of changes of the machine's addresses and routes, or -1.
static inline int tern_route_news(uint32_t groups) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0) return -1;
    struct sockaddr_nl address;
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

#include <sys/syscall.h>
#include <time.h>

/// epoll_pwait2(2), which older C libraries lack.
static inline int tern_epoll_wait(int descriptor, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return (int)syscall(441, descriptor, events, capacity, &timeout, NULL, 0); // SYS_epoll_pwait2
}
