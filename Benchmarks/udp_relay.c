// A relay of datagrams for one client at a time: udp_relay TARGET_PORT DELAY_MICROSECONDS LOSS_PERMILLE
//
// Holds every datagram back for DELAY in each direction and loses LOSS of a thousand, by a fixed seed. Datagrams that
// the system hands over together stay together (UDP_GRO, UDP_SEGMENT), so that it carries some Gbit/s. Prints its port.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define UDP_SEGMENT_OPTION 103
#define UDP_GRO_OPTION 104
#define SLOTS 16384

struct batch {
    uint64_t due;
    int size, segment;
    char *bytes;
};
// One ring for each direction: what waits, oldest first.
static struct batch ring[2][SLOTS];
static unsigned first[2], last[2];
static int sockets[2]; // towards the client, towards the server
static struct sockaddr_in client;
static uint64_t state = 7;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int lost(int permille) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (int)((state >> 33) % 1000) < permille;
}

static void receive(int way, uint64_t delay, int permille) {
    static char room[65536];
    for (int round = 0; round < 64; round++) {
        char control[64];
        struct sockaddr_in name;
        struct iovec part = {room, sizeof room};
        struct msghdr message = {&name, sizeof name, &part, 1, control, sizeof control, 0};
        ssize_t count = recvmsg(sockets[way], &message, MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN) continue;
        if (count <= 0) return;
        if (way == 0) client = name;
        int segment = 0;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
            if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO_OPTION) memcpy(&segment, CMSG_DATA(c), sizeof segment);
        if (permille) {
            int step = segment ? segment : (int)count, kept = 0;
            for (int from = 0; from < count; from += step) {
                int size = count - from < step ? (int)count - from : step;
                if (lost(permille)) continue;
                memmove(room + kept, room + from, size);
                kept += size;
            }
            count = kept;
            if (!count) continue;
        }
        struct batch *b = &ring[way][last[way]++ % SLOTS];
        if (last[way] - first[way] > SLOTS) { fprintf(stderr, "the relay is full\n"); exit(1); }
        *b = (struct batch){now() + delay, (int)count, segment && segment < count ? segment : 0, malloc(count)};
        memcpy(b->bytes, room, count);
    }
}

static void send_due(int way) {
    uint64_t t = now();
    while (first[way] != last[way]) {
        struct batch *b = &ring[way][first[way] % SLOTS];
        if (b->due > t) return;
        char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
        struct iovec part = {b->bytes, b->size};
        struct msghdr message = {0};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (way == 1) { message.msg_name = &client; message.msg_namelen = sizeof client; }
        if (b->segment) {
            message.msg_control = control;
            message.msg_controllen = sizeof control;
            struct cmsghdr *c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = IPPROTO_UDP;
            c->cmsg_type = UDP_SEGMENT_OPTION;
            c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            uint16_t segment = b->segment;
            memcpy(CMSG_DATA(c), &segment, sizeof segment);
        }
        // What came from the client goes to the server, and the other way round.
        (void)!sendmsg(sockets[1 - way], &message, 0);
        free(b->bytes);
        first[way]++;
    }
}

int main(int count, char **words) {
    if (count != 4) return fprintf(stderr, "usage: udp_relay TARGET_PORT DELAY_MICROSECONDS LOSS_PERMILLE\n"), 2;
    uint64_t delay = strtoull(words[2], 0, 10) * 1000;
    int permille = atoi(words[3]);
    struct sockaddr_in address = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    for (int way = 0; way < 2; way++) {
        sockets[way] = socket(AF_INET, SOCK_DGRAM, 0);
        int on = 1, large = 4 << 20;
        setsockopt(sockets[way], IPPROTO_UDP, UDP_GRO_OPTION, &on, sizeof on);
        setsockopt(sockets[way], SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
        setsockopt(sockets[way], SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
        if (bind(sockets[way], (struct sockaddr *)&address, sizeof address)) return perror("bind"), 1;
    }
    socklen_t length = sizeof address;
    getsockname(sockets[0], (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    address.sin_port = htons(atoi(words[1]));
    if (connect(sockets[1], (struct sockaddr *)&address, sizeof address)) return perror("connect"), 1;
    for (;;) {
        uint64_t due = UINT64_MAX, t = now();
        for (int way = 0; way < 2; way++)
            if (first[way] != last[way] && ring[way][first[way] % SLOTS].due < due) due = ring[way][first[way] % SLOTS].due;
        struct pollfd wanted[2] = {{sockets[0], POLLIN, 0}, {sockets[1], POLLIN, 0}};
        uint64_t wait = due > t ? due - t : 0;
        struct timespec limit = {wait / 1000000000, wait % 1000000000};
        ppoll(wanted, 2, due == UINT64_MAX ? NULL : &limit, NULL);
        for (int way = 0; way < 2; way++) {
            if (wanted[way].revents) receive(way, delay, permille);
            send_due(way);
        }
    }
}
