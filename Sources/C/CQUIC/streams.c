// The streams of a connection, and the content of those that no HTTP/3 looks after.
#include "internal.h"

static size_t bucket(int64_t id) { return (size_t)(id >> 2 ^ id << 4) % TERN_BUCKETS; }

tern_stream *tern_stream_new(tern_quic *quic, int64_t id, int32_t slot) {
    tern_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return NULL;
    stream->id = id;
    stream->slot = slot;
    stream->next = quic->streams;
    if (quic->streams) quic->streams->prev = stream;
    quic->streams = stream;
    stream->next_bucket = quic->buckets[bucket(id)];
    quic->buckets[bucket(id)] = stream;
    return stream;
}

tern_stream *tern_stream_find(const tern_quic *quic, int64_t id) {
    tern_stream *stream = quic->buckets[bucket(id)];
    while (stream && stream->id != id) stream = stream->next_bucket;
    return stream;
}

static void drop_content(tern_stream *stream) {
    while (stream->first) {
        tern_block *next = stream->first->next;
        free(stream->first);
        stream->first = next;
    }
    stream->unsent = stream->last = NULL;
    stream->queued = 0;
}

void tern_stream_free(tern_quic *quic, tern_stream *stream) {
    tern_stream **link = &quic->buckets[bucket(stream->id)];
    while (*link && *link != stream) link = &(*link)->next_bucket;
    if (*link) *link = stream->next_bucket;
    if (stream->prev) stream->prev->next = stream->next;
    else quic->streams = stream->next;
    if (stream->next) stream->next->prev = stream->prev;
    if (stream->uploads) quic->uploads--;
    if (quic->reading == stream) quic->reading = NULL;
    drop_content(stream);
    free(stream);
}

void tern_streams_free(tern_quic *quic) {
    while (quic->streams) tern_stream_free(quic, quic->streams);
}

// ngtcp2 0.12 does not tell of STOP_SENDING. A stream that takes no more content shows it when it is asked to send
// more than there can be: that is refused before anything is done, and refused differently if it is shut.
void tern_streams_probe(tern_quic *quic) {
    if (quic->uploads == 0 && quic->h3.is_attached) return;
    for (tern_stream *stream = quic->streams, *next; stream; stream = next) {
        next = stream->next;
        if (stream->was_stopped || stream->has_sent_last) continue;
        if (quic->h3.is_attached ? !stream->uploads : !ngtcp2_is_bidi_stream(stream->id) && !stream->has_sent) continue;
        ngtcp2_vec impossible = {(uint8_t *)stream, SIZE_MAX};
        ngtcp2_ssize taken = -1;
        ngtcp2_ssize result = ngtcp2_conn_writev_stream(
            quic->conn, NULL, NULL, NULL, 0, &taken, 0, stream->id, &impossible, 1, quic->now);
        if (result != NGTCP2_ERR_STREAM_SHUT_WR) continue;
        stream->was_stopped = 1;
        if (!quic->h3.is_attached) {
            drop_content(stream);
            quic->callbacks.stream_stopped(quic->user, stream->id);
            continue;
        }
        if (stream->uploads) quic->uploads--;
        stream->uploads = 0;
        if (quic->h3.conn) nghttp3_conn_shutdown_stream_write(quic->h3.conn, stream->id);
        if (stream->slot >= 0) quic->h3.callbacks.stopped(quic->h3.user, stream->slot);
    }
}

// MARK: Raw streams

int64_t tern_quic_open_stream(tern_quic *quic, int is_bidirectional) {
    if (!quic->conn || quic->outcome.kind) return -1;
    tern_stream *stream = tern_stream_new(quic, -1, -1);
    if (!stream) return -1;
    int64_t id = -1;
    int result = is_bidirectional ? ngtcp2_conn_open_bidi_stream(quic->conn, &id, stream)
                                  : ngtcp2_conn_open_uni_stream(quic->conn, &id, stream);
    tern_stream_free(quic, stream);
    if (result != 0) return -1;
    stream = tern_stream_new(quic, id, -1);
    ngtcp2_conn_set_stream_user_data(quic->conn, id, stream);
    return id;
}

int tern_quic_stream_send(tern_quic *quic, int64_t id, tern_bytes bytes, int end) {
    tern_stream *stream = tern_stream_find(quic, id);
    if (!stream || stream->wants_end || stream->was_stopped || quic->outcome.kind) return -1;
    if (bytes.count > 0) {
        tern_block *block = malloc(sizeof *block + bytes.count);
        if (!block) return -1;
        block->next = NULL;
        block->count = bytes.count;
        block->offset = 0;
        memcpy(block->bytes, bytes.bytes, bytes.count);
        if (stream->last) stream->last->next = block;
        else stream->first = block;
        stream->last = block;
        if (!stream->unsent) stream->unsent = block;
        stream->queued += bytes.count;
    }
    if (end) stream->wants_end = 1;
    return 0;
}

size_t tern_quic_stream_queued(const tern_quic *quic, int64_t id) {
    tern_stream *stream = tern_stream_find(quic, id);
    return stream ? stream->queued : 0;
}

void tern_quic_stream_reset(tern_quic *quic, int64_t id, uint64_t code) {
    if (!quic->conn || quic->outcome.kind) return;
    if (!ngtcp2_is_bidi_stream(id) && !ngtcp2_conn_is_local_stream(quic->conn, id)) return;
    tern_stream *stream = tern_stream_find(quic, id);
    if (stream) {
        stream->wants_end = stream->has_sent_last = 1;
        stream->unsent = NULL;
        stream->queued = 0;
    }
    tern_shutdown_stream_write(quic->conn, id, code);
}

void tern_quic_stream_stop(tern_quic *quic, int64_t id, uint64_t code) {
    if (!quic->conn || quic->outcome.kind) return;
    if (!ngtcp2_is_bidi_stream(id) && ngtcp2_conn_is_local_stream(quic->conn, id)) return;
    tern_shutdown_stream_read(quic->conn, id, code);
}

void tern_quic_stream_consume(tern_quic *quic, int64_t id, size_t count) {
    if (!quic->conn || quic->outcome.kind) return;
    ngtcp2_conn_extend_max_stream_offset(quic->conn, id, count);
}

// The next stream with something to send, with one piece of it. Nought if there is none.
int tern_raw_next(tern_quic *quic, int64_t *id, int *end, ngtcp2_vec *piece) {
    for (tern_stream *stream = quic->streams; stream; stream = stream->next) {
        if (stream->is_blocked || stream->was_stopped || stream->has_sent_last) continue;
        if (!stream->unsent && !stream->wants_end) continue;
        *id = stream->id;
        tern_block *block = stream->unsent;
        *piece = block ? (ngtcp2_vec){block->bytes + block->offset, block->count - block->offset}
                       : (ngtcp2_vec){NULL, 0};
        *end = stream->wants_end && (!block || !block->next);
        return 1;
    }
    return 0;
}

void tern_raw_wrote(tern_quic *quic, int64_t id, size_t count, int end) {
    tern_stream *stream = tern_stream_find(quic, id);
    if (!stream) return;
    stream->has_sent = 1;
    stream->queued -= count;
    if (stream->unsent) {
        stream->unsent->offset += count;
        if (stream->unsent->offset == stream->unsent->count) stream->unsent = stream->unsent->next;
    }
    if (end) stream->has_sent_last = 1;
}

void tern_stream_acknowledge(tern_stream *stream, uint64_t count) {
    stream->acknowledged += count;
    while (stream->first && stream->first != stream->unsent && stream->acknowledged >= stream->first->count) {
        tern_block *block = stream->first;
        stream->acknowledged -= block->count;
        stream->first = block->next;
        if (!stream->first) stream->last = NULL;
        free(block);
    }
}
