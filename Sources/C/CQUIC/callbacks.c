// What ngtcp2 asks and tells. It may be called back into from here; the engine above may not.
#include "internal.h"

static void random_bytes(uint8_t *place, size_t count, const ngtcp2_rand_ctx *context) {
    (void)context;
    gnutls_rnd(GNUTLS_RND_NONCE, place, count);
}

// MARK: Connection ids

static int new_connection_id(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t count, void *user) {
    (void)conn;
    tern_quic *quic = user;
    if (gnutls_rnd(GNUTLS_RND_RANDOM, cid->data, count) != 0) return NGTCP2_ERR_CALLBACK_FAILURE;
    cid->datalen = count;
    if (!quic->is_server) {
        return gnutls_rnd(GNUTLS_RND_RANDOM, token, NGTCP2_STATELESS_RESET_TOKENLEN) == 0 ? 0
                                                                                          : NGTCP2_ERR_CALLBACK_FAILURE;
    }
    int result =
        ngtcp2_crypto_generate_stateless_reset_token(token, quic->settings.secret, sizeof quic->settings.secret, cid);
    if (result != 0) return NGTCP2_ERR_CALLBACK_FAILURE;
    quic->callbacks.connection_id(quic->user, (tern_bytes){cid->data, cid->datalen}, 1);
    return 0;
}

static int remove_connection_id(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *user) {
    (void)conn;
    tern_quic *quic = user;
    if (quic->is_server) quic->callbacks.connection_id(quic->user, (tern_bytes){cid->data, cid->datalen}, 0);
    return 0;
}

// MARK: Handshake

static int handshake_completed(ngtcp2_conn *conn, void *user) {
    tern_quic *quic = user;
    quic->has_handshake = 1;
    if (quic->is_server) {
        if (quic->settings.tickets > 0) gnutls_session_ticket_send(quic->tls, (unsigned)quic->settings.tickets, 0);
        quic->token_due = quic->settings.sends_token;
    } else if (quic->early_data == 1 && !(gnutls_session_get_flags(quic->tls) & GNUTLS_SFLAGS_EARLY_DATA)) {
        // The streams are gone when this returns, without their own callbacks.
        quic->early_data = 2;
        if (tern_early_data_rejected(conn) != 0) return NGTCP2_ERR_CALLBACK_FAILURE;
        quic->callbacks.handshake_done(quic->user);
        quic->callbacks.early_data_rejected(quic->user);
        if (quic->h3.is_attached) quic->h3.callbacks.early_data_rejected(quic->h3.user);
        tern_streams_free(quic);
        if (quic->h3.conn) nghttp3_conn_del(quic->h3.conn);
        quic->h3.conn = NULL;
        return tern_h3_start(quic) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
    }
    quic->callbacks.handshake_done(quic->user);
    return 0;
}

static int handshake_confirmed(ngtcp2_conn *conn, void *user) {
    (void)conn;
    tern_quic *quic = user;
    quic->callbacks.handshake_confirmed(quic->user);
    return 0;
}

// HTTP/3 begins as soon as it may send: a client with its 1-RTT keys to read, a server with those to write, before
// the client's Finished.
static int has_key(ngtcp2_conn *conn, tern_level level, void *user) {
    (void)conn;
    if (level != TERN_LEVEL_APPLICATION) return 0;
    return tern_h3_start(user) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int recv_retry(ngtcp2_conn *conn, const ngtcp2_pkt_hd *header, void *user) {
    tern_quic *quic = user;
    quic->callbacks.retried(quic->user);
    return ngtcp2_crypto_recv_retry_cb(conn, header, user);
}

static int recv_versions(
    ngtcp2_conn *conn, const ngtcp2_pkt_hd *header, const uint32_t *versions, size_t count, void *user) {
    (void)conn, (void)header;
    tern_quic *quic = user;
    quic->callbacks.versions_offered(quic->user, versions, count);
    return 0;
}

#if TERN_NGTCP2_1
static int recv_new_token(ngtcp2_conn *conn, const uint8_t *token, size_t count, void *user) {
    (void)conn;
    tern_quic *quic = user;
    quic->callbacks.new_token(quic->user, (tern_bytes){token, count});
    return 0;
}
#else
static int recv_new_token(ngtcp2_conn *conn, const ngtcp2_vec *token, void *user) {
    (void)conn;
    tern_quic *quic = user;
    quic->callbacks.new_token(quic->user, (tern_bytes){token->base, token->len});
    return 0;
}
#endif

static int recv_stateless_reset(ngtcp2_conn *conn, const ngtcp2_pkt_stateless_reset *reset, void *user) {
    (void)conn, (void)reset;
    ((tern_quic *)user)->was_reset = 1;
    return 0;
}

static int update_key(
    ngtcp2_conn *conn, uint8_t *rx_secret, uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx_context, uint8_t *rx_iv,
    ngtcp2_crypto_aead_ctx *tx_context, uint8_t *tx_iv, const uint8_t *current_rx, const uint8_t *current_tx,
    size_t count, void *user) {
    tern_quic *quic = user;
    // Keys are made ready one change ahead: the first time with the handshake, later when a change was made.
    if (quic->own_updates > 0) quic->own_updates--;
    else if (quic->has_next_keys) quic->callbacks.keys_updated(quic->user);
    quic->has_next_keys = 1;
    return ngtcp2_crypto_update_key_cb(
        conn, rx_secret, tx_secret, rx_context, rx_iv, tx_context, tx_iv, current_rx, current_tx, count, user);
}

static void path_result(tern_quic *quic, const ngtcp2_path *path, ngtcp2_path_validation_result result) {
    tern_path told;
    tern_from_path(path, &told);
    quic->callbacks.path_validated(quic->user, &told, result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS);
}

#if TERN_NGTCP2_1
static int path_validation(
    ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path, const ngtcp2_path *old,
    ngtcp2_path_validation_result result, void *user) {
    (void)conn, (void)flags, (void)old;
    path_result(user, path, result);
    return 0;
}
#else
static int path_validation(
    ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path, ngtcp2_path_validation_result result, void *user) {
    (void)conn, (void)flags;
    path_result(user, path, result);
    return 0;
}
#endif

// MARK: Streams

static int stream_open(ngtcp2_conn *conn, int64_t id, void *user) {
    tern_quic *quic = user;
    int32_t slot = -1;
    if (quic->h3.is_attached && ngtcp2_is_bidi_stream(id)) slot = quic->h3.callbacks.opened(quic->h3.user, id);
    tern_stream *stream = tern_stream_new(quic, id, slot);
    if (!stream) return NGTCP2_ERR_CALLBACK_FAILURE;
    ngtcp2_conn_set_stream_user_data(conn, id, stream);
    return 0;
}

static int stream_data(
    ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t offset, const uint8_t *bytes, size_t count, void *user,
    void *stream) {
    (void)offset;
    tern_quic *quic = user;
    int end = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    // The connection's window opens with arrival: so a reader that stalls does not hold up the other streams, and
    // each stream's own window is what bounds memory.
    ngtcp2_conn_extend_max_offset(conn, count);
    if (!quic->h3.is_attached) {
        quic->callbacks.stream_data(quic->user, id, (tern_bytes){bytes, count}, end);
        return 0;
    }
    return tern_h3_read(quic, stream, id, bytes, count, end) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int acked(
    ngtcp2_conn *conn, int64_t id, uint64_t offset, uint64_t count, void *user, void *stream) {
    (void)conn, (void)offset;
    tern_quic *quic = user;
    if (!quic->h3.is_attached) {
        if (stream) tern_stream_acknowledge(stream, count);
        return 0;
    }
    if (!quic->h3.conn) return 0;
    int result = nghttp3_conn_add_ack_offset(quic->h3.conn, id, count);
    return result == 0 ? 0 : tern_h3_fail(quic, result);
}

static int stream_close(
    ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t code, void *user, void *place) {
    tern_quic *quic = user;
    tern_stream *stream = place;
    int has_code = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0;
    int result = 0;
    if (quic->h3.conn) {
        result = nghttp3_conn_close_stream(quic->h3.conn, id, has_code ? code : NGHTTP3_H3_NO_ERROR);
        if (result == NGHTTP3_ERR_STREAM_NOT_FOUND) result = 0;
    }
    if (!quic->h3.is_attached) {
        quic->callbacks.stream_closed(quic->user, id);
    } else if (stream && stream->slot >= 0) {
        quic->h3.callbacks.gone(quic->h3.user, stream->slot, has_code, code);
    }
    // The peer may open another in its place.
    int is_remote = !ngtcp2_conn_is_local_stream(conn, id);
    if (is_remote && ngtcp2_is_bidi_stream(id)) ngtcp2_conn_extend_max_streams_bidi(conn, 1);
    if (is_remote && !ngtcp2_is_bidi_stream(id)) ngtcp2_conn_extend_max_streams_uni(conn, 1);
    if (stream) tern_stream_free(quic, stream);
    return result == 0 ? 0 : tern_h3_fail(quic, result);
}

static int stream_reset(
    ngtcp2_conn *conn, int64_t id, uint64_t size, uint64_t code, void *user, void *place) {
    (void)size;
    tern_quic *quic = user;
    tern_stream *stream = place;
    if (!quic->h3.is_attached) {
        quic->callbacks.stream_reset(quic->user, id, code);
        return 0;
    }
    if (!quic->h3.conn) return 0;
    // The control stream and QPACK's live as long as the connection (RFC 9114 §6.2.1); nghttp3 knows which they are.
    int result = ngtcp2_is_bidi_stream(id) ? nghttp3_conn_shutdown_stream_read(quic->h3.conn, id)
                                           : nghttp3_conn_close_stream(quic->h3.conn, id, code);
    if (result != 0 && result != NGHTTP3_ERR_STREAM_NOT_FOUND) return tern_h3_fail(quic, result);
    if (!stream || stream->slot < 0 || stream->read_ended) return 0;
    stream->read_ended = 1;
    quic->h3.callbacks.reset(quic->h3.user, stream->slot, code);
    // Without a response there is nothing to go on with (RFC 9114 §4.1.1).
    if (!quic->is_server) {
        nghttp3_conn_shutdown_stream_write(quic->h3.conn, id);
        tern_shutdown_stream_write(conn, id, NGHTTP3_H3_REQUEST_CANCELLED);
    }
    return 0;
}

// We asked the peer to stop: HTTP/3 need not read on.
static int stream_stop(ngtcp2_conn *conn, int64_t id, uint64_t code, void *user, void *stream) {
    (void)conn, (void)code, (void)stream;
    tern_quic *quic = user;
    if (!quic->h3.conn) return 0;
    int result = nghttp3_conn_shutdown_stream_read(quic->h3.conn, id);
    return result == 0 ? 0 : tern_h3_fail(quic, result);
}

static int extend_max_stream_data(
    ngtcp2_conn *conn, int64_t id, uint64_t limit, void *user, void *place) {
    (void)conn, (void)limit;
    tern_quic *quic = user;
    tern_stream *stream = place;
    if (stream) stream->is_blocked = 0;
    if (!quic->h3.conn) return 0;
    int result = nghttp3_conn_unblock_stream(quic->h3.conn, id);
    return result == 0 ? 0 : tern_h3_fail(quic, result);
}

static int extend_local_streams(ngtcp2_conn *conn, uint64_t limit, void *user) {
    (void)conn, (void)limit;
    tern_quic *quic = user;
    quic->callbacks.streams_available(quic->user);
    return 0;
}

static int extend_remote_streams(ngtcp2_conn *conn, uint64_t limit, void *user) {
    (void)conn;
    tern_quic *quic = user;
    if (quic->h3.conn) nghttp3_conn_set_max_client_streams_bidi(quic->h3.conn, limit);
    return 0;
}

#define SHARED_CALLBACKS                                                                                              \
    .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb, .handshake_completed = handshake_completed,                \
    .encrypt = ngtcp2_crypto_encrypt_cb, .decrypt = ngtcp2_crypto_decrypt_cb, .hp_mask = ngtcp2_crypto_hp_mask_cb,    \
    .recv_stream_data = stream_data, .acked_stream_data_offset = acked, .stream_open = stream_open,                   \
    .stream_close = stream_close, .recv_stateless_reset = recv_stateless_reset, .rand = random_bytes,                 \
    .get_new_connection_id = new_connection_id, .remove_connection_id = remove_connection_id,                         \
    .update_key = update_key, .path_validation = path_validation, .stream_reset = stream_reset,                       \
    .extend_max_stream_data = extend_max_stream_data,                                                                 \
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,                                                \
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,                                            \
    .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb, .stream_stop_sending = stream_stop,          \
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb, .extend_max_local_streams_bidi = extend_local_streams

const ngtcp2_callbacks tern_client_callbacks = {
    SHARED_CALLBACKS,
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = recv_retry,
    .recv_version_negotiation = recv_versions,
    .handshake_confirmed = handshake_confirmed,
    .recv_new_token = recv_new_token,
    .recv_rx_key = has_key,
};

const ngtcp2_callbacks tern_server_callbacks = {
    SHARED_CALLBACKS,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_tx_key = has_key,
    .extend_max_remote_streams_bidi = extend_remote_streams,
};
