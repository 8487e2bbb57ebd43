import CCurl
import TransportCore

/// What each code of libcurl means here: one row for each of `0..<CURL_LAST` that is known.
///
/// A phase of `nil` is the one that the exchange is in. Codes of other protocols (FTP, mail, SSH …) cannot come, as
/// only `http` and `https` are allowed: they are failures of the library.
struct ErrorTable {
    /// A row.
    struct Row {
        /// As `curl.h` has it.
        var name: String
        var code: TransportError.Code
        var phase: TransportError.Phase?

        init(_ name: String, _ code: TransportError.Code, _ phase: TransportError.Phase? = nil) {
            self.name = name
            self.code = code
            self.phase = phase
        }
    }

    /// The row of `code`; for one that a later libcurl brings, a failure of the library.
    static func row(_ code: CURLcode) -> Row {
        let index = Int(code.rawValue)
        return rows.indices.contains(index) ? rows[index] : Row("CURLE_\(index)", .libraryFailure)
    }

    /// By code. `CURLE_OK`, the first, is no error.
    static let rows: [Row] = [
        Row("CURLE_OK", .libraryFailure),
        Row("CURLE_UNSUPPORTED_PROTOCOL", .malformedResponse, .head),  // HTTP/0.9, and other schemes
        Row("CURLE_FAILED_INIT", .libraryFailure),
        Row("CURLE_URL_MALFORMAT", .badRequest, .input),
        Row("CURLE_NOT_BUILT_IN", .unsupported),
        Row("CURLE_COULDNT_RESOLVE_PROXY", .hostNotFound, .resolve),  // the proxy
        Row("CURLE_COULDNT_RESOLVE_HOST", .hostNotFound, .resolve),
        Row("CURLE_COULDNT_CONNECT", .connectFailed, .connect),
        Row("CURLE_WEIRD_SERVER_REPLY", .malformedResponse, .head),
        Row("CURLE_REMOTE_ACCESS_DENIED", .libraryFailure),
        Row("CURLE_FTP_ACCEPT_FAILED", .libraryFailure),
        Row("CURLE_FTP_WEIRD_PASS_REPLY", .libraryFailure),
        Row("CURLE_FTP_ACCEPT_TIMEOUT", .libraryFailure),
        Row("CURLE_FTP_WEIRD_PASV_REPLY", .libraryFailure),
        Row("CURLE_FTP_WEIRD_227_FORMAT", .libraryFailure),
        Row("CURLE_FTP_CANT_GET_HOST", .libraryFailure),
        Row("CURLE_HTTP2", .protocolViolation),
        Row("CURLE_FTP_COULDNT_SET_TYPE", .libraryFailure),
        Row("CURLE_PARTIAL_FILE", .bodyTruncated, .body),
        Row("CURLE_FTP_COULDNT_RETR_FILE", .libraryFailure),
        Row("CURLE_OBSOLETE20", .libraryFailure),
        Row("CURLE_QUOTE_ERROR", .libraryFailure),
        Row("CURLE_HTTP_RETURNED_ERROR", .libraryFailure),
        Row("CURLE_WRITE_ERROR", .libraryFailure),  // our write function refused without a reason
        Row("CURLE_OBSOLETE24", .libraryFailure),
        Row("CURLE_UPLOAD_FAILED", .libraryFailure),
        Row("CURLE_READ_ERROR", .bodyFailed, .send),
        Row("CURLE_OUT_OF_MEMORY", .libraryFailure),
        Row("CURLE_OPERATION_TIMEDOUT", .connectTimeout, .connect),  // libcurl's own timeout, which ours precede
        Row("CURLE_OBSOLETE29", .libraryFailure),
        Row("CURLE_FTP_PORT_FAILED", .libraryFailure),
        Row("CURLE_FTP_COULDNT_USE_REST", .libraryFailure),
        Row("CURLE_OBSOLETE32", .libraryFailure),
        Row("CURLE_RANGE_ERROR", .libraryFailure),
        Row("CURLE_HTTP_POST_ERROR", .libraryFailure, .send),
        Row("CURLE_SSL_CONNECT_ERROR", .tlsFailed, .tls),
        Row("CURLE_BAD_DOWNLOAD_RESUME", .libraryFailure),
        Row("CURLE_FILE_COULDNT_READ_FILE", .libraryFailure),
        Row("CURLE_LDAP_CANNOT_BIND", .libraryFailure),
        Row("CURLE_LDAP_SEARCH_FAILED", .libraryFailure),
        Row("CURLE_OBSOLETE40", .libraryFailure),
        Row("CURLE_FUNCTION_NOT_FOUND", .libraryFailure),
        Row("CURLE_ABORTED_BY_CALLBACK", .libraryFailure),  // our callbacks give their reasons
        Row("CURLE_BAD_FUNCTION_ARGUMENT", .libraryFailure),
        Row("CURLE_OBSOLETE44", .libraryFailure),
        Row("CURLE_INTERFACE_FAILED", .connectFailed, .connect),  // the local address or interface
        Row("CURLE_OBSOLETE46", .libraryFailure),
        Row("CURLE_TOO_MANY_REDIRECTS", .libraryFailure),
        Row("CURLE_UNKNOWN_OPTION", .unsupported),
        Row("CURLE_SETOPT_OPTION_SYNTAX", .libraryFailure),
        Row("CURLE_OBSOLETE50", .libraryFailure),
        Row("CURLE_OBSOLETE51", .libraryFailure),
        Row("CURLE_GOT_NOTHING", .connectionClosed, .head),
        Row("CURLE_SSL_ENGINE_NOTFOUND", .tlsFailed, .tls),
        Row("CURLE_SSL_ENGINE_SETFAILED", .tlsFailed, .tls),
        Row("CURLE_SEND_ERROR", .sendFailed),
        Row("CURLE_RECV_ERROR", .connectionReset),
        Row("CURLE_OBSOLETE57", .libraryFailure),
        Row("CURLE_SSL_CERTPROBLEM", .clientCertificateInvalid, .tls),
        Row("CURLE_SSL_CIPHER", .tlsFailed, .tls),
        Row("CURLE_PEER_FAILED_VERIFICATION", .certificateInvalid, .tls),
        Row("CURLE_BAD_CONTENT_ENCODING", .malformedResponse, .body),
        Row("CURLE_OBSOLETE62", .libraryFailure),
        Row("CURLE_FILESIZE_EXCEEDED", .libraryFailure),
        Row("CURLE_USE_SSL_FAILED", .libraryFailure),
        Row("CURLE_SEND_FAIL_REWIND", .bodyFailed, .send),
        Row("CURLE_SSL_ENGINE_INITFAILED", .tlsFailed, .tls),
        Row("CURLE_LOGIN_DENIED", .libraryFailure),
        Row("CURLE_TFTP_NOTFOUND", .libraryFailure),
        Row("CURLE_TFTP_PERM", .libraryFailure),
        Row("CURLE_REMOTE_DISK_FULL", .libraryFailure),
        Row("CURLE_TFTP_ILLEGAL", .libraryFailure),
        Row("CURLE_TFTP_UNKNOWNID", .libraryFailure),
        Row("CURLE_REMOTE_FILE_EXISTS", .libraryFailure),
        Row("CURLE_TFTP_NOSUCHUSER", .libraryFailure),
        Row("CURLE_OBSOLETE75", .libraryFailure),
        Row("CURLE_OBSOLETE76", .libraryFailure),
        Row("CURLE_SSL_CACERT_BADFILE", .certificateInvalid, .tls),  // the authorities could not be read
        Row("CURLE_REMOTE_FILE_NOT_FOUND", .libraryFailure),
        Row("CURLE_SSH", .libraryFailure),
        Row("CURLE_SSL_SHUTDOWN_FAILED", .tlsFailed),
        Row("CURLE_AGAIN", .libraryFailure),
        Row("CURLE_SSL_CRL_BADFILE", .tlsFailed, .tls),
        Row("CURLE_SSL_ISSUER_ERROR", .certificateInvalid, .tls),
        Row("CURLE_FTP_PRET_FAILED", .libraryFailure),
        Row("CURLE_RTSP_CSEQ_ERROR", .libraryFailure),
        Row("CURLE_RTSP_SESSION_ERROR", .libraryFailure),
        Row("CURLE_FTP_BAD_FILE_LIST", .libraryFailure),
        Row("CURLE_CHUNK_FAILED", .libraryFailure),
        Row("CURLE_NO_CONNECTION_AVAILABLE", .poolTimeout, .queue),
        Row("CURLE_SSL_PINNEDPUBKEYNOTMATCH", .pinMismatch, .tls),
        Row("CURLE_SSL_INVALIDCERTSTATUS", .certificateInvalid, .tls),
        Row("CURLE_HTTP2_STREAM", .streamReset),
        Row("CURLE_RECURSIVE_API_CALL", .libraryFailure),
        Row("CURLE_AUTH_ERROR", .libraryFailure),
        Row("CURLE_HTTP3", .protocolViolation),
        Row("CURLE_QUIC_CONNECT_ERROR", .connectFailed, .connect),
        Row("CURLE_PROXY", .proxyFailed, .connect),
        Row("CURLE_SSL_CLIENTCERT", .clientCertificateInvalid, .tls),
        Row("CURLE_UNRECOVERABLE_POLL", .libraryFailure),
    ]
}
