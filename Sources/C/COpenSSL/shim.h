// Macros of OpenSSL as functions, for Swift. None of them has logic.
#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static inline int tern_ssl_context_index(void) { return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL); }
static inline int tern_ssl_negotiated_group(SSL *ssl) { return (int)SSL_get_negotiated_group(ssl); }
static inline const char *tern_ssl_cipher_name(const SSL *ssl) { return SSL_get_cipher_name(ssl); }
static inline const char *tern_ssl_group_name(int group) { return OBJ_nid2sn(group); }
static inline int tern_x509_count(const STACK_OF(X509) *chain) { return chain ? sk_X509_num(chain) : 0; }
static inline X509 *tern_x509_at(const STACK_OF(X509) *chain, int index) { return sk_X509_value(chain, index); }
