// The peer's SETTINGS (RFC 9114 §7.2.4), read beside nghttp3, which neither tells of them in 0.8 nor refuses the same
// identifier twice.
#include "internal.h"

enum { TYPE, FRAME, LENGTH, KEY, VALUE, DONE };
enum { CONTROL_STREAM = 0, SETTINGS_FRAME = 4 };
enum { MAX_FIELD_SECTION_SIZE = 0x06, ENABLE_CONNECT_PROTOCOL = 0x08 };
enum { LONGEST = 4096 };  // bytes of the frame; known settings and grease take some fifty

static tern_settings_reader *reader_of(tern_quic *quic, int64_t id) {
    tern_settings_reader *free_one = NULL;
    for (int index = 0; index < TERN_SETTINGS_READERS; index++) {
        tern_settings_reader *reader = &quic->h3.readers[index];
        if (reader->in_use && reader->id == id) return reader;
        if ((!reader->in_use || reader->step == DONE) && !free_one) free_one = reader;
    }
    if (!free_one || (id >> 2) >= TERN_SETTINGS_READERS) return NULL;
    memset(free_one, 0, sizeof *free_one);
    free_one->in_use = 1;
    free_one->id = id;
    free_one->max_field_section = UINT64_MAX;
    return free_one;
}

static uint64_t take_pair(tern_settings_reader *reader, uint64_t value) {
    for (int index = 0; index < reader->key_count; index++) {
        if (reader->keys[index] == reader->key) return NGHTTP3_H3_SETTINGS_ERROR;
    }
    if (reader->key_count == sizeof reader->keys / sizeof *reader->keys) return NGHTTP3_H3_EXCESSIVE_LOAD;
    reader->keys[reader->key_count++] = reader->key;
    if (reader->key == MAX_FIELD_SECTION_SIZE) reader->max_field_section = value;
    if (reader->key == ENABLE_CONNECT_PROTOCOL) {
        if (value > 1) return NGHTTP3_H3_SETTINGS_ERROR;
        reader->connect_protocol = value == 1;
    }
    return 0;
}

static void finish(tern_quic *quic, tern_settings_reader *reader) {
    uint64_t limit = reader->max_field_section;
    int connect_protocol = reader->connect_protocol;
    free(quic->h3.readers);
    quic->h3.readers = NULL;
    quic->h3.callbacks.settings(quic->h3.user, limit, connect_protocol);
}

// Nought, or the code to close the connection with. What else is wrong nghttp3 finds.
uint64_t tern_h3_read_settings(tern_quic *quic, int64_t id, const uint8_t *bytes, size_t count) {
    tern_settings_reader *reader = reader_of(quic, id);
    if (!reader) return 0;
    for (size_t index = 0; index < count && reader->step != DONE; index++) {
        uint8_t byte = bytes[index];
        int is_pair = reader->step == KEY || reader->step == VALUE;
        if (is_pair) {
            if (reader->left == 0) return NGHTTP3_H3_FRAME_ERROR;
            reader->left--;
        }
        // RFC 9000 §16: the two highest bits of the first byte tell how many follow.
        if (reader->need == 0) {
            reader->need = (uint8_t)(1u << (byte >> 6));
            reader->varint = byte & 0x3F;
        } else {
            reader->varint = reader->varint << 8 | byte;
        }
        if (--reader->need > 0) continue;
        uint64_t value = reader->varint, fault = 0;
        switch (reader->step) {
        case TYPE: reader->step = value == CONTROL_STREAM ? FRAME : DONE; break;
        case FRAME: reader->step = value == SETTINGS_FRAME ? LENGTH : DONE; break;
        case LENGTH:
            if (value > LONGEST) return NGHTTP3_H3_EXCESSIVE_LOAD;
            reader->left = value;
            reader->step = KEY;
            break;
        case KEY:
            reader->key = value;
            if (reader->left == 0) return NGHTTP3_H3_FRAME_ERROR;
            reader->step = VALUE;
            break;
        case VALUE:
            fault = take_pair(reader, value);
            if (fault) return fault;
            reader->step = KEY;
            break;
        }
        if (reader->step == KEY && reader->left == 0) {
            finish(quic, reader);
            return 0;
        }
    }
    return 0;
}
