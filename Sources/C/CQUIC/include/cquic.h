// QUIC, its TLS and HTTP/3 behind handles and callbacks of our own: no type of ngtcp2, nghttp3 or GnuTLS is seen from
// outside, so what differs between their versions stays in here.
//
// One thread at a time may use a connection. Callbacks record and return: none may call into this library.
// Instants are nanoseconds of a monotonic clock; one that lies before an earlier one counts as that one.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct tern_quic tern_quic;          // a connection
typedef struct tern_quic_tls tern_quic_tls;  // what connections with the same identity share

typedef struct {
    const uint8_t *bytes;
    size_t count;
} tern_bytes;

typedef struct {
    uint8_t ip[16];
    uint8_t family;  // 4 or 6
    uint16_t port;
    uint32_t scope;
} tern_address;

typedef struct {
    tern_address local, remote;
} tern_path;

// MARK: Credentials

enum { TERN_CLIENT_CERTIFICATE_NONE, TERN_CLIENT_CERTIFICATE_WANTED, TERN_CLIENT_CERTIFICATE_REQUIRED };

// Certificates (DER, our own first) and key (PKCS #8, DER); none for a client without. NULL if GnuTLS refuses them:
// then `*words` says why.
tern_quic_tls *tern_quic_tls_new(
    int is_server, const tern_bytes *certificates, size_t count, tern_bytes key, const char **words);
void tern_quic_tls_free(tern_quic_tls *tls);

// MARK: A connection

typedef struct {
    // Answers at once whether the peer's chain (its own certificate first) is trusted: nought for yes. `staple` is
    // the OCSP response that came along, or empty. The one callback whose answer counts.
    int (*verify)(void *user, const tern_bytes *chain, size_t count, tern_bytes staple);
    void (*handshake_done)(void *user);
    void (*handshake_confirmed)(void *user);
    void (*early_data_rejected)(void *user);
    void (*ticket)(void *user, tern_bytes session, tern_bytes parameters);
    void (*new_token)(void *user, tern_bytes token);
    void (*retried)(void *user);
    void (*versions_offered)(void *user, const uint32_t *versions, size_t count);
    void (*path_validated)(void *user, const tern_path *path, int is_valid);
    void (*keys_updated)(void *user);
    void (*key_log)(void *user, const char *label, tern_bytes random, tern_bytes secret);
    void (*qlog)(void *user, tern_bytes text);
    void (*streams_available)(void *user);
    // Server: a connection id is in use, or no longer.
    void (*connection_id)(void *user, tern_bytes id, int is_added);
    // Streams, where no HTTP/3 is attached
    void (*stream_data)(void *user, int64_t id, tern_bytes bytes, int end);
    void (*stream_reset)(void *user, int64_t id, uint64_t code);
    void (*stream_stopped)(void *user, int64_t id);
    void (*stream_closed)(void *user, int64_t id);
} tern_quic_callbacks;

typedef struct {
    uint32_t version, original_version;  // the latter is nought unless the peer refused that one
    uint64_t stream_window, stream_window_limit, window, window_limit;
    uint64_t streams_bidi, streams_uni;
    uint64_t idle_timeout, handshake_timeout, keep_alive;  // nanoseconds; nought for none
    uint64_t max_received;
    size_t max_sent;
    int discovers_mtu, qlog, key_log;
    const char *alpn;  // names with their lengths before them, `alpn_count` bytes
    size_t alpn_count;
    // Client
    const char *server_name;  // NULL for none
    int verifies;
    tern_bytes token, session, parameters;
    int early_data;
    // Server
    uint8_t secret[32];
    int tickets, takes_early_data, sends_token, client_certificate;
} tern_quic_settings;

// What a server has read of a client's first packet.
typedef struct {
    uint32_t version;
    uint8_t dcid[20], scid[20], original_dcid[20];
    uint8_t dcid_count, scid_count, original_dcid_count;  // the last is nought unless a Retry went before
    tern_bytes token;                                     // points into the packet
} tern_quic_initial;

tern_quic *tern_quic_client_new(
    tern_quic_tls *tls, const tern_quic_settings *settings, const tern_path *path, const tern_quic_callbacks *callbacks,
    void *user, uint64_t now, const char **words);
tern_quic *tern_quic_server_new(
    tern_quic_tls *tls, const tern_quic_settings *settings, const tern_path *path, const tern_quic_initial *initial,
    const tern_quic_callbacks *callbacks, void *user, uint64_t now, const char **words);
void tern_quic_free(tern_quic *quic);
// Drops ngtcp2's state, which ends its qlog; what comes after is ignored.
void tern_quic_finish(tern_quic *quic);

// Datagrams of `segment` bytes, the last perhaps shorter. `path` is NULL for the one in use.
void tern_quic_receive(
    tern_quic *quic, const tern_path *path, unsigned ecn, tern_bytes datagrams, size_t segment, uint64_t now);

typedef struct {
    size_t count, segment;
    unsigned ecn;
    tern_path path;
} tern_quic_batch;

// Writes datagrams of one size to `place`. Nought if there is nothing to send.
int tern_quic_write(
    tern_quic *quic, uint8_t *place, size_t capacity, size_t datagrams, uint64_t now, tern_quic_batch *batch);

uint64_t tern_quic_expiry(const tern_quic *quic);  // UINT64_MAX for none
void tern_quic_expire(tern_quic *quic, uint64_t now);
void tern_quic_ping(tern_quic *quic, uint64_t now);
int tern_quic_update_keys(tern_quic *quic, uint64_t now);                                    // nought if done
int tern_quic_migrate(tern_quic *quic, const tern_address *local, uint64_t now, const char **words);  // nought if done
void tern_quic_rebind(tern_quic *quic, const tern_address *local);
void tern_quic_close(tern_quic *quic, uint64_t code, tern_bytes reason, uint64_t now);
void tern_quic_abandon(tern_quic *quic);

enum {
    TERN_ALIVE,
    TERN_CLOSED_BY_OWNER,
    TERN_IDLE,
    TERN_HANDSHAKE_TIMEOUT,
    TERN_PEER_TRANSPORT,
    TERN_PEER_APPLICATION,
    TERN_STATELESS_RESET,
    TERN_VERSIONS,
    TERN_TLS_FAILED,
    TERN_VIOLATION,
    TERN_APPLICATION_VIOLATION,
    TERN_DROPPED,
    TERN_LIBRARY_FAILED,
};

typedef struct {
    int kind;
    uint64_t code;
    int tls_error;  // GnuTLS's number, nought for none
    char reason[256];
} tern_quic_outcome;

int tern_quic_is_over(const tern_quic *quic);
const tern_quic_outcome *tern_quic_outcome_of(const tern_quic *quic);

typedef struct {
    uint32_t version;
    const char *cipher, *group;  // NULL for none
    tern_bytes alpn;
    int resumed;
    int early_data;  // -1: none was sent; nought: it was refused
} tern_quic_handshake;

void tern_quic_handshake_of(const tern_quic *quic, tern_quic_handshake *handshake);
// The peer's certificates; empty behind the last.
tern_bytes tern_quic_certificate(const tern_quic *quic, unsigned index);
int tern_quic_sends_early_data(const tern_quic *quic);
uint64_t tern_quic_streams_left(const tern_quic *quic);
void tern_quic_path_of(const tern_quic *quic, tern_path *path);
const char *tern_quic_tls_words(int tls_error);

typedef struct {
    uint64_t latest_rtt, min_rtt, smoothed_rtt, window, in_flight;
    size_t datagram;
    uint64_t received, sent;
    uint64_t heard_at, waiting_since;  // nought for never
} tern_quic_statistics;

void tern_quic_statistics_of(const tern_quic *quic, tern_quic_statistics *statistics);

// MARK: Streams without HTTP/3

int64_t tern_quic_open_stream(tern_quic *quic, int is_bidirectional);  // negative: no more now
int tern_quic_stream_send(tern_quic *quic, int64_t id, tern_bytes bytes, int end);  // copies; nought if done
size_t tern_quic_stream_queued(const tern_quic *quic, int64_t id);
void tern_quic_stream_reset(tern_quic *quic, int64_t id, uint64_t code);
void tern_quic_stream_stop(tern_quic *quic, int64_t id, uint64_t code);
void tern_quic_stream_consume(tern_quic *quic, int64_t id, size_t count);

// MARK: HTTP/3

enum { TERN_FIELD_TAKEN, TERN_FIELD_REFUSED };
// How the content goes on behind the pieces that `content` gave.
enum { TERN_CONTENT_OPEN, TERN_CONTENT_WAIT, TERN_CONTENT_END, TERN_CONTENT_TRAILERS };

typedef struct {
    // Server: a client opened a stream; the answer is its slot, which is told back with everything of the stream.
    int32_t (*opened)(void *user, int64_t id);
    void (*head_began)(void *user, int32_t slot);
    int (*field)(void *user, int32_t slot, tern_bytes name, tern_bytes value);
    void (*head_ended)(void *user, int32_t slot, int is_trailers, int end);
    void (*data)(void *user, int32_t slot, tern_bytes bytes);
    void (*ended)(void *user, int32_t slot);
    // Fills in up to `capacity` pieces of content, which stay where they are until `acknowledged` told of them.
    size_t (*content)(void *user, int32_t slot, tern_bytes *pieces, size_t capacity, int *then);
    void (*acknowledged)(void *user, int32_t slot, uint64_t count);
    // Bytes of the stream were handed out for the first time, or its last ones.
    void (*sent)(void *user, int32_t slot, int is_last);
    // The peer wants no more of our content.
    void (*stopped)(void *user, int32_t slot);
    void (*reset)(void *user, int32_t slot, uint64_t code);
    // The peer's message breaks the rules; the stream was reset with `code`.
    void (*malformed)(void *user, int32_t slot, uint64_t code);
    // Nothing of the stream is left.
    void (*gone)(void *user, int32_t slot, int has_code, uint64_t code);
    void (*settings)(void *user, uint64_t max_field_section, int connect_protocol);
    void (*go_away)(void *user, int64_t id);
    // All streams are gone, without a `gone` of each: the server did not take the early data.
    void (*early_data_rejected)(void *user);
} tern_h3_callbacks;

typedef struct {
    const uint8_t *name, *value;
    size_t name_count, value_count;
    int is_secret;
} tern_field;

// Before the first datagram. Nought if done.
int tern_h3_attach(
    tern_quic *quic, size_t table, uint64_t max_field_section, int connect_protocol, const tern_h3_callbacks *callbacks,
    void *user);
int tern_h3_is_ready(const tern_quic *quic);
// The new stream's identifier; negative if there is none to be had.
int64_t tern_h3_request(
    tern_quic *quic, int32_t slot, const tern_field *fields, size_t count, int has_content);
int tern_h3_respond(tern_quic *quic, int64_t id, const tern_field *fields, size_t count, int has_content);
int tern_h3_inform(tern_quic *quic, int64_t id, const tern_field *fields, size_t count);
int tern_h3_trailers(tern_quic *quic, int64_t id, const tern_field *fields, size_t count);
void tern_h3_resume(tern_quic *quic, int64_t id);  // there is content again
void tern_h3_reset(tern_quic *quic, int64_t id, uint64_t code);
void tern_h3_stop_reading(tern_quic *quic, int64_t id, uint64_t code);
void tern_h3_stop_writing(tern_quic *quic, int64_t id, uint64_t code);
void tern_h3_consume(tern_quic *quic, int64_t id, size_t count);
void tern_h3_go_away(tern_quic *quic, int is_final);

// MARK: A server's socket

enum { TERN_ROUTE_BAD, TERN_ROUTE_KNOWN_VERSION, TERN_ROUTE_OTHER_VERSION };
enum { TERN_ID_COUNT = 18 };  // bytes of the connection ids that we choose

typedef struct {
    int kind;
    int is_long;
    uint32_t version;
    tern_bytes dcid, scid;  // point into the packet
} tern_quic_route;

void tern_quic_route_of(tern_bytes packet, tern_quic_route *route);
// Nought if the packet may begin a connection.
int tern_quic_read_initial(tern_bytes packet, tern_quic_initial *initial);
// Nought if the token is one of ours for this address. Fills in `original_dcid` if it came with a Retry.
int tern_quic_check_token(
    const uint8_t secret[32], tern_quic_initial *initial, const tern_address *remote, uint64_t now);
// Bytes written, or nought.
size_t tern_quic_write_versions(
    uint8_t *place, size_t capacity, const tern_quic_route *route, const uint32_t *versions, size_t count);
size_t tern_quic_write_retry(
    uint8_t *place, size_t capacity, const uint8_t secret[32], const tern_quic_initial *initial,
    const tern_address *remote, uint64_t now);
size_t tern_quic_write_reset(
    uint8_t *place, size_t capacity, const uint8_t secret[32], tern_bytes dcid, size_t packet_count);
size_t tern_quic_write_refusal(
    uint8_t *place, size_t capacity, const tern_quic_initial *initial, uint64_t code);
int tern_quic_random(uint8_t *place, size_t count);

// The libraries in use, for `tern --version`: "ngtcp2/0.12.1 nghttp3/0.8.0 GnuTLS/3.7.9". Not for two threads at once.
const char *tern_quic_libraries(void);
