// Macros of OpenSSL as functions, for Swift. None of them has logic.
#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline int tern_ssl_context_index(void) { return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL); }
static inline int tern_ssl_negotiated_group(SSL *ssl) { return (int)SSL_get_negotiated_group(ssl); }
static inline const char *tern_ssl_cipher_name(const SSL *ssl) { return SSL_get_cipher_name(ssl); }
static inline const char *tern_ssl_group_name(int group) { return OBJ_nid2sn(group); }
static inline int tern_x509_count(const STACK_OF(X509) *chain) { return chain ? sk_X509_num(chain) : 0; }
static inline X509 *tern_x509_at(const STACK_OF(X509) *chain, int index) { return sk_X509_value(chain, index); }

static inline int tern_ssl_context_set_min_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int tern_ssl_context_set_max_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_max_proto_version(context, version);
}
static inline void tern_ssl_context_set_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }
static inline void tern_ssl_context_set_session_cache(SSL_CTX *context, long mode) {
    SSL_CTX_set_session_cache_mode(context, mode);
}
static inline int tern_ssl_context_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
static inline STACK_OF(X509) *tern_ssl_context_chain(SSL_CTX *context) {
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(context, &chain);
    return chain;
}
static inline STACK_OF(X509) *tern_x509_stack_new(void) { return sk_X509_new_null(); }
static inline int tern_x509_push(STACK_OF(X509) *stack, X509 *certificate) { return sk_X509_push(stack, certificate); }
// The certificates in it are not freed.
static inline void tern_x509_stack_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
static inline void tern_ssl_context_set_staple_callback(
    SSL_CTX *context, int (*callback)(SSL *, void *), void *argument) {
    SSL_CTX_set_tlsext_status_cb(context, callback);
    SSL_CTX_set_tlsext_status_arg(context, argument);
}
static inline int tern_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
static inline void tern_ssl_ask_for_staple(SSL *ssl) { SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp); }
static inline long tern_ssl_staple(SSL *ssl, const unsigned char **bytes) {
    return SSL_get_tlsext_status_ocsp_resp(ssl, bytes);
}
static inline void tern_ssl_set_staple(SSL *ssl, unsigned char *bytes, long count) {
    SSL_set_tlsext_status_ocsp_resp(ssl, bytes, count);
}
static inline void *tern_openssl_malloc(size_t count) { return OPENSSL_malloc(count); }

// OpenSSL without its clean-up at the process's exit, which frees what threads that still run are using. Of no effect
// if somebody was first.
static inline int tern_ssl_start(void) { return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }
