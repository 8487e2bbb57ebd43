package import HTTP3Engine
package import QUICEngine
package import Wire

extension HTTP3Connection: Endpoint {
    package func receive(_ bytes: [UInt8], ecn: QUICECN, path: QUICPath, at now: Instant) {
        receive(bytes.span, ecn: ecn, path: path, at: now)
    }
}

/// What a test wants of its two sides.
package struct LinkSetup {
    package var plan = NetworkPlan()
    package var options = QUICOptions()
    package var http = HTTP3Options()
    package var serverHTTP = HTTP3Options()
    package var listener = QUICListenerOptions()
    package var ticket: QUICTicket?
    package var earlyData = false
    package var token: [UInt8] = []
    package var host: String? = "tern.test"
    package var clientContext: QUICContext?
    package var serverContext: QUICContext?

    package init() {}

    package static func make(_ change: (inout LinkSetup) -> Void) -> LinkSetup {
        var setup = LinkSetup()
        change(&setup)
        return setup
    }
}

package typealias HTTP3Link = Link<HTTP3Connection>

extension Link where End == HTTP3Connection {
    /// Both sides speak HTTP/3.
    package convenience init(_ setup: LinkSetup = LinkSetup()) throws {
        let client = try Self.client(setup, at: Self.start)
        let listener = try QUICListener(setup.serverContext ?? Contexts.server(), options: setup.listener)
        self.init(client, listener, setup.plan) { try HTTP3Connection($0, options: setup.serverHTTP) }
    }

    package static func client(_ setup: LinkSetup, at now: Instant) throws -> HTTP3Connection {
        let quic = try QUICConnection(
            setup.clientContext ?? Contexts.client(), host: setup.host, path: Contexts.path, options: setup.options,
            ticket: setup.ticket, earlyData: setup.earlyData, token: setup.token, at: now)
        return try HTTP3Connection(quic, options: setup.http)
    }

    /// Runs until the handshake is done on both sides.
    package func connect() -> Bool {
        run {
            client.quic.handshake != nil && client.hasPeerSettings
                && servers.contains { $0.quic.handshake != nil && $0.quic.closing == nil }
        }
    }
}

extension Link where End == QUICConnection {
    /// Both sides have streams of bytes only.
    package convenience init(raw setup: LinkSetup = LinkSetup()) throws {
        let client = try QUICConnection(
            setup.clientContext ?? Contexts.client(), host: setup.host, path: Contexts.path, options: setup.options,
            ticket: setup.ticket, earlyData: setup.earlyData, token: setup.token, at: Self.start)
        let listener = try QUICListener(setup.serverContext ?? Contexts.server(), options: setup.listener)
        self.init(client, listener, setup.plan) { $0 }
    }

    /// Runs until the handshake is done on both sides.
    package func connect() -> Bool { run { client.handshake != nil && servers.last?.handshake != nil } }
}

/// Either kind of connection: for a client of HTTP/3 whose server is a test that writes bytes on streams, and the
/// other way round.
package final class AnyEnd: Endpoint {
    package enum Event {
        case http(HTTP3Event)
        case quic(QUICEvent)
    }
    package let http: HTTP3Connection?
    package let quic: QUICConnection

    package init(http: HTTP3Connection) {
        self.http = http
        quic = http.quic
    }

    package init(quic: QUICConnection) {
        http = nil
        self.quic = quic
    }

    package func receive(_ bytes: [UInt8], ecn: QUICECN, path: QUICPath, at now: Instant) {
        quic.receive(bytes.span, ecn: ecn, path: path, at: now)
    }
    package func nextEvent() -> Event? {
        if let http { return http.nextEvent().map { .http($0) } }
        return quic.nextEvent().map { .quic($0) }
    }
    package func nextOutput(into buffer: inout [UInt8], at now: Instant) -> QUICBatch? {
        quic.nextOutput(into: &buffer, at: now)
    }
    package var deadline: Instant? { quic.deadline }
    package func expire(at now: Instant) { quic.expire(at: now) }
}

extension Link where End == AnyEnd {
    /// A client of HTTP/3, and a server of bytes.
    package convenience init(rawServer setup: LinkSetup = LinkSetup()) throws {
        let client = try HTTP3Link.client(setup, at: Self.start)
        let listener = try QUICListener(setup.serverContext ?? Contexts.server(), options: setup.listener)
        self.init(AnyEnd(http: client), listener, setup.plan) { AnyEnd(quic: $0) }
    }

    /// A client of bytes, and a server of HTTP/3.
    package convenience init(rawClient setup: LinkSetup = LinkSetup()) throws {
        let client = try QUICConnection(
            setup.clientContext ?? Contexts.client(), host: setup.host, path: Contexts.path, options: setup.options,
            at: Self.start)
        let listener = try QUICListener(setup.serverContext ?? Contexts.server(), options: setup.listener)
        self.init(AnyEnd(quic: client), listener, setup.plan) {
            AnyEnd(http: try HTTP3Connection($0, options: setup.serverHTTP))
        }
    }
}
