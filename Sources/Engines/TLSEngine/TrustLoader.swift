internal import COpenSSL
private import Glibc

/// Reads trusted authorities.
extension ContextHandle {
    borrowing func load(_ trust: TLSTrust) throws(TLSError) {
        switch trust {
        case .system: try loadSystem()
        case .file(let path): try load(file: path)
        case .directory(let path): try load(directory: path)
        case .certificates(let pem):
            let certificates = try Certificate.read(pem, as: .badTrust)
            guard let store = unsafe SSL_CTX_get_cert_store(context) else { return }
            for certificate in certificates {
                let result = unsafe X509_STORE_add_cert(store, certificate.pointer)
                guard result == 1 else {
                    throw TLSError(.badTrust, "a trusted certificate was refused: \(LibraryWords().text)")
                }
            }
        }
    }

    private borrowing func loadSystem() throws(TLSError) {
        let file = unsafe Self.environment(unsafe X509_get_default_cert_file_env())
        let directory = unsafe Self.environment(unsafe X509_get_default_cert_dir_env())
        if let file { try load(file: file) }
        if let directory {
            for part in directory.split(separator: ":") { try load(directory: String(part)) }
        }
        guard file == nil, directory == nil else { return }
        guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
            throw TLSError(.badTrust, "the system's trusted certificates could not be read: \(LibraryWords().text)")
        }
    }

    private static func environment(_ name: UnsafePointer<CChar>?) -> String? {
        guard let name = unsafe name, let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    private borrowing func load(file path: String) throws(TLSError) {
        guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
            throw TLSError(.badTrust, "trusted certificates could not be read from \(path): \(LibraryWords().text)")
        }
    }

    private borrowing func load(directory path: String) throws(TLSError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
            unsafe SSL_CTX_load_verify_dir(context, path) == 1
        else { throw TLSError(.badTrust, "there is no folder of trusted certificates at \(path)") }
    }
}
