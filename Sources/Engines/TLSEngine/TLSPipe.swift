internal import COpenSSL
internal import DequeModule
private import Glibc

/// Both directions of encrypted bytes, and what OpenSSL's callbacks write down. It stands where OpenSSL expects a
/// socket: a BIO that reads what was received and appends to what is to be sent, without a copy between.
@safe
struct TLSPipe {
    /// What the owner lent for the call that runs.
    private var input: UnsafeRawPointer?
    private var inputCount = 0
    /// What is to be sent.
    var output: [UInt8] = []
    var keyLog: [String] = []
    /// Sessions to resume later.
    var sessions: [StoredSession] = []

    /// Whether the peer asked for a certificate and we have none.
    var lacksCertificate = false

    /// Whether all that was lent has been read.
    var isDrained: Bool { inputCount == 0 }

    mutating func lend(_ bytes: UnsafeRawBufferPointer) {
        unsafe input = bytes.baseAddress
        inputCount = bytes.count
    }

    mutating func endLoan() {
        unsafe input = nil
        inputCount = 0
    }

    /// Moves up to `capacity` bytes to `place`.
    mutating func read(into place: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
        guard capacity > 0, let start = unsafe input else { return 0 }
        let count = min(capacity, inputCount)
        unsafe memcpy(place, start, count)
        unsafe input = start + count
        inputCount -= count
        return count
    }

    // MARK: The BIO

    /// A BIO over the pipe at `place`, which must outlive it. Nil if there is no memory.
    static func makeBIO(over place: UnsafeMutablePointer<TLSPipe>) -> OpaquePointer? {
        guard let method = BIOMethod.shared, let bio = unsafe BIO_new(method.pointer) else { return nil }
        unsafe BIO_set_data(bio, place)
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }
}

/// The kind of BIO that ``TLSPipe`` is; one for the process.
@safe
private final class BIOMethod: @unchecked Sendable {
    static let shared = BIOMethod()
    let pointer: OpaquePointer

    private init?() {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(kind, "pipe") else { return nil }
        unsafe pointer = method
        unsafe BIO_meth_set_read(method) { bio, place, capacity in
            unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
            guard let pipe = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: TLSPipe.self),
                let place = unsafe place
            else { return -1 }
            let count = unsafe pipe.pointee.read(into: place, Int(capacity))
            guard count > 0 else {
                unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
                return -1
            }
            return Int32(count)
        }
        unsafe BIO_meth_set_write(method) { bio, bytes, count in
            unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
            guard let pipe = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: TLSPipe.self), let bytes = unsafe bytes,
                count > 0
            else { return -1 }
            unsafe pipe.pointee.output.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            return count
        }
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    }

    deinit { unsafe BIO_meth_free(pointer) }
}

/// Callbacks of OpenSSL that write into the pipe of the connection concerned.
enum ConnectionCallbacks {
    /// Where an `SSL` keeps its pipe: place nought is the application's (`SSL_set_app_data`).
    static let place: Int32 = 0

    private static func pipe(of ssl: OpaquePointer?) -> UnsafeMutablePointer<TLSPipe>? {
        unsafe SSL_get_ex_data(ssl, place)?.assumingMemoryBound(to: TLSPipe.self)
    }

    static let keyLog: SSL_CTX_keylog_cb_func = { ssl, line in
        guard let pipe = unsafe pipe(of: ssl), let line = unsafe line else { return }
        unsafe pipe.pointee.keyLog.append(String(cString: line))
    }

    /// Called when the peer asks for a certificate and the context has none. Nought: go on without.
    static let certificateWanted:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<OpaquePointer?>?
        ) -> Int32 = { ssl, _, _ in
            unsafe pipe(of: ssl)?.pointee.lacksCertificate = true
            return 0
        }

    /// A session that may be resumed came. One is the answer for keeping the reference.
    static let newSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { ssl, session in
        guard let pipe = unsafe pipe(of: ssl), let session = unsafe session else { return 0 }
        unsafe pipe.pointee.sessions.append(StoredSession(session))
        return 1
    }
}
