import CCurl
import COpenSSL
import Glibc

/// The installed libcurl: set up once for the process, and asked what it is.
enum CurlLibrary {
    /// What went wrong with `curl_global_init`, which runs on first use; `nil` if all is well.
    static let setUpFailure: String? = {
        // Before libcurl starts OpenSSL: a process may end while a loop still closes its connections.
        _ = tern_ssl_start()
        let code = curl_global_init(Int(CURL_GLOBAL_ALL))
        return code == CURLE_OK ? nil : "curl_global_init: \(text(code))"
    }()

    /// `7.88.1`.
    static let version: String = {
        guard let info = unsafe tern_curl_version(), let version = unsafe info.pointee.version else {
            return "unknown"
        }
        return unsafe String(cString: version)
    }()

    /// Version of libcurl as a number, `0x075801` for 7.88.1.
    static let versionNumber: UInt32 = {
        guard let info = unsafe tern_curl_version() else { return 0 }
        return unsafe info.pointee.version_num
    }()

    /// Name and version of the TLS library: `OpenSSL/3.0.17`; empty without TLS.
    static let tlsVersion: String = {
        guard let info = unsafe tern_curl_version(), let version = unsafe info.pointee.ssl_version else {
            return ""
        }
        return unsafe String(cString: version)
    }()

    private static let features: Int32 = {
        guard let info = unsafe tern_curl_version() else { return 0 }
        return unsafe info.pointee.features
    }()

    /// Whether libcurl was built with what one of `CURL_VERSION_…` stands for.
    static func has(_ feature: Int32) -> Bool { features & feature != 0 }

    /// libcurl's words for a code.
    static func text(_ code: CURLcode) -> String {
        guard let text = unsafe curl_easy_strerror(code) else { return "CURLcode \(code.rawValue)" }
        return unsafe String(cString: text)
    }

    /// The system's words for an error number: "Connection refused".
    static func systemText(_ error: Int32) -> String {
        guard let text = unsafe strerror(error) else { return "errno \(error)" }
        return unsafe String(cString: text)
    }
}
