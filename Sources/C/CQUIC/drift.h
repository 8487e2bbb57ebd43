// What differs between ngtcp2 0.12 (Debian 12) and 1.x, and between nghttp3 0.8 and 1.x, under one set of names.
#pragma once
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <nghttp3/nghttp3.h>

#if NGTCP2_VERSION_NUM >= 0x010000
#define TERN_NGTCP2_1 1
typedef ngtcp2_ccerr tern_close_error;
typedef ngtcp2_encryption_level tern_level;
#define TERN_LEVEL_APPLICATION NGTCP2_ENCRYPTION_LEVEL_1RTT
#define TERN_CLOSE_APPLICATION NGTCP2_CCERR_TYPE_APPLICATION
#define TERN_CLOSE_TRANSPORT NGTCP2_CCERR_TYPE_TRANSPORT
#define TERN_NO_KEEP_ALIVE UINT64_MAX
#define tern_close_default ngtcp2_ccerr_default
#define tern_close_application ngtcp2_ccerr_set_application_error
#define tern_close_library ngtcp2_ccerr_set_liberr
#define tern_close_alert ngtcp2_ccerr_set_tls_alert
#define tern_shutdown_stream(conn, id, code) ngtcp2_conn_shutdown_stream(conn, 0, id, code)
#define tern_shutdown_stream_read(conn, id, code) ngtcp2_conn_shutdown_stream_read(conn, 0, id, code)
#define tern_shutdown_stream_write(conn, id, code) ngtcp2_conn_shutdown_stream_write(conn, 0, id, code)
#define tern_early_data_rejected ngtcp2_conn_tls_early_data_rejected
#define tern_handshake_completed ngtcp2_conn_tls_handshake_completed
typedef ngtcp2_conn_info tern_conn_info;
#define tern_get_info ngtcp2_conn_get_conn_info
#else
#define TERN_NGTCP2_1 0
typedef ngtcp2_connection_close_error tern_close_error;
typedef ngtcp2_crypto_level tern_level;
#define TERN_LEVEL_APPLICATION NGTCP2_CRYPTO_LEVEL_APPLICATION
#define TERN_CLOSE_APPLICATION NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION
#define TERN_CLOSE_TRANSPORT NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_TRANSPORT
#define TERN_NO_KEEP_ALIVE 0
#define tern_close_default ngtcp2_connection_close_error_default
#define tern_close_application ngtcp2_connection_close_error_set_application_error
#define tern_close_library ngtcp2_connection_close_error_set_transport_error_liberr
#define tern_close_alert ngtcp2_connection_close_error_set_transport_error_tls_alert
#define tern_shutdown_stream ngtcp2_conn_shutdown_stream
#define tern_shutdown_stream_read ngtcp2_conn_shutdown_stream_read
#define tern_shutdown_stream_write ngtcp2_conn_shutdown_stream_write
#define tern_early_data_rejected ngtcp2_conn_early_data_rejected
typedef ngtcp2_conn_stat tern_conn_info;
#define tern_get_info ngtcp2_conn_get_conn_stat
#endif
