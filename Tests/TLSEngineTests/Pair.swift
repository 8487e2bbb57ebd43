import TLSEngine
import TestAuthority
import Wire

/// A client and a server of TLS, joined in memory.
final class Pair {
    let client: TLSConnection
    let server: TLSConnection
    var clientEvents: [TLSEvent] = []
    var serverEvents: [TLSEvent] = []
    var clientGot: [UInt8] = []
    var serverGot: [UInt8] = []
    /// All that the server sent, for replays.
    var toClient: [UInt8] = []

    init(_ client: TLSConnection, _ server: TLSConnection) {
        self.client = client
        self.server = server
    }

    /// Carries bytes until nothing more is to be sent, in pieces of `piece` bytes.
    func run(piece: Int = .max) {
        for _ in 0..<1_000 {
            var up: [UInt8] = []
            client.nextOutput(into: &up)
            feed(server, up, piece) { serverGot.append($0) }
            var down: [UInt8] = []
            server.nextOutput(into: &down)
            toClient += down
            feed(client, down, piece) { clientGot.append($0) }
            while let event = client.nextEvent() { clientEvents.append(event) }
            while let event = server.nextEvent() { serverEvents.append(event) }
            if up.isEmpty, down.isEmpty { return }
        }
    }

    private func feed(_ engine: TLSConnection, _ bytes: [UInt8], _ piece: Int, _ take: (Span<UInt8>) -> Void) {
        var offset = 0
        while offset < bytes.count {
            let end = piece < bytes.count - offset ? offset + piece : bytes.count
            engine.receive(bytes.span.extracting(offset..<end), plaintext: take)
            offset = end
        }
    }

    var clientHandshake: TLSHandshake? { clientEvents.handshake }
    var clientError: TLSError? { clientEvents.error }
    var serverError: TLSError? { serverEvents.error }
}

extension [TLSEvent] {
    var handshake: TLSHandshake? {
        for case .handshakeDone(let settled) in self { return settled }
        return nil
    }
    var error: TLSError? {
        for case .failed(let error) in self { return error }
        return nil
    }
}

/// A client that trusts `authority` alone.
func client(trusting authority: Authority, _ change: (inout TLSSettings) -> Void = { _ in }) throws -> TLSContext {
    var settings = TLSSettings()
    settings.trust = .certificates(pem: authority.pem)
    settings.protocols = ["h2", "http/1.1"]
    change(&settings)
    return try TLSContext(.client, settings)
}

func server(_ leaf: Authority.Leaf, _ change: (inout TLSSettings) -> Void = { _ in }) throws -> TLSContext {
    var settings = TLSSettings()
    settings.identity = leaf.identity
    settings.protocols = ["h2", "http/1.1"]
    change(&settings)
    return try TLSContext(.server, settings)
}

func pair(
    _ client: TLSContext, _ server: TLSContext, host: String? = "tern.test", store: TLSSessionStore? = nil
) throws -> Pair {
    Pair(
        try TLSConnection(client, host: host, store: store, route: host ?? ""),
        try TLSConnection(server, host: nil))
}
