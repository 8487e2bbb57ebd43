#include "cquic.h"

#include <gnutls/gnutls.h>
#include <nghttp3/nghttp3.h>
#include <ngtcp2/ngtcp2.h>
#include <stdio.h>

const char *tern_quic_libraries(void) {
    static char text[120];
    const ngtcp2_info *quic = ngtcp2_version(0);
    const nghttp3_info *http3 = nghttp3_version(0);
    snprintf(text, sizeof text, "ngtcp2/%s nghttp3/%s GnuTLS/%s", quic ? quic->version_str : "?",
             http3 ? http3->version_str : "?", gnutls_check_version(NULL));
    return text;
}
