import QUICTransport
import TestKit
import Testing
import TransportCore

/// A server that nobody here wrote, with the application of `HypercornServer`.
enum Peer: String, CaseIterable, CustomTestStringConvertible {
    /// quic-go, before the application.
    case caddy
    case aioquic
    /// aioquic as well, with another HTTP/3 on top.
    case hypercorn

    private static let front = TestKit.Shared { try CaddyServer(before: HypercornServer()) }

    var testDescription: String { rawValue }

    /// A request for a path of the application, trusting the throwaway authority.
    func call(_ path: String, _ method: HTTPRequest.Method = .get, body: RequestBody = .empty) async throws -> Sending {
        let sending: Sending
        switch self {
        case .caddy:
            let server = try await Peer.front.value
            sending = Sending(server.url("/app" + path), method, body: body).trusting(server.ca)
        case .aioquic:
            let server = try await AioquicServer.shared()
            sending = Sending(server.url(path), method, body: body).trusting(server.ca)
        case .hypercorn:
            let server = try await HypercornServer.shared()
            sending = Sending(server.url(path), method, body: body).trusting(server.ca)
        }
        // "localhost" may be ::1 first, and they listen on IPv4.
        return sending.with { $0.connect.family = .ipv4 }
    }

    var port: UInt16 {
        get async throws {
            switch self {
            case .caddy: try await Peer.front.value.port
            case .aioquic: try await AioquicServer.shared().port
            case .hypercorn: try await HypercornServer.shared().port
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// What ``Peer`` needs.
    static var requiresPeers: Self { .requires(.caddy, .aioquic, .hypercorn) }
}

extension Sending {
    /// By way of a relay.
    func through(_ relay: UDPRelay) -> Sending {
        with {
            $0.connect.overrides = [
                AddressOverride(host: nil, port: nil, target: .host("127.0.0.1", port: Int(relay.port)))
            ]
        }
    }

    /// As early data if it can be.
    var early: Sending { with { $0.options.earlyData = true } }
}

extension QUICTransport {
    /// A transport whose idle connections are closed at once: the next request needs a new one.
    static var forgetful: QUICTransport {
        var configuration = Configuration()
        configuration.pool.idle = .milliseconds(1)
        return QUICTransport(configuration: configuration)
    }

    /// The response on the first connection that is new.
    func sendAnew(_ sending: Sending) async throws -> TransportResponse {
        for _ in 0..<1_000 {
            let response = try await send(sending)
            if !response.reused { return response }
        }
        throw TestKitError("a thousand requests all found a connection that stood")
    }
}
