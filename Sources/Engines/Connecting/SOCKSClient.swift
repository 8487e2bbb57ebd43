internal import Names
internal import Wire

/// The client's half of a SOCKS handshake, version 4, 4a or 5 (RFC 1928, RFC 1929), without sockets.
///
/// The owner writes what ``nextOutput(into:)`` gives and feeds ``receive(_:)`` until ``outcome`` is there. Bytes
/// behind the proxy's answer belong to the tunnel: `receive` says how many it took.
package struct SOCKSClient: Sendable {
    private enum State: Sendable {
        case method, authentication, reply, done
    }
    private let target: SOCKSTarget
    private var state: State
    private var input: [UInt8] = []
    private var output: [UInt8] = []

    /// How it ended; nil while it has not.
    package private(set) var outcome: Result<Void, SOCKSError>?

    /// Begins a handshake. Throws `badTarget` if the target cannot be asked for.
    package init(_ target: SOCKSTarget) throws(SOCKSError) {
        self.target = target
        switch target.version {
        case .v4, .v4a:
            state = .reply
            output = try Self.request4(target)
        case .v5:
            state = .method
            // No authentication, and user and password where there are any (RFC 1928 §3).
            output = target.credentials == nil ? [5, 1, 0] : [5, 2, 0, 2]
            // Checked before anything is sent.
            _ = try Self.request5(target)
            if let credentials = target.credentials { _ = try Self.authentication(credentials) }
        }
    }

    /// Moves what is to be sent to the end of `buffer`.
    package mutating func nextOutput(into buffer: inout [UInt8]) {
        buffer.append(contentsOf: output)
        output = []
    }

    /// Takes bytes that arrived; returns how many of them belong to the handshake.
    package mutating func receive(_ bytes: Span<UInt8>) -> Int {
        var taken = 0
        while outcome == nil, taken < bytes.count {
            input.append(bytes[taken])
            taken += 1
            guard input.count >= needed else { continue }
            do throws(SOCKSError) { try advance() } catch { outcome = .failure(error) }
        }
        return taken
    }

    /// The proxy closed the connection.
    package mutating func receiveEnd() {
        if outcome == nil {
            outcome = .failure(SOCKSError(.closed, "the proxy closed the connection before it had answered"))
        }
    }

    /// Bytes of the message that is awaited, as far as its beginning tells.
    private var needed: Int {
        switch state {
        case .method, .authentication: return 2
        case .reply where target.version != .v5: return 8
        case .reply:
            guard input.count >= 5 else { return 5 }
            switch input[3] {
            case 1: return 10
            case 3: return 7 + Int(input[4])
            case 4: return 22
            default: return 5
            }
        case .done: return .max
        }
    }

    private mutating func advance() throws(SOCKSError) {
        let message = input
        input = []
        switch state {
        case .method: try takeMethod(message)
        case .authentication:
            guard message[1] == 0 else { throw SOCKSError(.notAuthorized, "the proxy refused user and password") }
            output = try Self.request5(target)
            state = .reply
        case .reply:
            if target.version == .v5 { try check5(message) } else { try check4(message) }
            state = .done
            outcome = .success(())
        case .done: break
        }
    }

    private mutating func takeMethod(_ message: [UInt8]) throws(SOCKSError) {
        guard message[0] == 5 else { throw malformed(message) }
        switch (message[1], target.credentials) {
        case (0, _):
            output = try Self.request5(target)
            state = .reply
        case (2, let credentials?):
            output = try Self.authentication(credentials)
            state = .authentication
        case (0xFF, _), (2, nil):
            throw SOCKSError(
                .notAuthorized,
                target.credentials == nil
                    ? "the proxy wants authentication, and no credentials were given"
                    : "the proxy takes no authentication by user and password")
        default: throw malformed(message)
        }
    }

    private func check4(_ message: [UInt8]) throws(SOCKSError) {
        guard message[0] == 0 else { throw malformed(message) }
        switch message[1] {
        case 90: return
        case 91: throw SOCKSError(.refused, "the proxy rejected the request or could not connect (91)")
        case 92, 93: throw SOCKSError(.notAuthorized, "the proxy could not identify the user (\(message[1]))")
        default: throw malformed(message)
        }
    }

    private func check5(_ message: [UInt8]) throws(SOCKSError) {
        guard message[0] == 5 else { throw malformed(message) }
        let reason =
            switch message[1] {
            case 0: ""
            case 1: "it failed"
            case 2: "its rules do not allow it"
            case 3: "the network cannot be reached"
            case 4: "the host cannot be reached"
            case 5: "the connection was refused"
            case 6: "the time to live ran out"
            case 7: "it does not know CONNECT"
            case 8: "it does not know this kind of address"
            default: "it gave an unknown reason"
            }
        guard message[1] == 0 else {
            throw SOCKSError(.refused, "the proxy did not connect: \(reason) (\(message[1]))")
        }
        guard [1, 3, 4].contains(message[3]) else { throw malformed(message) }
    }

    private func malformed(_ message: [UInt8]) -> SOCKSError {
        SOCKSError(.malformed, "the proxy's answer is not SOCKS: \(String(escaping: message.span))")
    }

    // MARK: Messages

    private static func request4(_ target: SOCKSTarget) throws(SOCKSError) -> [UInt8] {
        var message: [UInt8] = [4, 1]
        message += [UInt8(truncatingIfNeeded: target.port >> 8), UInt8(truncatingIfNeeded: target.port)]
        var name: String?
        switch target.host {
        case .address(let address):
            guard address.family == .v4 else { throw SOCKSError(.badTarget, "SOCKS 4 knows no IPv6: \(address)") }
            message += address.bytes
        case .name(let text):
            guard target.version == .v4a else { throw SOCKSError(.badTarget, "SOCKS 4 knows no names: \(text)") }
            message += [0, 0, 0, 1]
            name = text
        }
        for text in [target.credentials?.user ?? "", name].compactMap({ $0 }) {
            guard !text.utf8.contains(0) else { throw SOCKSError(.badTarget, "SOCKS 4 takes no text with NUL in it") }
            message += Array(text.utf8) + [0]
        }
        return message
    }

    private static func request5(_ target: SOCKSTarget) throws(SOCKSError) -> [UInt8] {
        var message: [UInt8] = [5, 1, 0]
        switch target.host {
        case .address(let address): message += [address.family == .v4 ? 1 : 4] + address.bytes
        case .name(let name):
            guard let length = UInt8(exactly: name.utf8.count), length > 0 else {
                throw SOCKSError(.badTarget, "SOCKS 5 takes names of 1 to 255 bytes, and this has \(name.utf8.count)")
            }
            message += [3, length] + Array(name.utf8)
        }
        return message + [UInt8(truncatingIfNeeded: target.port >> 8), UInt8(truncatingIfNeeded: target.port)]
    }

    private static func authentication(_ credentials: Credentials) throws(SOCKSError) -> [UInt8] {
        guard let user = UInt8(exactly: credentials.user.utf8.count),
            let password = UInt8(exactly: credentials.password.utf8.count), user > 0, password > 0
        else { throw SOCKSError(.badTarget, "SOCKS 5 takes users and passwords of 1 to 255 bytes (RFC 1929 §2)") }
        return [1, user] + Array(credentials.user.utf8) + [password] + Array(credentials.password.utf8)
    }
}
