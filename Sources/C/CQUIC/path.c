#include "internal.h"

socklen_t tern_to_sockaddr(const tern_address *address, struct sockaddr_storage *place) {
    memset(place, 0, sizeof *place);
    if (address->family == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)place;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address->port);
        memcpy(&v4->sin_addr, address->ip, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)place;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address->port);
    memcpy(&v6->sin6_addr, address->ip, 16);
    v6->sin6_scope_id = address->scope;
    return sizeof *v6;
}

void tern_from_sockaddr(const struct sockaddr *place, tern_address *address) {
    memset(address, 0, sizeof *address);
    if (place->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)place;
        address->family = 4;
        address->port = ntohs(v4->sin_port);
        memcpy(address->ip, &v4->sin_addr, 4);
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)place;
        address->family = 6;
        address->port = ntohs(v6->sin6_port);
        memcpy(address->ip, &v6->sin6_addr, 16);
        address->scope = v6->sin6_scope_id;
    }
}

void tern_to_path(const tern_path *path, ngtcp2_path_storage *place) {
    struct sockaddr_storage local, remote;
    socklen_t local_count = tern_to_sockaddr(&path->local, &local);
    socklen_t remote_count = tern_to_sockaddr(&path->remote, &remote);
    ngtcp2_path_storage_init(
        place, (struct sockaddr *)&local, local_count, (struct sockaddr *)&remote, remote_count, NULL);
}

void tern_from_path(const ngtcp2_path *path, tern_path *place) {
    tern_from_sockaddr((const struct sockaddr *)path->local.addr, &place->local);
    tern_from_sockaddr((const struct sockaddr *)path->remote.addr, &place->remote);
}
