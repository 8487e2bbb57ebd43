// HTTP/3 on a connection: nghttp3 between ngtcp2's streams and the engine.
//
// QPACK never waits for its encoder stream here (no blocked streams): so what is read at one time belongs to one
// stream, and a malformed message cannot show on another one.
#include "internal.h"

int tern_h3_fail(tern_quic *quic, int code) {
    if (!quic->app_error) quic->app_error = nghttp3_err_infer_quic_app_error_code(code);
    return NGTCP2_ERR_CALLBACK_FAILURE;
}

// Ends a stream for a fault of the peer's.
void tern_h3_fail_stream(tern_quic *quic, tern_stream *stream, uint64_t code) {
    if (stream->failed) return;
    stream->failed = stream->read_ended = 1;
    if (stream->uploads) quic->uploads--;
    stream->uploads = 0;
    quic->h3.callbacks.malformed(quic->h3.user, stream->slot, code);
}

// MARK: What nghttp3 tells

static tern_stream *reading(void *user) { return ((tern_quic *)user)->reading; }

static int began(nghttp3_conn *conn, int64_t id, void *user, void *place) {
    (void)conn, (void)id, (void)place;
    tern_quic *quic = user;
    tern_stream *stream = reading(user);
    if (stream) stream->has_head = 1;
    if (stream && stream->slot >= 0) quic->h3.callbacks.head_began(quic->h3.user, stream->slot);
    return 0;
}

static int field(
    nghttp3_conn *conn, int64_t id, int32_t token, nghttp3_rcbuf *name, nghttp3_rcbuf *value, uint8_t flags, void *user,
    void *place) {
    (void)conn, (void)id, (void)token, (void)flags, (void)place;
    tern_quic *quic = user;
    tern_stream *stream = reading(user);
    if (!stream || stream->slot < 0 || stream->refused) return 0;
    nghttp3_vec names = nghttp3_rcbuf_get_buf(name), values = nghttp3_rcbuf_get_buf(value);
    int verdict = quic->h3.callbacks.field(
        quic->h3.user, stream->slot, (tern_bytes){names.base, names.len}, (tern_bytes){values.base, values.len});
    if (verdict != TERN_FIELD_TAKEN) stream->refused = 1;
    return 0;
}

static int head_ended(nghttp3_conn *conn, int64_t id, int end, void *user, void *place) {
    (void)conn, (void)id, (void)place;
    tern_quic *quic = user;
    tern_stream *stream = reading(user);
    if (stream && stream->slot >= 0 && !stream->refused) {
        quic->h3.callbacks.head_ended(quic->h3.user, stream->slot, 0, end);
    }
    return 0;
}

static int trailers_ended(nghttp3_conn *conn, int64_t id, int end, void *user, void *place) {
    (void)conn, (void)id, (void)place;
    tern_quic *quic = user;
    tern_stream *stream = reading(user);
    if (stream && stream->slot >= 0 && !stream->refused) {
        quic->h3.callbacks.head_ended(quic->h3.user, stream->slot, 1, end);
    }
    return 0;
}

static int data(nghttp3_conn *conn, int64_t id, const uint8_t *bytes, size_t count, void *user, void *place) {
    (void)conn, (void)id, (void)place;
    tern_quic *quic = user;
    tern_stream *stream = reading(user);
    if (stream && stream->slot >= 0) quic->h3.callbacks.data(quic->h3.user, stream->slot, (tern_bytes){bytes, count});
    return 0;
}

static int ended(nghttp3_conn *conn, int64_t id, void *user, void *place) {
    (void)conn, (void)id, (void)place;
    tern_quic *quic = user;
    tern_stream *stream = reading(user);
    if (!stream || stream->slot < 0 || stream->refused) return 0;
    stream->read_ended = 1;
    quic->h3.callbacks.ended(quic->h3.user, stream->slot);
    return 0;
}

// nghttp3 wants both directions of a stream ended: its message is malformed, or it comes after GOAWAY; or a stream of
// a type it does not know stopped.
static int wants_stop(nghttp3_conn *conn, int64_t id, uint64_t code, void *user, void *place) {
    (void)conn, (void)place;
    tern_quic *quic = user;
    tern_stream *stream = reading(user);
    if (ngtcp2_is_bidi_stream(id) && stream && stream->id == id && stream->slot >= 0) {
        tern_h3_fail_stream(quic, stream, code);
    }
    return tern_shutdown_stream_read(quic->conn, id, code) == 0 ? 0 : NGHTTP3_ERR_CALLBACK_FAILURE;
}

static int wants_reset(nghttp3_conn *conn, int64_t id, uint64_t code, void *user, void *place) {
    (void)conn, (void)place;
    tern_quic *quic = user;
    return tern_shutdown_stream_write(quic->conn, id, code) == 0 ? 0 : NGHTTP3_ERR_CALLBACK_FAILURE;
}

static int go_away(nghttp3_conn *conn, int64_t id, void *user) {
    (void)conn;
    tern_quic *quic = user;
    quic->h3.callbacks.go_away(quic->h3.user, id);
    return 0;
}

static int acknowledged(nghttp3_conn *conn, int64_t id, uint64_t count, void *user, void *place) {
    (void)conn, (void)id;
    tern_quic *quic = user;
    tern_stream *stream = place;
    if (stream && stream->slot >= 0) quic->h3.callbacks.acknowledged(quic->h3.user, stream->slot, count);
    return 0;
}

static nghttp3_ssize content(
    nghttp3_conn *conn, int64_t id, nghttp3_vec *pieces, size_t capacity, uint32_t *flags, void *user, void *place) {
    (void)conn, (void)id;
    tern_quic *quic = user;
    tern_stream *stream = place;
    enum { LIMIT = 8 };
    tern_bytes given[LIMIT];
    int then = TERN_CONTENT_WAIT;
    if (!stream || stream->slot < 0) return NGHTTP3_ERR_WOULDBLOCK;
    size_t count =
        quic->h3.callbacks.content(quic->h3.user, stream->slot, given, capacity < LIMIT ? capacity : LIMIT, &then);
    size_t total = 0;
    for (size_t index = 0; index < count; index++) {
        pieces[index] = (nghttp3_vec){(uint8_t *)given[index].bytes, given[index].count};
        total += given[index].count;
    }
    if (then == TERN_CONTENT_END || then == TERN_CONTENT_TRAILERS) *flags |= NGHTTP3_DATA_FLAG_EOF;
    if (then == TERN_CONTENT_TRAILERS) *flags |= NGHTTP3_DATA_FLAG_NO_END_STREAM;
    if (total == 0 && !(*flags & NGHTTP3_DATA_FLAG_EOF)) return NGHTTP3_ERR_WOULDBLOCK;
    return (nghttp3_ssize)count;
}

// MARK: Beginning

int tern_h3_attach(
    tern_quic *quic, size_t table, uint64_t max_field_section, int connect_protocol, const tern_h3_callbacks *callbacks,
    void *user) {
    tern_h3 *h3 = &quic->h3;
    if (h3->is_attached || quic->streams || !quic->conn) return -1;
    h3->readers = calloc(TERN_SETTINGS_READERS, sizeof *h3->readers);
    if (!h3->readers) return -1;
    h3->is_attached = 1;
    h3->callbacks = *callbacks;
    h3->user = user;
    h3->table = table;
    h3->max_field_section = max_field_section;
    h3->connect_protocol = connect_protocol;
    // Early data needs HTTP/3 before the handshake.
    return quic->early_data == 1 ? tern_h3_start(quic) : 0;
}

static int begin_streams(tern_quic *quic) {
    int64_t ids[3];
    for (int index = 0; index < 3; index++) {
        if (ngtcp2_conn_open_uni_stream(quic->conn, &ids[index], NULL) != 0) return -1;
    }
    if (nghttp3_conn_bind_control_stream(quic->h3.conn, ids[0]) != 0) return -1;
    return nghttp3_conn_bind_qpack_streams(quic->h3.conn, ids[1], ids[2]);
}

int tern_h3_start(tern_quic *quic) {
    tern_h3 *h3 = &quic->h3;
    if (!h3->is_attached || h3->conn) return 0;
    // RFC 9114 §6.2: three streams are the least that a peer must allow.
    if (ngtcp2_conn_get_streams_uni_left(quic->conn) < 3) {
        quic->app_error = NGHTTP3_H3_GENERAL_PROTOCOL_ERROR;
        return -1;
    }
    nghttp3_callbacks callbacks = {
        .acked_stream_data = acknowledged,
        .recv_data = data,
        .begin_headers = began,
        .recv_header = field,
        .end_headers = head_ended,
        .begin_trailers = began,
        .recv_trailer = field,
        .end_trailers = trailers_ended,
        .stop_sending = wants_stop,
        .end_stream = ended,
        .reset_stream = wants_reset,
        .shutdown = go_away,
    };
    nghttp3_settings settings;
    nghttp3_settings_default(&settings);
    settings.max_field_section_size = h3->max_field_section;
    settings.qpack_max_dtable_capacity = h3->table;
    settings.qpack_blocked_streams = 0;
    settings.enable_connect_protocol = quic->is_server && h3->connect_protocol;
    int result = quic->is_server
        ? nghttp3_conn_server_new(&h3->conn, &callbacks, &settings, nghttp3_mem_default(), quic)
        : nghttp3_conn_client_new(&h3->conn, &callbacks, &settings, nghttp3_mem_default(), quic);
    if (result != 0) {
        h3->conn = NULL;
        return -1;
    }
    if (quic->is_server) nghttp3_conn_set_max_client_streams_bidi(h3->conn, quic->settings.streams_bidi);
    return begin_streams(quic);
}

int tern_h3_is_ready(const tern_quic *quic) { return quic->h3.conn != NULL && !quic->outcome.kind; }

// MARK: Reading

int tern_h3_read(tern_quic *quic, tern_stream *stream, int64_t id, const uint8_t *bytes, size_t count, int end) {
    if (!quic->h3.conn) return tern_h3_fail(quic, NGHTTP3_ERR_H3_GENERAL_PROTOCOL_ERROR);
    if (count == 0 && !end) return 0;
    if (!ngtcp2_is_bidi_stream(id) && quic->h3.readers) {
        uint64_t fault = tern_h3_read_settings(quic, id, bytes, count);
        if (fault) {
            quic->app_error = fault;
            return -1;
        }
    }
    quic->reading = ngtcp2_is_bidi_stream(id) ? stream : NULL;
    nghttp3_ssize taken = nghttp3_conn_read_stream(quic->h3.conn, id, bytes, count, end);
    stream = quic->reading;
    quic->reading = NULL;
    if (taken < 0) {
        // A stream that ends before any head is no fault of the connection (RFC 9114 §4.1).
        int is_message = taken == NGHTTP3_ERR_MALFORMED_HTTP_MESSAGING || taken == NGHTTP3_ERR_MALFORMED_HTTP_HEADER
            || (count == 0 && stream && !stream->has_head);
        if (!is_message || !stream) return tern_h3_fail(quic, (int)taken);
        tern_h3_fail_stream(quic, stream, NGHTTP3_H3_MESSAGE_ERROR);
    } else {
        ngtcp2_conn_extend_max_stream_offset(quic->conn, id, (uint64_t)taken);
        if (!stream || !stream->refused) return 0;
        tern_h3_fail_stream(quic, stream, NGHTTP3_H3_EXCESSIVE_LOAD);
    }
    uint64_t code = taken < 0 ? NGHTTP3_H3_MESSAGE_ERROR : NGHTTP3_H3_EXCESSIVE_LOAD;
    nghttp3_conn_shutdown_stream_read(quic->h3.conn, id);
    nghttp3_conn_shutdown_stream_write(quic->h3.conn, id);
    return tern_shutdown_stream(quic->conn, id, code) == 0 ? 0 : -1;
}

void tern_h3_consume(tern_quic *quic, int64_t id, size_t count) {
    if (!quic->conn || quic->outcome.kind) return;
    ngtcp2_conn_extend_max_stream_offset(quic->conn, id, count);
}

// MARK: Sending

static int submit(
    const tern_field *fields, size_t count, int (*body)(const nghttp3_nv *, size_t, void *), void *context) {
    enum { ON_STACK = 64 };
    nghttp3_nv small[ON_STACK], *list = small;
    if (count > ON_STACK && !(list = malloc(count * sizeof *list))) return NGHTTP3_ERR_NOMEM;
    for (size_t index = 0; index < count; index++) {
        list[index] = (nghttp3_nv){
            .name = (uint8_t *)fields[index].name,
            .value = (uint8_t *)fields[index].value,
            .namelen = fields[index].name_count,
            .valuelen = fields[index].value_count,
            .flags = fields[index].is_secret ? NGHTTP3_NV_FLAG_NEVER_INDEX : NGHTTP3_NV_FLAG_NONE,
        };
    }
    int result = body(list, count, context);
    if (list != small) free(list);
    return result;
}

typedef struct {
    tern_quic *quic;
    tern_stream *stream;
    int64_t id;
    int has_content;
} tern_message;

static const nghttp3_data_reader reader = {.read_data = content};

static int submit_request(const nghttp3_nv *fields, size_t count, void *context) {
    tern_message *message = context;
    return nghttp3_conn_submit_request(
        message->quic->h3.conn, message->id, fields, count, message->has_content ? &reader : NULL, message->stream);
}

static int submit_response(const nghttp3_nv *fields, size_t count, void *context) {
    tern_message *message = context;
    nghttp3_conn *conn = message->quic->h3.conn;
    int result = nghttp3_conn_set_stream_user_data(conn, message->id, message->stream);
    if (result != 0) return result;
    return nghttp3_conn_submit_response(conn, message->id, fields, count, message->has_content ? &reader : NULL);
}

static int submit_info(const nghttp3_nv *fields, size_t count, void *context) {
    tern_message *message = context;
    return nghttp3_conn_submit_info(message->quic->h3.conn, message->id, fields, count);
}

static int submit_trailers(const nghttp3_nv *fields, size_t count, void *context) {
    tern_message *message = context;
    return nghttp3_conn_submit_trailers(message->quic->h3.conn, message->id, fields, count);
}

int64_t tern_h3_request(tern_quic *quic, int32_t slot, const tern_field *fields, size_t count, int has_content) {
    if (!tern_h3_is_ready(quic) || quic->is_server) return -1;
    int64_t id = -1;
    if (ngtcp2_conn_open_bidi_stream(quic->conn, &id, NULL) != 0) return -1;
    tern_stream *stream = tern_stream_new(quic, id, slot);
    if (stream) {
        ngtcp2_conn_set_stream_user_data(quic->conn, id, stream);
        tern_message message = {quic, stream, id, has_content};
        if (submit(fields, count, submit_request, &message) == 0) {
            stream->uploads = has_content != 0;
            quic->uploads += has_content != 0;
            return id;
        }
        stream->slot = -1;
    }
    tern_shutdown_stream(quic->conn, id, NGHTTP3_H3_INTERNAL_ERROR);
    return -1;
}

static tern_stream *answerable(tern_quic *quic, int64_t id) {
    if (!tern_h3_is_ready(quic)) return NULL;
    tern_stream *stream = tern_stream_find(quic, id);
    return stream && !stream->was_stopped && !stream->failed ? stream : NULL;
}

int tern_h3_respond(tern_quic *quic, int64_t id, const tern_field *fields, size_t count, int has_content) {
    tern_stream *stream = answerable(quic, id);
    if (!stream || !quic->is_server) return -1;
    tern_message message = {quic, stream, id, has_content};
    int result = submit(fields, count, submit_response, &message);
    if (result == 0 && has_content && !stream->uploads) {
        stream->uploads = 1;
        quic->uploads++;
    }
    return result;
}

int tern_h3_inform(tern_quic *quic, int64_t id, const tern_field *fields, size_t count) {
    if (!answerable(quic, id) || !quic->is_server) return -1;
    tern_message message = {quic, NULL, id, 0};
    return submit(fields, count, submit_info, &message);
}

int tern_h3_trailers(tern_quic *quic, int64_t id, const tern_field *fields, size_t count) {
    if (!answerable(quic, id)) return -1;
    tern_message message = {quic, NULL, id, 0};
    return submit(fields, count, submit_trailers, &message);
}

void tern_h3_resume(tern_quic *quic, int64_t id) {
    if (tern_h3_is_ready(quic)) nghttp3_conn_resume_stream(quic->h3.conn, id);
}

void tern_h3_reset(tern_quic *quic, int64_t id, uint64_t code) {
    tern_stream *stream = quic->conn ? tern_stream_find(quic, id) : NULL;
    if (!stream || !tern_h3_is_ready(quic)) return;
    if (stream->uploads) quic->uploads--;
    stream->uploads = 0;
    stream->failed = stream->read_ended = 1;
    nghttp3_conn_shutdown_stream_read(quic->h3.conn, id);
    nghttp3_conn_shutdown_stream_write(quic->h3.conn, id);
    tern_shutdown_stream(quic->conn, id, code);
}

void tern_h3_stop_reading(tern_quic *quic, int64_t id, uint64_t code) {
    if (!tern_h3_is_ready(quic) || !tern_stream_find(quic, id)) return;
    nghttp3_conn_shutdown_stream_read(quic->h3.conn, id);
    tern_shutdown_stream_read(quic->conn, id, code);
}

void tern_h3_stop_writing(tern_quic *quic, int64_t id, uint64_t code) {
    tern_stream *stream = quic->conn ? tern_stream_find(quic, id) : NULL;
    if (!stream || !tern_h3_is_ready(quic)) return;
    if (stream->uploads) quic->uploads--;
    stream->uploads = 0;
    nghttp3_conn_shutdown_stream_write(quic->h3.conn, id);
    tern_shutdown_stream_write(quic->conn, id, code);
}

void tern_h3_go_away(tern_quic *quic, int is_final) {
    tern_h3 *h3 = &quic->h3;
    // A later identifier must not be higher than one before (RFC 9114 §5.2); nghttp3 aborts on it.
    if (!tern_h3_is_ready(quic) || h3->has_final_go_away || (!is_final && h3->has_go_away)) return;
    if (is_final) {
        h3->has_final_go_away = 1;
        nghttp3_conn_shutdown(h3->conn);
    } else {
        h3->has_go_away = 1;
        nghttp3_conn_submit_shutdown_notice(h3->conn);
    }
}
