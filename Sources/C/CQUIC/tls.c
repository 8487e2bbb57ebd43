#include "internal.h"
#include <gnutls/x509.h>
#include <pthread.h>

// Early data is taken once for each first flight (RFC 8446 §8). What was seen is kept for GnuTLS's window of ten
// seconds; when the table is full of that, early data is refused.
enum { TERN_SEEN = 4096, TERN_KEY = 32 };

typedef struct {
    uint8_t keys[TERN_SEEN][TERN_KEY];
    time_t until[TERN_SEEN];
    size_t count;
    pthread_mutex_t lock;
} tern_seen;

struct tern_quic_tls {
    gnutls_certificate_credentials_t credentials;
    int is_server;
    gnutls_datum_t ticket_key;
    gnutls_anti_replay_t anti_replay;
    tern_seen *seen;
};

static int seen_add(void *place, time_t until, const gnutls_datum_t *key, const gnutls_datum_t *data) {
    (void)data;
    tern_seen *seen = place;
    uint8_t own[TERN_KEY] = {0};
    size_t count = key->size < TERN_KEY ? key->size : TERN_KEY;
    memcpy(own, key->data, count);
    time_t now = time(NULL);
    int result = 0;
    pthread_mutex_lock(&seen->lock);
    size_t kept = 0;
    for (size_t index = 0; index < seen->count; index++) {
        if (seen->until[index] < now) continue;
        if (memcmp(seen->keys[index], own, TERN_KEY) == 0) result = GNUTLS_E_DB_ENTRY_EXISTS;
        if (kept != index) {
            memcpy(seen->keys[kept], seen->keys[index], TERN_KEY);
            seen->until[kept] = seen->until[index];
        }
        kept++;
    }
    seen->count = kept;
    if (result == 0) {
        if (kept == TERN_SEEN) {
            result = GNUTLS_E_DB_ENTRY_EXISTS;
        } else {
            memcpy(seen->keys[kept], own, TERN_KEY);
            seen->until[kept] = until;
            seen->count++;
        }
    }
    pthread_mutex_unlock(&seen->lock);
    return result;
}

static int load(tern_quic_tls *tls, const tern_bytes *certificates, size_t count, tern_bytes key) {
    enum { LIMIT = 16 };
    gnutls_x509_crt_t chain[LIMIT];
    size_t loaded = 0;
    gnutls_x509_privkey_t own = NULL;
    int result = 0;
    for (; loaded < count && loaded < LIMIT; loaded++) {
        if ((result = gnutls_x509_crt_init(&chain[loaded])) != 0) goto done;
        gnutls_datum_t der = {(unsigned char *)certificates[loaded].bytes, (unsigned)certificates[loaded].count};
        if ((result = gnutls_x509_crt_import(chain[loaded], &der, GNUTLS_X509_FMT_DER)) != 0) {
            loaded++;
            goto done;
        }
    }
    if ((result = gnutls_x509_privkey_init(&own)) != 0) goto done;
    gnutls_datum_t der = {(unsigned char *)key.bytes, (unsigned)key.count};
    result = gnutls_x509_privkey_import_pkcs8(own, &der, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN);
    if (result == 0) result = gnutls_certificate_set_x509_key(tls->credentials, chain, (int)loaded, own);
done:
    for (size_t index = 0; index < loaded; index++) gnutls_x509_crt_deinit(chain[index]);
    if (own) gnutls_x509_privkey_deinit(own);
    return result < 0 ? result : 0;
}

tern_quic_tls *tern_quic_tls_new(
    int is_server, const tern_bytes *certificates, size_t count, tern_bytes key, const char **words) {
    tern_quic_tls *tls = calloc(1, sizeof *tls);
    *words = "no memory";
    if (!tls) return NULL;
    tls->is_server = is_server;
    int result = gnutls_certificate_allocate_credentials(&tls->credentials);
    if (result == 0 && count > 0) result = load(tls, certificates, count, key);
    if (result == 0 && is_server) {
        result = gnutls_session_ticket_key_generate(&tls->ticket_key);
        if (result == 0) result = gnutls_anti_replay_init(&tls->anti_replay);
        if (result == 0 && !(tls->seen = calloc(1, sizeof *tls->seen))) result = GNUTLS_E_MEMORY_ERROR;
        if (result == 0) {
            pthread_mutex_init(&tls->seen->lock, NULL);
            gnutls_anti_replay_set_ptr(tls->anti_replay, tls->seen);
            gnutls_anti_replay_set_add_function(tls->anti_replay, seen_add);
        }
    }
    if (result == 0) return tls;
    *words = gnutls_strerror(result);
    tern_quic_tls_free(tls);
    return NULL;
}

void tern_quic_tls_free(tern_quic_tls *tls) {
    if (!tls) return;
    if (tls->anti_replay) gnutls_anti_replay_deinit(tls->anti_replay);
    if (tls->seen) pthread_mutex_destroy(&tls->seen->lock);
    free(tls->seen);
    if (tls->ticket_key.data) {
        gnutls_memset(tls->ticket_key.data, 0, tls->ticket_key.size);
        gnutls_free(tls->ticket_key.data);
    }
    if (tls->credentials) gnutls_certificate_free_credentials(tls->credentials);
    free(tls);
}

// MARK: What GnuTLS asks and tells

static tern_quic *owner(gnutls_session_t session) {
    ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
    return ref ? ref->user_data : NULL;
}

static int verify(gnutls_session_t session) {
    enum { LIMIT = 32 };
    tern_quic *quic = owner(session);
    unsigned count = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &count);
    tern_bytes chain[LIMIT];
    if (count > LIMIT) return GNUTLS_E_CERTIFICATE_ERROR;
    for (unsigned index = 0; index < count; index++) chain[index] = (tern_bytes){peers[index].data, peers[index].size};
    tern_bytes staple = {NULL, 0};
    gnutls_datum_t response = {NULL, 0};
    if (!quic->is_server && gnutls_ocsp_status_request_get2(session, 0, &response) == 0 && response.size > 0) {
        staple = (tern_bytes){response.data, response.size};
    }
    return quic->callbacks.verify(quic->user, chain, count, staple) == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int key_log(gnutls_session_t session, const char *label, const gnutls_datum_t *secret) {
    tern_quic *quic = owner(session);
    gnutls_datum_t client = {NULL, 0}, server = {NULL, 0};
    gnutls_session_get_random(session, &client, &server);
    quic->callbacks.key_log(
        quic->user, label, (tern_bytes){client.data, client.size}, (tern_bytes){secret->data, secret->size});
    return 0;
}

// GnuTLS trusts the form in which it gave a session out, and fails badly on one that was damaged since. So a digest
// stands behind it.
enum { SEAL = 32 };

static int seal(const uint8_t *session, size_t count, tern_bytes parameters, uint8_t *digest) {
    gnutls_hash_hd_t hash;
    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != 0) return -1;
    int result = gnutls_hash(hash, session, count);
    if (result == 0 && parameters.count > 0) result = gnutls_hash(hash, parameters.bytes, parameters.count);
    gnutls_hash_deinit(hash, digest);
    return result;
}

static int is_whole(tern_bytes session, tern_bytes parameters) {
    uint8_t digest[SEAL];
    if (session.count <= SEAL) return 0;
    size_t count = session.count - SEAL;
    return seal(session.bytes, count, parameters, digest) == 0 && memcmp(digest, session.bytes + count, SEAL) == 0;
}

static int ticket_came(
    gnutls_session_t session, unsigned type, unsigned when, unsigned incoming, const gnutls_datum_t *message) {
    (void)type, (void)when, (void)message;
    tern_quic *quic = owner(session);
    if (!incoming || !quic->conn) return 0;
    gnutls_datum_t data = {NULL, 0};
    if (gnutls_session_get_data2(session, &data) != 0) return 0;
    uint8_t parameters[512];
    ngtcp2_ssize count = -1;
#if TERN_NGTCP2_1
    count = ngtcp2_conn_encode_0rtt_transport_params(quic->conn, parameters, sizeof parameters);
#else
    const ngtcp2_transport_params *remote = ngtcp2_conn_get_remote_transport_params(quic->conn);
    if (remote) {
        count = ngtcp2_encode_transport_params(
            parameters, sizeof parameters, NGTCP2_TRANSPORT_PARAMS_TYPE_ENCRYPTED_EXTENSIONS, remote);
    }
#endif
    tern_bytes remembered = {parameters, count > 0 ? (size_t)count : 0};
    uint8_t *sealed = malloc(data.size + SEAL);
    if (sealed) {
        memcpy(sealed, data.data, data.size);
        if (seal(sealed, data.size, remembered, sealed + data.size) == 0) {
            quic->callbacks.ticket(quic->user, (tern_bytes){sealed, data.size + SEAL}, remembered);
        }
        gnutls_memset(sealed, 0, data.size);
        free(sealed);
    }
    gnutls_memset(data.data, 0, data.size);
    gnutls_free(data.data);
    return 0;
}

// MARK: A session

static const char priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CCM:-GROUP-ALL:"
    "+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:%DISABLE_TLS13_COMPAT_MODE";

static ngtcp2_conn *conn_of(ngtcp2_crypto_conn_ref *ref) { return ((tern_quic *)ref->user_data)->conn; }

static int set_alpn(gnutls_session_t session, const char *alpn, size_t count, int is_server) {
    enum { LIMIT = 8 };
    gnutls_datum_t names[LIMIT];
    unsigned found = 0;
    for (size_t offset = 0; offset < count && found < LIMIT;) {
        size_t length = (uint8_t)alpn[offset];
        if (length > count - offset - 1) break;
        names[found++] = (gnutls_datum_t){(unsigned char *)alpn + offset + 1, (unsigned)length};
        offset += length + 1;
    }
    unsigned flags = GNUTLS_ALPN_MANDATORY | (is_server ? GNUTLS_ALPN_SERVER_PRECEDENCE : 0);
    return gnutls_alpn_set_protocols(session, names, found, flags);
}

int tern_tls_start(tern_quic *quic, tern_quic_tls *tls, const tern_quic_settings *settings, const char **words) {
    unsigned flags = GNUTLS_NO_END_OF_EARLY_DATA;
    // A client that has the flag announces early data with every ticket, whether any follows or not.
    if (tls->is_server ? settings->takes_early_data : settings->early_data) flags |= GNUTLS_ENABLE_EARLY_DATA;
    if (tls->is_server) {
        flags |= GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET;
    } else {
        flags |= GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;
    }
    int result = gnutls_init(&quic->tls, flags);
    if (result != 0) goto failed;
    gnutls_session_t session = quic->tls;
    quic->ref.get_conn = conn_of;
    quic->ref.user_data = quic;
    gnutls_session_set_ptr(session, &quic->ref);
    if ((result = gnutls_priority_set_direct(session, priorities, NULL)) != 0) goto failed;
    if ((result = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials)) != 0) goto failed;
    if ((result = set_alpn(session, settings->alpn, settings->alpn_count, tls->is_server)) != 0) goto failed;
    if (settings->key_log) gnutls_session_set_keylog_function(session, key_log);
    if (tls->is_server) {
        if (ngtcp2_crypto_gnutls_configure_server_session(session) != 0) goto failed;
        if (settings->tickets > 0) {
            if ((result = gnutls_session_ticket_enable_server(session, &tls->ticket_key)) != 0) goto failed;
        }
        if (settings->takes_early_data) {
            gnutls_anti_replay_enable(session, tls->anti_replay);
            // The only value that QUIC allows (RFC 9001 §4.6.1).
            gnutls_record_set_max_early_data_size(session, 0xFFFFFFFFu);
        }
        if (settings->client_certificate != TERN_CLIENT_CERTIFICATE_NONE) {
            int isRequired = settings->client_certificate == TERN_CLIENT_CERTIFICATE_REQUIRED;
            gnutls_certificate_server_set_request(session, isRequired ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
            gnutls_session_set_verify_function(session, verify);
        }
        return 0;
    }
    if (ngtcp2_crypto_gnutls_configure_client_session(session) != 0) goto failed;
    gnutls_handshake_set_hook_function(
        session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST, ticket_came);
    if (settings->verifies) gnutls_session_set_verify_function(session, verify);
    if (settings->server_name) {
        result =
            gnutls_server_name_set(session, GNUTLS_NAME_DNS, settings->server_name, strlen(settings->server_name));
        if (result != 0) goto failed;
    }
    if (is_whole(settings->session, settings->parameters)) {
        // A ticket that cannot be read costs a full handshake, no more.
        result = gnutls_session_set_data(session, settings->session.bytes, settings->session.count - SEAL);
        quic->early_data = result == 0 && settings->early_data && settings->parameters.count > 0
            && gnutls_record_get_max_early_data_size(session) > 0;
    }
    return 0;
failed:
    *words = result < 0 ? gnutls_strerror(result) : "GnuTLS could not be set up for QUIC";
    return -1;
}

void tern_quic_handshake_of(const tern_quic *quic, tern_quic_handshake *handshake) {
    memset(handshake, 0, sizeof *handshake);
    handshake->early_data = quic->early_data ? quic->early_data == 1 : -1;
    if (!quic->conn) return;
    handshake->version = ngtcp2_conn_get_negotiated_version(quic->conn);
    switch (gnutls_cipher_get(quic->tls)) {
    case GNUTLS_CIPHER_AES_128_GCM: handshake->cipher = "TLS_AES_128_GCM_SHA256"; break;
    case GNUTLS_CIPHER_AES_256_GCM: handshake->cipher = "TLS_AES_256_GCM_SHA384"; break;
    case GNUTLS_CIPHER_CHACHA20_POLY1305: handshake->cipher = "TLS_CHACHA20_POLY1305_SHA256"; break;
    case GNUTLS_CIPHER_AES_128_CCM: handshake->cipher = "TLS_AES_128_CCM_SHA256"; break;
    default: handshake->cipher = gnutls_cipher_get_name(gnutls_cipher_get(quic->tls));
    }
    handshake->group = gnutls_group_get_name(gnutls_group_get(quic->tls));
    gnutls_datum_t alpn = {NULL, 0};
    if (gnutls_alpn_get_selected_protocol(quic->tls, &alpn) == 0) handshake->alpn = (tern_bytes){alpn.data, alpn.size};
    handshake->resumed = gnutls_session_is_resumed(quic->tls) != 0;
}

tern_bytes tern_quic_certificate(const tern_quic *quic, unsigned index) {
    unsigned count = 0;
    const gnutls_datum_t *peers = quic->tls ? gnutls_certificate_get_peers(quic->tls, &count) : NULL;
    if (!peers || index >= count) return (tern_bytes){NULL, 0};
    return (tern_bytes){peers[index].data, peers[index].size};
}

const char *tern_quic_tls_words(int tls_error) { return gnutls_strerror(tls_error); }

int tern_quic_random(uint8_t *place, size_t count) { return gnutls_rnd(GNUTLS_RND_RANDOM, place, count); }
