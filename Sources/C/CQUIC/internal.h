// What the parts of this target share.
#pragma once
#include "cquic.h"
#include "drift.h"
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// A piece of a raw stream that was sent or waits, kept until it is acknowledged.
typedef struct tern_block {
    struct tern_block *next;
    size_t count, offset;  // `offset`: how much was sent
    uint8_t bytes[];
} tern_block;

typedef struct tern_stream {
    int64_t id;
    int32_t slot;                     // of the engine, negative for streams that it does not know
    struct tern_stream *next_bucket;  // with the same hash
    struct tern_stream *prev, *next;  // all of the connection
    unsigned has_sent : 1, has_sent_last : 1, uploads : 1, refused : 1, failed : 1, was_stopped : 1, read_ended : 1, has_head : 1;
    // Raw streams
    unsigned is_blocked : 1, wants_end : 1;
    tern_block *first, *unsent, *last;
    size_t queued, acknowledged;
} tern_stream;

// Follows a remote stream in one direction until its SETTINGS are read.
typedef struct {
    int64_t id;
    uint64_t varint, left, key, keys[64];
    uint8_t step, need, key_count;
    uint64_t max_field_section;
    uint8_t connect_protocol, in_use;
} tern_settings_reader;

enum { TERN_SETTINGS_READERS = 4, TERN_BUCKETS = 64, TERN_MAX_PACKET = 65536 };

typedef struct {
    int is_attached;
    nghttp3_conn *conn;
    tern_h3_callbacks callbacks;
    void *user;
    size_t table;
    uint64_t max_field_section;
    int connect_protocol;
    int has_final_go_away, has_go_away;
    tern_settings_reader *readers;  // TERN_SETTINGS_READERS, until SETTINGS came
} tern_h3;

struct tern_quic {
    ngtcp2_crypto_conn_ref ref;  // what GnuTLS's session points to
    ngtcp2_conn *conn;
    gnutls_session_t tls;
    tern_quic_callbacks callbacks;
    void *user;
    tern_quic_settings settings;  // its pointers are not followed after the connection was made
    tern_h3 h3;
    tern_stream *streams, *buckets[TERN_BUCKETS];
    tern_stream *reading;  // whose bytes HTTP/3 is being fed
    size_t uploads;        // streams whose content is under way
    uint64_t now, heard_at, waiting_since;
    uint64_t received, sent;
    size_t turn;         // bytes that were written since something came in or time passed
    uint64_t app_error;  // why HTTP/3 failed, nought if it did not
    tern_quic_outcome outcome;
    tern_close_error close_error;
    int is_server, has_handshake, early_data, was_reset, pings, has_more, owes_close, has_next_keys, own_updates;
    int owes_end;           // the end of stream `ending` was offered and not taken
    int64_t ending;
    uint8_t *held;  // a datagram that did not fit the batch before
    size_t held_count;
    unsigned held_ecn;
    ngtcp2_path_storage held_path;
    uint8_t *last_close;  // CONNECTION_CLOSE, to be sent again
    size_t last_close_count, close_asked;
    int token_due;
};

// Time starts here and not at nought, which ngtcp2 takes for "never" in places.
static const uint64_t tern_epoch = 1000000000;

static inline void tern_quic_tick(tern_quic *quic, uint64_t now) {
    uint64_t shifted = now > UINT64_MAX / 4 ? UINT64_MAX / 4 : now + tern_epoch;
    if (shifted > quic->now) quic->now = shifted;
}

// path.c
socklen_t tern_to_sockaddr(const tern_address *address, struct sockaddr_storage *place);
void tern_from_sockaddr(const struct sockaddr *place, tern_address *address);
void tern_to_path(const tern_path *path, ngtcp2_path_storage *place);
void tern_from_path(const ngtcp2_path *path, tern_path *place);

// tls.c
int tern_tls_start(tern_quic *quic, tern_quic_tls *tls, const tern_quic_settings *settings, const char **words);

// callbacks.c
extern const ngtcp2_callbacks tern_client_callbacks, tern_server_callbacks;

// connection.c
void tern_quic_fail(tern_quic *quic, int code);

// streams.c
tern_stream *tern_stream_new(tern_quic *quic, int64_t id, int32_t slot);
tern_stream *tern_stream_find(const tern_quic *quic, int64_t id);
void tern_stream_free(tern_quic *quic, tern_stream *stream);
void tern_streams_free(tern_quic *quic);
void tern_stream_acknowledge(tern_stream *stream, uint64_t count);
int tern_raw_next(tern_quic *quic, int64_t *id, int *end, ngtcp2_vec *pieces);
void tern_raw_wrote(tern_quic *quic, int64_t id, size_t count, int end);
void tern_streams_probe(tern_quic *quic);

// http3.c, http3_settings.c
int tern_h3_start(tern_quic *quic);
int tern_h3_read(tern_quic *quic, tern_stream *stream, int64_t id, const uint8_t *bytes, size_t count, int end);
int tern_h3_fail(tern_quic *quic, int code);
void tern_h3_fail_stream(tern_quic *quic, tern_stream *stream, uint64_t code);
uint64_t tern_h3_read_settings(tern_quic *quic, int64_t id, const uint8_t *bytes, size_t count);
