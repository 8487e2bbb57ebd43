import CCurl
import COpenSSL
import Driving
import Glibc
import TransportCore

/// One easy handle of libcurl, used for one exchange after another on one route. Used on the loop.
///
/// The options that are the same for all exchanges of a route are set once (``RouteSetup``), and libcurl's callbacks
/// get this object, so that an exchange sets only what differs (``RequestSetup``).
@safe final class Easy {
    let handle: UnsafeMutableRawPointer
    /// The exchange that it carries.
    var exchange: ExchangeState?
    /// What was set for the exchange before, to be left alone if this one wants the same.
    var previous = RequestSetup.Memory()
    let headers = HeaderList()
    /// Which answer of the resolver libcurl has been given through this handle.
    var addresses = 0
    /// The first option that libcurl refused, and why.
    private(set) var refusal: (option: CURLoption, code: CURLcode)?
    private let words: UnsafeMutablePointer<CChar>

    /// `nil` if libcurl has no memory for it. `route` must outlive the multi handle that the handle is added to: its
    /// connections call the route when they close.
    init?(for route: RouteState) {
        guard let handle = unsafe curl_easy_init() else { return nil }
        unsafe self.handle = handle
        unsafe words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe tern_curl_set_pointer(handle, CURLOPT_PRIVATE, context)
        unsafe tern_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, words)
        unsafe tern_curl_set_data_function(handle, CURLOPT_HEADERFUNCTION, onHeader)
        unsafe tern_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        unsafe tern_curl_set_data_function(handle, CURLOPT_WRITEFUNCTION, onBody)
        unsafe tern_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        unsafe tern_curl_set_data_function(handle, CURLOPT_READFUNCTION, onRead)
        unsafe tern_curl_set_pointer(handle, CURLOPT_READDATA, context)
        unsafe tern_curl_set_seek_function(handle, onSeek)
        unsafe tern_curl_set_prereq_function(handle, onReady)
        unsafe tern_curl_set_pointer(handle, CURLOPT_PREREQDATA, context)
        unsafe tern_curl_set_open_socket_function(handle, onOpenSocket)
        unsafe tern_curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, context)
        unsafe tern_curl_set_close_socket_function(handle, onCloseSocket)
        unsafe tern_curl_set_pointer(
            handle, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(route).toOpaque())
        unsafe tern_curl_set_pointer(handle, CURLOPT_TRAILERDATA, context)
        unsafe tern_curl_set_pointer(handle, CURLOPT_SSL_CTX_DATA, context)
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe words.deallocate()
    }

    /// The object that owns a handle of libcurl.
    static func of(_ handle: UnsafeMutableRawPointer?) -> Easy? {
        var context: UnsafeMutableRawPointer?
        guard let handle = unsafe handle,
            unsafe tern_curl_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK,
            let context = unsafe context
        else { return nil }
        return unsafe Unmanaged<Easy>.fromOpaque(context).takeUnretainedValue()
    }

    // MARK: Options

    func set(_ option: CURLoption, _ value: Int) { unsafe note(option, tern_curl_set_long(handle, option, value)) }

    func set(_ option: CURLoption, _ value: Bool) { set(option, value ? 1 : 0) }

    func set(_ option: CURLoption, offset: Int64) {
        unsafe note(option, tern_curl_set_offset(handle, option, curl_off_t(offset)))
    }

    /// libcurl copies the string; `nil` sets the option back.
    func set(_ option: CURLoption, _ value: String?) {
        if let value {
            unsafe value.withCString { unsafe note(option, tern_curl_set_string(handle, option, $0)) }
        } else {
            unsafe note(option, tern_curl_set_string(handle, option, nil))
        }
    }

    /// libcurl copies the bytes.
    func set(_ option: CURLoption, blob: [UInt8]) {
        unsafe blob.withUnsafeBytes {
            unsafe note(option, tern_curl_set_blob(handle, option, $0.baseAddress, $0.count))
        }
    }

    /// libcurl keeps the pointer: `list` must live as long as the option stands.
    func set(_ option: CURLoption, _ list: StringList?) {
        unsafe note(option, tern_curl_set_list(handle, option, list?.head))
    }

    /// libcurl copies the body.
    func set(copiedBody bytes: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, offset: Int64(bytes.count))
        unsafe bytes.withUnsafeBytes { bytes in
            // With a null pointer libcurl would take the body from the read function.
            guard let base = bytes.baseAddress else { return set(CURLOPT_COPYPOSTFIELDS, "") }
            unsafe note(
                CURLOPT_COPYPOSTFIELDS,
                tern_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: base)))
        }
    }

    /// Sets the request's fields to `headers` as they are now.
    func applyHeaders() {
        unsafe headers.withList { list in
            unsafe note(CURLOPT_HTTPHEADER, tern_curl_set_list(handle, CURLOPT_HTTPHEADER, list))
        }
    }

    func setTrailerFunction(_ isOn: Bool) {
        unsafe note(CURLOPT_TRAILERFUNCTION, tern_curl_set_trailer_function(handle, isOn ? onTrailers : nil))
    }

    func setTLSContextFunction() {
        unsafe note(CURLOPT_SSL_CTX_FUNCTION, tern_curl_set_tls_context_function(handle, onTLSContext))
    }

    private func note(_ option: CURLoption, _ code: CURLcode) {
        if code != CURLE_OK, refusal == nil { refusal = (option, code) }
    }

    // MARK: While a transfer runs

    /// Lets a transfer go on that a callback has paused, or holds its reading back.
    func pause(receiving: Bool) {
        unsafe curl_easy_pause(handle, receiving ? CURLPAUSE_RECV : CURLPAUSE_CONT)
    }

    /// libcurl's words for what went wrong; empty if it has none.
    var errorText: String { unsafe String(cString: words) }

    func clearErrorText() { unsafe words.pointee = 0 }

    func info(_ info: CURLINFO) -> Int {
        var value = 0
        return unsafe tern_curl_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// The TLS session of the connection, while a transfer is on it.
    var tlsSession: TLSSession? {
        var session: UnsafeMutablePointer<curl_tlssessioninfo>?
        guard unsafe tern_curl_get_tls_session(handle, &session) == CURLE_OK, let session = unsafe session,
            unsafe session.pointee.backend == CURLSSLBACKEND_OPENSSL, let inner = unsafe session.pointee.internals
        else { return nil }
        return unsafe TLSSession(OpaquePointer(inner))
    }
}

// MARK: Callbacks

private typealias DataFunction =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

private let onHeader: DataFunction = { bytes, size, count, context in
    guard let context = unsafe context, let bytes = unsafe bytes else { return 0 }
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe Unmanaged<Easy>.fromOpaque(context)._withUnsafeGuaranteedRef { easy in
        guard let exchange = easy.exchange else { return 0 }
        return exchange.receiveLine(unsafe line.bindMemory(to: UInt8.self).span) ? line.count : 0
    }
}

private let onBody: DataFunction = { bytes, size, count, context in
    guard let context = unsafe context, let bytes = unsafe bytes else { return 0 }
    let chunk = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe Unmanaged<Easy>.fromOpaque(context)._withUnsafeGuaranteedRef { easy in
        guard let exchange = easy.exchange else { return 0 }
        switch unsafe exchange.receiveBody(chunk) {
        case .taken: return chunk.count
        case .paused: return Int(CURL_WRITEFUNC_PAUSE)
        case .refused: return chunk.count == 0 ? 1 : 0
        }
    }
}

private let onRead: DataFunction = { bytes, size, count, context in
    guard let context = unsafe context, let bytes = unsafe bytes else { return Int(CURL_READFUNC_ABORT) }
    let room = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return unsafe Unmanaged<Easy>.fromOpaque(context)._withUnsafeGuaranteedRef { easy in
        guard let exchange = easy.exchange else { return Int(CURL_READFUNC_ABORT) }
        switch unsafe exchange.fillBody(room) {
        case .bytes(let count): return count
        case .paused: return Int(CURL_READFUNC_PAUSE)
        case .refused: return Int(CURL_READFUNC_ABORT)
        }
    }
}

/// libcurl rewinds a body to send it a second time: never here.
private let onSeek: curl_seek_callback = { _, _, _ in CURL_SEEKFUNC_CANTSEEK }

private let onReady: curl_prereq_callback = { context, remote, local, remotePort, localPort in
    guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
    return unsafe Unmanaged<Easy>.fromOpaque(context)._withUnsafeGuaranteedRef { easy in
        guard let exchange = easy.exchange else { return CURL_PREREQFUNC_ABORT }
        let isReady = exchange.connectionReady(easy, localPort: Int(localPort)) {
            ConnectionEnds(
                remote: unsafe remote.map { unsafe String(cString: $0) } ?? "", remotePort: Int(remotePort),
                local: unsafe local.map { unsafe String(cString: $0) } ?? "", localPort: Int(localPort))
        }
        return isReady ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
}

private let onOpenSocket: curl_opensocket_callback = { context, _, address in
    guard let context = unsafe context, let address = unsafe address else { return CURL_SOCKET_BAD }
    return unsafe Unmanaged<Easy>.fromOpaque(context)._withUnsafeGuaranteedRef { easy in
        guard let exchange = easy.exchange else { return CURL_SOCKET_BAD }
        let type = unsafe address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = unsafe socket(address.pointee.family, type, address.pointee.protocol)
        guard descriptor >= 0 else { return CURL_SOCKET_BAD }
        let connect = exchange.exchange.route.connect
        if connect.localAddress != nil, let interface = connect.interface,
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, interface, socklen_t(interface.utf8.count)) != 0
        {
            close(descriptor)
            return CURL_SOCKET_BAD
        }
        exchange.socketOpened(descriptor)
        return descriptor
    }
}

private let onCloseSocket: curl_closesocket_callback = { context, descriptor in
    if let context = unsafe context {
        unsafe Unmanaged<RouteState>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.socketCloses(descriptor) }
    }
    return close(descriptor)
}

private let onTLSContext: curl_ssl_ctx_callback = { _, sslContext, context in
    guard let context = unsafe context, let sslContext = unsafe sslContext else { return CURLE_ABORTED_BY_CALLBACK }
    return unsafe Unmanaged<Easy>.fromOpaque(context)._withUnsafeGuaranteedRef { easy in
        guard let exchange = easy.exchange else { return CURLE_ABORTED_BY_CALLBACK }
        exchange.tlsStarts(unsafe TLSContext(OpaquePointer(sslContext)))
        return CURLE_OK
    }
}

private let onTrailers: curl_trailer_callback = { list, context in
    guard let context = unsafe context, let list = unsafe list else { return CURL_TRAILERFUNC_ABORT }
    return unsafe Unmanaged<Easy>.fromOpaque(context)._withUnsafeGuaranteedRef { easy in
        for field in easy.exchange?.requestTrailers ?? [:] {
            // libcurl frees the list.
            guard let longer = unsafe curl_slist_append(list.pointee, "\(field.name.rawName): \(field.value)") else {
                return CURL_TRAILERFUNC_ABORT
            }
            unsafe list.pointee = longer
        }
        return CURL_TRAILERFUNC_OK
    }
}
