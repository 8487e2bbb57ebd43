import CCurl
import TransportCore

/// Trust, identity and versions of TLS.
struct TLSSetup {
    /// Whom the options are for: libcurl has a second set for an HTTPS proxy.
    enum Peer { case origin, proxy }
    private let tls: TLSOptions

    init(_ tls: TLSOptions) { self.tls = tls }

    func apply(to easy: Easy, _ peer: Peer) {
        let isOrigin = peer == .origin
        easy.set(isOrigin ? CURLOPT_SSL_VERIFYPEER : CURLOPT_PROXY_SSL_VERIFYPEER, tls.verifiesPeer)
        easy.set(isOrigin ? CURLOPT_SSL_VERIFYHOST : CURLOPT_PROXY_SSL_VERIFYHOST, tls.verifiesPeer ? 2 : 0)
        applyTrust(easy, isOrigin)
        let newest = tls.maximumVersion.map { Int(TLSSetup.code($0)) << 16 } ?? 0
        easy.set(
            isOrigin ? CURLOPT_SSLVERSION : CURLOPT_PROXY_SSLVERSION, Int(TLSSetup.code(tls.minimumVersion)) | newest)
        guard let identity = tls.identity else { return }
        easy.set(isOrigin ? CURLOPT_SSLCERTTYPE : CURLOPT_PROXY_SSLCERTTYPE, "PEM")
        easy.set(isOrigin ? CURLOPT_SSLKEYTYPE : CURLOPT_PROXY_SSLKEYTYPE, "PEM")
        switch identity.certificates {
        case .file(let path): easy.set(isOrigin ? CURLOPT_SSLCERT : CURLOPT_PROXY_SSLCERT, path)
        case .pem(let bytes): easy.set(isOrigin ? CURLOPT_SSLCERT_BLOB : CURLOPT_PROXY_SSLCERT_BLOB, blob: bytes)
        }
        switch identity.key {
        case .file(let path): easy.set(isOrigin ? CURLOPT_SSLKEY : CURLOPT_PROXY_SSLKEY, path)
        case .pem(let bytes): easy.set(isOrigin ? CURLOPT_SSLKEY_BLOB : CURLOPT_PROXY_SSLKEY_BLOB, blob: bytes)
        }
        if let password = identity.password {
            easy.set(isOrigin ? CURLOPT_KEYPASSWD : CURLOPT_PROXY_KEYPASSWD, password)
        }
    }

    private func applyTrust(_ easy: Easy, _ isOrigin: Bool) {
        let file = isOrigin ? CURLOPT_CAINFO : CURLOPT_PROXY_CAINFO
        let directory = isOrigin ? CURLOPT_CAPATH : CURLOPT_PROXY_CAPATH
        switch tls.trust {
        case .system:
            // As OpenSSL reads them; libcurl leaves that to its callers.
            let fromEnvironment = (Environment.value("SSL_CERT_FILE"), Environment.value("SSL_CERT_DIR"))
            if fromEnvironment.0 != nil || fromEnvironment.1 != nil {
                easy.set(file, fromEnvironment.0)
                easy.set(directory, fromEnvironment.1)
            }
        case .file(let path):
            easy.set(file, path)
            easy.set(directory, String?.none)
        case .directory(let path):
            easy.set(file, String?.none)
            easy.set(directory, path)
        case .certificates(let pem):
            easy.set(file, String?.none)
            easy.set(directory, String?.none)
            easy.set(isOrigin ? CURLOPT_CAINFO_BLOB : CURLOPT_PROXY_CAINFO_BLOB, blob: pem)
        }
    }

    private static func code(_ version: TLSVersion) -> UInt32 {
        switch version {
        case .tls10: UInt32(CURL_SSLVERSION_TLSv1_0)
        case .tls11: UInt32(CURL_SSLVERSION_TLSv1_1)
        case .tls12: UInt32(CURL_SSLVERSION_TLSv1_2)
        case .tls13: UInt32(CURL_SSLVERSION_TLSv1_3)
        }
    }
}
