// What a server reads and answers before there is a connection.
#include "internal.h"

void tern_quic_route_of(tern_bytes packet, tern_quic_route *route) {
    memset(route, 0, sizeof *route);
    if (packet.count == 0) return;
    ngtcp2_version_cid ids = {0};
    int result = ngtcp2_pkt_decode_version_cid(&ids, packet.bytes, packet.count, TERN_ID_COUNT);
    if (result != 0 && result != NGTCP2_ERR_VERSION_NEGOTIATION) return;
    route->kind = result == 0 ? TERN_ROUTE_KNOWN_VERSION : TERN_ROUTE_OTHER_VERSION;
    route->is_long = (packet.bytes[0] & 0x80) != 0;
    route->version = ids.version;
    route->dcid = (tern_bytes){ids.dcid, ids.dcidlen};
    route->scid = (tern_bytes){ids.scid, ids.scidlen};
}

int tern_quic_read_initial(tern_bytes packet, tern_quic_initial *initial) {
    memset(initial, 0, sizeof *initial);
    ngtcp2_pkt_hd header;
    memset(&header, 0, sizeof header);
    int result = ngtcp2_accept(&header, packet.bytes, packet.count);
    if (result != 0 && result != NGTCP2_ERR_RETRY) return -1;
#if TERN_NGTCP2_1
    initial->token = (tern_bytes){header.token, header.tokenlen};
#else
    initial->token = (tern_bytes){header.token.base, header.token.len};
#endif
    // A Retry is asked for where 0-RTT came before the Initial: there is nothing to begin with.
    if (result == NGTCP2_ERR_RETRY) return -1;
    initial->version = header.version;
    initial->dcid_count = (uint8_t)header.dcid.datalen;
    initial->scid_count = (uint8_t)header.scid.datalen;
    memcpy(initial->dcid, header.dcid.data, header.dcid.datalen);
    memcpy(initial->scid, header.scid.data, header.scid.datalen);
    return 0;
}

int tern_quic_check_token(
    const uint8_t secret[32], tern_quic_initial *initial, const tern_address *remote, uint64_t now) {
    if (initial->token.count == 0) return -1;
    struct sockaddr_storage place;
    socklen_t count = tern_to_sockaddr(remote, &place);
    uint64_t shifted = now + tern_epoch;
    const uint64_t second = 1000000000;
    if (initial->token.bytes[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY) {
        ngtcp2_cid dcid, original;
        ngtcp2_cid_init(&dcid, initial->dcid, initial->dcid_count);
        int result = ngtcp2_crypto_verify_retry_token(
            &original, initial->token.bytes, initial->token.count, secret, 32, initial->version,
            (struct sockaddr *)&place, count, &dcid, 10 * second, shifted);
        if (result != 0) return -1;
        initial->original_dcid_count = (uint8_t)original.datalen;
        memcpy(initial->original_dcid, original.data, original.datalen);
        return 0;
    }
    return ngtcp2_crypto_verify_regular_token(
        initial->token.bytes, initial->token.count, secret, 32, (struct sockaddr *)&place, count, 3600 * second,
        shifted);
}

size_t tern_quic_write_versions(
    uint8_t *place, size_t capacity, const tern_quic_route *route, const uint32_t *versions, size_t count) {
    uint8_t noise = 0;
    gnutls_rnd(GNUTLS_RND_NONCE, &noise, 1);
    ngtcp2_ssize written = ngtcp2_pkt_write_version_negotiation(
        place, capacity, noise, route->scid.bytes, route->scid.count, route->dcid.bytes, route->dcid.count, versions,
        count);
    return written > 0 ? (size_t)written : 0;
}

size_t tern_quic_write_retry(
    uint8_t *place, size_t capacity, const uint8_t secret[32], const tern_quic_initial *initial,
    const tern_address *remote, uint64_t now) {
    struct sockaddr_storage address;
    socklen_t count = tern_to_sockaddr(remote, &address);
    ngtcp2_cid fresh, dcid, scid;
    fresh.datalen = TERN_ID_COUNT;
    if (gnutls_rnd(GNUTLS_RND_RANDOM, fresh.data, fresh.datalen) != 0) return 0;
    ngtcp2_cid_init(&dcid, initial->dcid, initial->dcid_count);
    ngtcp2_cid_init(&scid, initial->scid, initial->scid_count);
    uint8_t token[256];
    ngtcp2_ssize size = ngtcp2_crypto_generate_retry_token(
        token, secret, 32, initial->version, (struct sockaddr *)&address, count, &fresh, &dcid, now + tern_epoch);
    if (size <= 0) return 0;
    ngtcp2_ssize written = ngtcp2_crypto_write_retry(
        place, capacity, initial->version, &scid, &fresh, &dcid, token, (size_t)size);
    return written > 0 ? (size_t)written : 0;
}

size_t tern_quic_write_reset(
    uint8_t *place, size_t capacity, const uint8_t secret[32], tern_bytes dcid, size_t packet_count) {
    // Shorter than what it answers, so that two endpoints do not answer each other for ever (RFC 9000 §10.3.3).
    enum { SHORTEST = 43, NOISE = 24 };
    if (packet_count < SHORTEST || dcid.count > NGTCP2_MAX_CIDLEN) return 0;
    ngtcp2_cid cid;
    ngtcp2_cid_init(&cid, dcid.bytes, dcid.count);
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN], noise[NOISE];
    if (ngtcp2_crypto_generate_stateless_reset_token(token, secret, 32, &cid) != 0) return 0;
    if (gnutls_rnd(GNUTLS_RND_NONCE, noise, NOISE) != 0) return 0;
    size_t room = packet_count - 1 < capacity ? packet_count - 1 : capacity;
    ngtcp2_ssize written = ngtcp2_pkt_write_stateless_reset(place, room, token, noise, NOISE);
    return written > 0 ? (size_t)written : 0;
}

size_t tern_quic_write_refusal(uint8_t *place, size_t capacity, const tern_quic_initial *initial, uint64_t code) {
    ngtcp2_cid dcid, scid;
    ngtcp2_cid_init(&dcid, initial->dcid, initial->dcid_count);
    ngtcp2_cid_init(&scid, initial->scid, initial->scid_count);
    ngtcp2_ssize written = ngtcp2_crypto_write_connection_close(
        place, capacity, initial->version, &scid, &dcid, code, NULL, 0);
    return written > 0 ? (size_t)written : 0;
}
