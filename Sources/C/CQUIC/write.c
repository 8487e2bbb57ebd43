// What a connection sends: packets of one size, one behind the other, until the path or the batch is full.
#include "internal.h"

enum { LARGEST_BATCH = 65000, PIECES = 16 };

static int write_close(tern_quic *quic, uint8_t *place, size_t capacity, tern_quic_batch *batch) {
    quic->owes_close = 0;
    if (quic->last_close) {
        if (quic->last_close_count > capacity) return 0;
        memcpy(place, quic->last_close, quic->last_close_count);
        batch->count = batch->segment = quic->last_close_count;
        batch->ecn = 0;
        tern_quic_path_of(quic, &batch->path);
        return 1;
    }
    ngtcp2_path_storage storage;
    ngtcp2_path_storage_zero(&storage);
    ngtcp2_pkt_info info = {0};
    size_t room = capacity < 1200 ? capacity : 1200;
    ngtcp2_ssize count = ngtcp2_conn_write_connection_close(
        quic->conn, &storage.path, &info, place, room, &quic->close_error, quic->now);
    if (count <= 0) return 0;
    batch->count = batch->segment = (size_t)count;
    batch->ecn = info.ecn;
    tern_from_path(&storage.path, &batch->path);
    quic->last_close = malloc((size_t)count);
    if (quic->last_close) {
        memcpy(quic->last_close, place, (size_t)count);
        quic->last_close_count = (size_t)count;
    }
    return 1;
}

static void note_written(tern_quic *quic, int64_t id, size_t count, int is_last) {
    if (!quic->h3.is_attached) {
        tern_raw_wrote(quic, id, count, is_last);
        return;
    }
    nghttp3_conn_add_write_offset(quic->h3.conn, id, count);
    tern_stream *stream = tern_stream_find(quic, id);
    if (!stream || stream->slot < 0 || (stream->has_sent && !is_last)) return;
    stream->has_sent = 1;
    if (is_last) {
        stream->has_sent_last = 1;
        if (stream->uploads) quic->uploads--;
        stream->uploads = 0;
    }
    quic->h3.callbacks.sent(quic->h3.user, stream->slot, is_last);
}

static void block_stream(tern_quic *quic, int64_t id) {
    if (quic->h3.conn) {
        nghttp3_conn_block_stream(quic->h3.conn, id);
        return;
    }
    tern_stream *stream = tern_stream_find(quic, id);
    if (stream) stream->is_blocked = 1;
}

static void shut_stream(tern_quic *quic, int64_t id) {
    if (quic->h3.conn) {
        nghttp3_conn_shutdown_stream_write(quic->h3.conn, id);
        return;
    }
    tern_stream *stream = tern_stream_find(quic, id);
    if (stream) stream->was_stopped = 1;
}

// One packet. Nought if there is none to send, negative if the connection is over.
static ngtcp2_ssize write_packet(
    tern_quic *quic, ngtcp2_path *path, ngtcp2_pkt_info *info, uint8_t *place, size_t capacity) {
    ngtcp2_vec pieces[PIECES];
    for (;;) {
        int64_t id = -1;
        int end = 0;
        ngtcp2_ssize count = 0;
        uint32_t flags = 0;
        if (quic->owes_end) {
            // nghttp3 0.8 forgets an end without bytes when it hears of an acknowledgement before it was sent.
            id = quic->ending;
            end = 1;
        } else if (quic->h3.conn) {
            if (ngtcp2_conn_get_max_data_left(quic->conn) > 0) {
                count = nghttp3_conn_writev_stream(quic->h3.conn, &id, &end, (nghttp3_vec *)pieces, PIECES);
                if (count < 0) {
                    tern_h3_fail(quic, (int)count);
                    // The packet that is under way is finished, or ngtcp2 would abort at its next call.
                    ngtcp2_ssize rest =
                        ngtcp2_conn_writev_stream(quic->conn, path, info, place, capacity, NULL, 0, -1, NULL, 0, quic->now);
                    (void)rest;
                    tern_quic_fail(quic, NGTCP2_ERR_CALLBACK_FAILURE);
                    return -1;
                }
            }
        } else if (!quic->h3.is_attached && quic->streams && ngtcp2_conn_get_max_data_left(quic->conn) > 0) {
            count = tern_raw_next(quic, &id, &end, pieces) && pieces[0].len > 0;
        }
        if (id >= 0) flags = NGTCP2_WRITE_STREAM_FLAG_MORE | (end ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0);
        ngtcp2_ssize taken = -1;
        ngtcp2_ssize written = ngtcp2_conn_writev_stream(
            quic->conn, path, info, place, capacity, &taken, flags, id, pieces, (size_t)count, quic->now);
        quic->owes_end = quic->h3.conn && end && count == 0 && taken < 0 && written >= 0;
        quic->ending = id;
        if (taken >= 0 && (written >= 0 || written == NGTCP2_ERR_WRITE_MORE)) {
            size_t offered = 0;
            for (ngtcp2_ssize index = 0; index < count; index++) offered += pieces[index].len;
            note_written(quic, id, (size_t)taken, end && (size_t)taken == offered);
        }
        switch (written) {
        case NGTCP2_ERR_WRITE_MORE: continue;
        case NGTCP2_ERR_STREAM_DATA_BLOCKED: block_stream(quic, id); continue;
        case NGTCP2_ERR_STREAM_SHUT_WR:
        case NGTCP2_ERR_STREAM_NOT_FOUND: shut_stream(quic, id); continue;
        default:
            if (written < 0) tern_quic_fail(quic, (int)written);
            return written;
        }
    }
}

static int hold(tern_quic *quic, const uint8_t *bytes, size_t count, unsigned ecn, const ngtcp2_path *path) {
    if (!quic->held) quic->held = malloc(TERN_MAX_PACKET);
    if (!quic->held) return -1;  // as good as lost on the way
    memcpy(quic->held, bytes, count);
    quic->held_count = count;
    quic->held_ecn = ecn;
    ngtcp2_path_storage_zero(&quic->held_path);
    ngtcp2_path_copy(&quic->held_path.path, path);
    return 0;
}

static void finish(tern_quic *quic, tern_quic_batch *batch, const ngtcp2_path *path) {
    tern_from_path(path, &batch->path);
    // Before a round trip was measured, pacing would count with a third of a second and hold the handshake up.
    if (quic->has_handshake) ngtcp2_conn_update_pkt_tx_time(quic->conn, quic->now);
    if (!quic->waiting_since) {
        tern_conn_info info;
        tern_get_info(quic->conn, &info);
        if (info.bytes_in_flight > 0) quic->waiting_since = quic->now;
    }
}

int tern_quic_write(
    tern_quic *quic, uint8_t *place, size_t capacity, size_t datagrams, uint64_t now, tern_quic_batch *batch) {
    tern_quic_tick(quic, now);
    if (!quic->conn) return 0;
    if (quic->outcome.kind) return quic->owes_close ? write_close(quic, place, capacity, batch) : 0;
    if (quic->has_more) return 0;
    if (capacity > LARGEST_BATCH) capacity = LARGEST_BATCH;
    ngtcp2_path_storage first, storage;
    ngtcp2_path_storage_zero(&first);
    ngtcp2_path_storage_zero(&storage);
    size_t largest = ngtcp2_conn_get_max_tx_udp_payload_size(quic->conn);
    size_t proven = ngtcp2_conn_get_path_max_tx_udp_payload_size(quic->conn);
    size_t quantum = ngtcp2_conn_get_send_quantum(quic->conn);
    if (datagrams > quantum / largest) datagrams = quantum / largest;
    if (datagrams < 1) datagrams = 1;
    size_t used = 0, count = 0, segment = 0;
    unsigned ecn = 0;
    if (quic->held_count > 0) {
        memcpy(place, quic->held, quic->held_count);
        used = segment = quic->held_count;
        quic->held_count = 0;
        count = 1;
        ecn = quic->held_ecn;
        ngtcp2_path_copy(&first.path, &quic->held_path.path);
    }
    while (count < datagrams && used + largest <= capacity) {
        ngtcp2_pkt_info info = {0};
        ngtcp2_ssize written = write_packet(quic, &storage.path, &info, place + used, largest);
        if (written <= 0) break;
        size_t size = (size_t)written;
        quic->sent++;
        if (count == 0) {
            segment = size;
            ecn = info.ecn;
            ngtcp2_path_copy(&first.path, &storage.path);
        } else if (
            info.ecn != ecn || size > segment || (segment > proven && size != segment)
            || !ngtcp2_path_eq(&first.path, &storage.path)) {
            hold(quic, place + used, size, info.ecn, &storage.path);
            break;
        }
        used += size;
        count++;
        if (size < segment) break;
    }
    if (quic->pings) {
        quic->pings = 0;
        uint64_t wish = quic->settings.keep_alive;
        ngtcp2_conn_set_keep_alive_timeout(quic->conn, wish ? wish : TERN_NO_KEEP_ALIVE);
    }
    if (count == 0) return quic->outcome.kind && quic->owes_close ? write_close(quic, place, capacity, batch) : 0;
    // A whole quantum went out: the owner looks at what came in before the next.
    quic->turn += used;
    quic->has_more = quic->turn >= quantum && !quic->outcome.kind;
    batch->count = used;
    batch->segment = segment;
    batch->ecn = ecn;
    finish(quic, batch, &first.path);
    return 1;
}
