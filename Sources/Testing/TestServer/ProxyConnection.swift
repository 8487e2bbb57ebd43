import IOLoop
import Synchronization
import TLSEngine
import TransportCore

/// One client of a proxy, and the server that it is led to. Used on the loop.
final class ProxyConnection: ReadinessHandler {
    private let host: ProxyHost
    private var client: ServerSocket?
    private var server: ServerSocket?
    private var tls: TLSConnection?
    private var isFirst = true
    private var dialogue = ProxyDialogue()
    private var isConnecting = false
    private var closesWhenSent = false
    private var clientEnded = false
    private var serverEnded = false
    private var hasEndedServer = false

    /// For the client, inside TLS and outside of it, and for the server.
    private var plain: [UInt8] = []
    private var toClient: [UInt8] = []
    private var toServer: [UInt8] = []
    private var sentToClient = 0
    private var sentToServer = 0

    /// Bytes for one side that may wait before nothing more is read from the other: 256 KiB.
    private static let backlog = 256 << 10

    init(_ client: ServerSocket, _ host: ProxyHost) {
        self.client = client
        self.host = host
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        if descriptor == server?.descriptor {
            if isConnecting, !readiness.isDisjoint(with: [.write, .error, .hangup]) { connected() }
            if !isConnecting, readiness != .write { readServer() }
        } else if readiness != .write {
            readClient()
        }
        flush()
        watch()
    }

    // MARK: In

    private func readClient() {
        guard let client, !clientEnded else { return }
        switch host.buffer.read(from: client) {
        case .bytes(let count): host.buffer.lend(count) { take($0) }
        case .wait: break
        case .end: clientEnded = true
        case .failed: close()
        }
    }

    private func take(_ bytes: Span<UInt8>) {
        if isFirst, bytes.count > 0 {
            isFirst = false
            if bytes[0] == 0x16 { tls = try? TLSConnection(host.context(), host: nil) }
        }
        guard let tls else { return heard(bytes) }
        tls.receive(bytes) { heard($0) }
        while let event = tls.nextEvent() {
            switch event {
            case .failed: closesWhenSent = true
            case .closed: clientEnded = true
            case .handshakeDone, .keyLog: break
            }
        }
    }

    private func heard(_ bytes: Span<UInt8>) {
        if server != nil {
            toServer.append(contentsOf: bytes.array)
            return
        }
        for action in dialogue.receive(bytes.array, host.configuration) {
            switch action {
            case .say(let bytes): plain += bytes
            case .close: closesWhenSent = true
            case .visit(var visit, let port, let first):
                visit.isTLS = tls != nil
                host.visits.withLock { $0.append(visit) }
                if visit.isServed { connect(port, first) }
            }
        }
    }

    private func readServer() {
        guard let server, !serverEnded else { return }
        switch host.buffer.read(from: server) {
        case .bytes(let count): host.buffer.lend(count) { plain += $0.array }
        case .wait: break
        case .end: serverEnded = true
        case .failed:
            serverEnded = true
            client?.resetsWhenClosed()
        }
    }

    // MARK: The way on

    private func connect(_ port: Int, _ first: [UInt8]) {
        toServer = first
        guard let socket = ServerSocket.connecting(to: .ip(.loopbackV4, port: port)) else {
            return answer(dialogue.failed)
        }
        server = socket
        isConnecting = true
    }

    private func connected() {
        isConnecting = false
        guard server?.connectError == 0 else {
            if let server { host.loop.unwatch(server.descriptor) }
            server = nil
            return answer(dialogue.failed)
        }
        plain += dialogue.connected
    }

    private func answer(_ bytes: [UInt8]) {
        plain += bytes
        closesWhenSent = true
    }

    // MARK: Out

    private func flush() {
        if let tls {
            if !plain.isEmpty { tls.write(plain.span) }
            plain = []
            if serverEnded || closesWhenSent { tls.close() }
            tls.nextOutput(into: &toClient)
        } else {
            toClient += plain
            plain = []
        }
        if let client { send(&toClient, &sentToClient, to: client) }
        if let server, !isConnecting {
            send(&toServer, &sentToServer, to: server)
            if clientEnded, toServer.isEmpty, !hasEndedServer {
                hasEndedServer = true
                server.endWriting()
            }
        }
        let isDone = serverEnded || closesWhenSent || (clientEnded && server == nil)
        if isDone, toClient.isEmpty { close() }
    }

    private func send(_ bytes: inout [UInt8], _ offset: inout Int, to socket: ServerSocket) {
        guard !bytes.isEmpty else { return }
        switch socket.write(bytes, from: &offset) {
        case .done: (bytes, offset) = ([], 0)
        case .wait: break
        case .failed: close()
        }
    }

    func watch() {
        if let client {
            var interest: Interest = []
            if !clientEnded, toServer.count - sentToServer < ProxyConnection.backlog { interest.insert(.read) }
            if !toClient.isEmpty { interest.insert(.write) }
            listen(client, interest)
        }
        if let server {
            var interest: Interest = []
            if !serverEnded, toClient.count - sentToClient < ProxyConnection.backlog { interest.insert(.read) }
            if isConnecting || !toServer.isEmpty { interest.insert(.write) }
            listen(server, interest)
        }
    }

    private func listen(_ socket: ServerSocket, _ interest: Interest) {
        do { try host.loop.watch(socket.descriptor, interest, self) } catch { close() }
    }

    func close() {
        if let client { host.loop.unwatch(client.descriptor) }
        if let server { host.loop.unwatch(server.descriptor) }
        client = nil
        server = nil
        host.closed(self)
    }
}
