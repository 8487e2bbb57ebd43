// A connection's life: how it begins, what it takes in, and how it ends.
#include "internal.h"

static void write_qlog(void *user, uint32_t flags, const void *bytes, size_t count) {
    (void)flags;
    tern_quic *quic = user;
    quic->callbacks.qlog(quic->user, (tern_bytes){bytes, count});
}

static uint64_t at_most(uint64_t value, uint64_t limit) { return value < limit ? value : limit; }

static void fill(const tern_quic_settings *wished, uint64_t now, ngtcp2_settings *settings) {
    const uint64_t largest = (UINT64_C(1) << 62) - 1;
    ngtcp2_settings_default(settings);
    settings->initial_ts = now;
    settings->max_window = at_most(wished->window_limit, largest);
    settings->max_stream_window = at_most(wished->stream_window_limit, largest);
    settings->max_tx_udp_payload_size = wished->max_sent < 1200 ? 1200 : at_most(wished->max_sent, 65527);
    settings->no_pmtud = !wished->discovers_mtu;
    settings->ack_thresh = 2;
    settings->handshake_timeout = wished->handshake_timeout ? wished->handshake_timeout : UINT64_MAX;
    settings->original_version = wished->original_version;
    // What a client that began anew checks the server's choice against (RFC 9368 §4).
    static uint32_t preferred[] = {NGTCP2_PROTO_VER_V1};
    settings->preferred_versions = preferred;
    settings->preferred_versionslen = 1;
#if TERN_NGTCP2_1
    if (wished->qlog) settings->qlog_write = write_qlog;
#else
    if (wished->qlog) settings->qlog.write = write_qlog;
#endif
}

static void set_token(ngtcp2_settings *settings, tern_bytes token) {
#if TERN_NGTCP2_1
    settings->token = token.bytes;
    settings->tokenlen = token.count;
#else
    settings->token = (ngtcp2_vec){(uint8_t *)token.bytes, token.count};
#endif
}

static void fill_parameters(const tern_quic_settings *wished, ngtcp2_transport_params *parameters) {
    const uint64_t largest = (UINT64_C(1) << 62) - 1;
    ngtcp2_transport_params_default(parameters);
    parameters->initial_max_stream_data_bidi_local = at_most(wished->stream_window, largest);
    parameters->initial_max_stream_data_bidi_remote = at_most(wished->stream_window, largest);
    parameters->initial_max_stream_data_uni = at_most(wished->stream_window, largest);
    parameters->initial_max_data = at_most(wished->window, largest);
    parameters->initial_max_streams_bidi = at_most(wished->streams_bidi, UINT64_C(1) << 60);
    parameters->initial_max_streams_uni = at_most(wished->streams_uni, UINT64_C(1) << 60);
    parameters->max_idle_timeout = wished->idle_timeout;
    parameters->max_udp_payload_size = wished->max_received < 1200 ? 1200 : at_most(wished->max_received, 65527);
    parameters->active_connection_id_limit = 7;  // eight is the most that ngtcp2 bears
}

static tern_quic *make(
    const tern_quic_settings *settings, const tern_quic_callbacks *callbacks, void *user, uint64_t now) {
    tern_quic *quic = calloc(1, sizeof *quic);
    if (!quic) return NULL;
    quic->callbacks = *callbacks;
    quic->user = user;
    quic->settings = *settings;
    tern_close_default(&quic->close_error);
    tern_quic_tick(quic, now);
    quic->heard_at = quic->now;
    return quic;
}

static int random_id(ngtcp2_cid *cid, size_t count) {
    cid->datalen = count;
    return gnutls_rnd(GNUTLS_RND_RANDOM, cid->data, count);
}

static void begin(tern_quic *quic) {
    ngtcp2_conn_set_tls_native_handle(quic->conn, quic->tls);
    if (quic->settings.keep_alive) ngtcp2_conn_set_keep_alive_timeout(quic->conn, quic->settings.keep_alive);
}

tern_quic *tern_quic_client_new(
    tern_quic_tls *tls, const tern_quic_settings *wished, const tern_path *path, const tern_quic_callbacks *callbacks,
    void *user, uint64_t now, const char **words) {
    *words = "no memory";
    tern_quic *quic = make(wished, callbacks, user, now);
    if (!quic || tern_tls_start(quic, tls, wished, words) != 0) goto failed;
    ngtcp2_settings settings;
    fill(wished, quic->now, &settings);
    if (wished->token.count > 0) set_token(&settings, wished->token);
    ngtcp2_transport_params parameters;
    fill_parameters(wished, &parameters);
    ngtcp2_cid dcid, scid;
    if (random_id(&dcid, 18) != 0 || random_id(&scid, 17) != 0) goto failed;
    ngtcp2_path_storage storage;
    tern_to_path(path, &storage);
    int result = ngtcp2_conn_client_new(
        &quic->conn, &dcid, &scid, &storage.path, wished->version, &tern_client_callbacks, &settings, &parameters, NULL,
        quic);
    if (result != 0) {
        *words = ngtcp2_strerror(result);
        goto failed;
    }
    begin(quic);
    if (quic->early_data) {
#if TERN_NGTCP2_1
        result = ngtcp2_conn_decode_and_set_0rtt_transport_params(
            quic->conn, wished->parameters.bytes, wished->parameters.count);
#else
        ngtcp2_transport_params remembered;
        result = ngtcp2_decode_transport_params(
            &remembered, NGTCP2_TRANSPORT_PARAMS_TYPE_ENCRYPTED_EXTENSIONS, wished->parameters.bytes,
            wished->parameters.count);
        if (result == 0) ngtcp2_conn_set_early_remote_transport_params(quic->conn, &remembered);
#endif
        if (result != 0) quic->early_data = 0;
    }
    return quic;
failed:
    tern_quic_free(quic);
    return NULL;
}

static void copy_id(ngtcp2_cid *cid, const uint8_t *bytes, size_t count) {
    ngtcp2_cid_init(cid, bytes, count <= NGTCP2_MAX_CIDLEN ? count : NGTCP2_MAX_CIDLEN);
}

tern_quic *tern_quic_server_new(
    tern_quic_tls *tls, const tern_quic_settings *wished, const tern_path *path, const tern_quic_initial *initial,
    const tern_quic_callbacks *callbacks, void *user, uint64_t now, const char **words) {
    *words = "no memory";
    tern_quic *quic = make(wished, callbacks, user, now);
    if (!quic) return NULL;
    quic->is_server = 1;
    if (tern_tls_start(quic, tls, wished, words) != 0) goto failed;
    ngtcp2_cid dcid, scid, original;
    copy_id(&dcid, initial->scid, initial->scid_count);
    copy_id(&original, initial->dcid, initial->dcid_count);
    if (random_id(&scid, TERN_ID_COUNT) != 0) goto failed;
    ngtcp2_settings settings;
    fill(wished, quic->now, &settings);
    set_token(&settings, initial->token);
    ngtcp2_transport_params parameters;
    fill_parameters(wished, &parameters);
    parameters.original_dcid = original;
    if (initial->original_dcid_count > 0) {
        parameters.retry_scid = original;
        parameters.retry_scid_present = 1;
        copy_id(&parameters.original_dcid, initial->original_dcid, initial->original_dcid_count);
    }
#if TERN_NGTCP2_1
    parameters.original_dcid_present = 1;
#else
    settings.qlog.odcid = parameters.original_dcid;
#endif
    parameters.stateless_reset_token_present = 1;
    ngtcp2_crypto_generate_stateless_reset_token(
        parameters.stateless_reset_token, wished->secret, sizeof wished->secret, &scid);
    ngtcp2_path_storage storage;
    tern_to_path(path, &storage);
    int result = ngtcp2_conn_server_new(
        &quic->conn, &dcid, &scid, &storage.path, initial->version, &tern_server_callbacks, &settings, &parameters,
        NULL, quic);
    if (result != 0) {
        *words = ngtcp2_strerror(result);
        goto failed;
    }
    begin(quic);
    quic->callbacks.connection_id(user, (tern_bytes){scid.data, scid.datalen}, 1);
    quic->callbacks.connection_id(user, (tern_bytes){initial->dcid, initial->dcid_count}, 1);
    return quic;
failed:
    tern_quic_free(quic);
    return NULL;
}

void tern_quic_finish(tern_quic *quic) {
    if (quic->conn) ngtcp2_conn_del(quic->conn);
    quic->conn = NULL;
    if (quic->h3.conn) nghttp3_conn_del(quic->h3.conn);
    quic->h3.conn = NULL;
}

void tern_quic_free(tern_quic *quic) {
    if (!quic) return;
    tern_quic_finish(quic);
    if (quic->tls) gnutls_deinit(quic->tls);
    tern_streams_free(quic);
    free(quic->h3.readers);
    free(quic->held);
    free(quic->last_close);
    free(quic);
}

// MARK: The end

static void settle_peer_close(tern_quic *quic) {
    tern_quic_outcome *outcome = &quic->outcome;
    if (quic->was_reset) {
        outcome->kind = TERN_STATELESS_RESET;
        return;
    }
    const uint8_t *reason = NULL;
    size_t count = 0;
#if TERN_NGTCP2_1
    const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(quic->conn);
    tern_close_error copy = *error;
#else
    tern_close_error copy;
    ngtcp2_conn_get_connection_close_error(quic->conn, &copy);
#endif
    outcome->kind = copy.type == TERN_CLOSE_APPLICATION ? TERN_PEER_APPLICATION : TERN_PEER_TRANSPORT;
    outcome->code = copy.error_code;
    reason = copy.reason;
    count = copy.reasonlen;
    size_t used = 0;
    for (size_t index = 0; index < count && used + 1 < sizeof outcome->reason; index++) {
        outcome->reason[used++] = reason[index] >= 0x20 && reason[index] < 0x7F ? (char)reason[index] : '?';
    }
    outcome->reason[used] = 0;
}

static void settle_failure(tern_quic *quic, int code) {
    tern_quic_outcome *outcome = &quic->outcome;
    strncpy(outcome->reason, ngtcp2_strerror(code), sizeof outcome->reason - 1);
    quic->owes_close = 1;
    if (quic->app_error) {
        outcome->kind = TERN_APPLICATION_VIOLATION;
        outcome->code = quic->app_error;
        tern_close_application(&quic->close_error, quic->app_error, NULL, 0);
        return;
    }
    if (code == NGTCP2_ERR_CRYPTO) {
        uint8_t alert = ngtcp2_conn_get_tls_alert(quic->conn);
        outcome->kind = TERN_TLS_FAILED;
        outcome->tls_error = ngtcp2_conn_get_tls_error(quic->conn);
        tern_close_alert(&quic->close_error, alert, NULL, 0);
    } else {
        tern_close_library(&quic->close_error, code, NULL, 0);
        int is_ours = code == NGTCP2_ERR_NOMEM || code == NGTCP2_ERR_CALLBACK_FAILURE || code == NGTCP2_ERR_INTERNAL
            || code == NGTCP2_ERR_PKT_NUM_EXHAUSTED;
        outcome->kind = is_ours ? TERN_LIBRARY_FAILED : TERN_VIOLATION;
    }
    outcome->code = quic->close_error.error_code;
}

void tern_quic_fail(tern_quic *quic, int code) {
    if (quic->outcome.kind) return;
    switch (code) {
    case NGTCP2_ERR_DRAINING: settle_peer_close(quic); break;
    case NGTCP2_ERR_IDLE_CLOSE: quic->outcome.kind = TERN_IDLE; break;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT: quic->outcome.kind = TERN_HANDSHAKE_TIMEOUT; break;
    case NGTCP2_ERR_DROP_CONN: quic->outcome.kind = TERN_DROPPED; break;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION: quic->outcome.kind = TERN_VERSIONS; break;
    default: settle_failure(quic, code);
    }
}

void tern_quic_close(tern_quic *quic, uint64_t code, tern_bytes reason, uint64_t now) {
    if (!quic->conn || quic->outcome.kind) return;
    tern_quic_tick(quic, now);
    quic->outcome.kind = TERN_CLOSED_BY_OWNER;
    quic->outcome.code = code;
    size_t count = reason.count < sizeof quic->outcome.reason ? reason.count : sizeof quic->outcome.reason - 1;
    if (count > 0) memcpy(quic->outcome.reason, reason.bytes, count);
    tern_close_application(&quic->close_error, code, (uint8_t *)quic->outcome.reason, count);
    quic->owes_close = 1;
}

void tern_quic_abandon(tern_quic *quic) {
    if (!quic->outcome.kind) quic->outcome.kind = TERN_CLOSED_BY_OWNER;
    quic->owes_close = 0;
    quic->held_count = 0;
}

int tern_quic_is_over(const tern_quic *quic) { return quic->outcome.kind != TERN_ALIVE; }
const tern_quic_outcome *tern_quic_outcome_of(const tern_quic *quic) { return &quic->outcome; }

// MARK: In

void tern_quic_receive(
    tern_quic *quic, const tern_path *path, unsigned ecn, tern_bytes datagrams, size_t segment, uint64_t now) {
    tern_quic_tick(quic, now);
    if (!quic->conn || datagrams.count == 0) return;
    if (quic->outcome.kind) {
        // RFC 9000 §10.2.1: what still comes is answered, ever more rarely.
        quic->close_asked++;
        if (quic->last_close && (quic->close_asked & (quic->close_asked - 1)) == 0) quic->owes_close = 1;
        return;
    }
    if (segment == 0 || segment > datagrams.count) segment = datagrams.count;
    ngtcp2_path_storage storage;
    if (path) {
        tern_to_path(path, &storage);
    } else {
        ngtcp2_path_storage_zero(&storage);
        ngtcp2_path_copy(&storage.path, ngtcp2_conn_get_path(quic->conn));
    }
    ngtcp2_pkt_info info = {.ecn = (uint8_t)(ecn & 3)};
    quic->has_more = 0;
    quic->turn = 0;
    for (size_t offset = 0; offset < datagrams.count; offset += segment) {
        size_t count = datagrams.count - offset < segment ? datagrams.count - offset : segment;
        quic->received++;
        int result =
            ngtcp2_conn_read_pkt(quic->conn, &storage.path, &info, datagrams.bytes + offset, count, quic->now);
        if (result != 0) {
            tern_quic_fail(quic, result);
            return;
        }
    }
    quic->heard_at = quic->now;
    quic->waiting_since = 0;
    tern_streams_probe(quic);
    if (quic->token_due) {
        quic->token_due = 0;
        uint8_t token[128];
        const ngtcp2_path *current = ngtcp2_conn_get_path(quic->conn);
        ngtcp2_ssize count = ngtcp2_crypto_generate_regular_token(
            token, quic->settings.secret, sizeof quic->settings.secret, current->remote.addr, current->remote.addrlen,
            quic->now);
        if (count > 0) ngtcp2_conn_submit_new_token(quic->conn, token, (size_t)count);
    }
}

// MARK: Time

uint64_t tern_quic_expiry(const tern_quic *quic) {
    if (!quic->conn || quic->outcome.kind) return UINT64_MAX;
    if (quic->has_more || quic->pings) return quic->now - tern_epoch;
    uint64_t expiry = ngtcp2_conn_get_expiry(quic->conn);
    return expiry == UINT64_MAX ? UINT64_MAX : expiry < tern_epoch ? 0 : expiry - tern_epoch;
}

void tern_quic_expire(tern_quic *quic, uint64_t now) {
    tern_quic_tick(quic, now);
    if (!quic->conn || quic->outcome.kind) return;
    quic->has_more = 0;
    quic->turn = 0;
    if (ngtcp2_conn_get_expiry(quic->conn) > quic->now) return;
    // Connection ids go only after the instant at which ngtcp2 asks to be called for them.
    quic->now++;
    int result = ngtcp2_conn_handle_expiry(quic->conn, quic->now);
    if (result != 0) tern_quic_fail(quic, result);
}

void tern_quic_ping(tern_quic *quic, uint64_t now) {
    tern_quic_tick(quic, now);
    if (!quic->conn || quic->outcome.kind || !quic->has_handshake) return;
    // ngtcp2 knows no other way than to keep the connection alive at once; writing sets the wish back.
    quic->pings = 1;
    ngtcp2_conn_set_keep_alive_timeout(quic->conn, 1);
}

int tern_quic_update_keys(tern_quic *quic, uint64_t now) {
    tern_quic_tick(quic, now);
    if (!quic->conn || quic->outcome.kind) return -1;
    int result = ngtcp2_conn_initiate_key_update(quic->conn, quic->now);
    if (result == 0) {
        quic->own_updates++;
        quic->callbacks.keys_updated(quic->user);
    }
    return result;
}

// MARK: Paths

static void other_local(tern_quic *quic, const tern_address *local, ngtcp2_path_storage *storage) {
    tern_path path;
    tern_from_path(ngtcp2_conn_get_path(quic->conn), &path);
    path.local = *local;
    tern_to_path(&path, storage);
}

int tern_quic_migrate(tern_quic *quic, const tern_address *local, uint64_t now, const char **words) {
    tern_quic_tick(quic, now);
    *words = "the connection is over";
    if (!quic->conn || quic->outcome.kind || quic->is_server) return -1;
    ngtcp2_path_storage storage;
    other_local(quic, local, &storage);
    int result = ngtcp2_conn_initiate_immediate_migration(quic->conn, &storage.path, quic->now);
    *words = ngtcp2_strerror(result);
    return result;
}

void tern_quic_rebind(tern_quic *quic, const tern_address *local) {
    if (!quic->conn || quic->outcome.kind || quic->is_server) return;
    ngtcp2_path_storage storage;
    other_local(quic, local, &storage);
    ngtcp2_conn_set_local_addr(quic->conn, &storage.path.local);
}

void tern_quic_path_of(const tern_quic *quic, tern_path *path) {
    memset(path, 0, sizeof *path);
    if (quic->conn) tern_from_path(ngtcp2_conn_get_path(quic->conn), path);
}

// MARK: State

int tern_quic_sends_early_data(const tern_quic *quic) {
    return quic->conn && !quic->outcome.kind && quic->early_data == 1 && !quic->has_handshake;
}

uint64_t tern_quic_streams_left(const tern_quic *quic) {
    if (!quic->conn || quic->outcome.kind || (!quic->has_handshake && quic->early_data != 1)) return 0;
    return ngtcp2_conn_get_streams_bidi_left(quic->conn);
}

void tern_quic_statistics_of(const tern_quic *quic, tern_quic_statistics *statistics) {
    memset(statistics, 0, sizeof *statistics);
    statistics->received = quic->received;
    statistics->sent = quic->sent;
    statistics->heard_at = quic->heard_at - tern_epoch;
    statistics->waiting_since = quic->waiting_since ? quic->waiting_since - tern_epoch : 0;
    if (!quic->conn) return;
    tern_conn_info info;
    tern_get_info(quic->conn, &info);
    statistics->latest_rtt = info.latest_rtt;
    statistics->min_rtt = info.min_rtt == UINT64_MAX ? 0 : info.min_rtt;
    statistics->smoothed_rtt = info.smoothed_rtt;
    statistics->window = info.cwnd;
    statistics->in_flight = info.bytes_in_flight;
    statistics->datagram = ngtcp2_conn_get_path_max_tx_udp_payload_size(quic->conn);
}
