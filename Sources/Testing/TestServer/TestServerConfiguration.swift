public import TransportCore

extension TestServer {
    /// Where a server listens, what it speaks, and what it bears.
    public struct Configuration: Sendable {
        /// The address that it listens on: 127.0.0.1. Only a loopback address should ever stand here.
        public var address: IPAddress = .loopbackV4
        /// The port: 0, the default, lets the system choose.
        public var port: Int = 0
        /// The protocols that it speaks: all. They share one port: over TCP, what a client says first decides; HTTP/3
        /// has UDP's port of the same number.
        public var protocols: ProtocolSet = [.http1, .http2, .http2PriorKnowledge, .http3]
        /// Whether answers over TCP say that HTTP/3 is to be had on the same port (Alt-Svc, RFC 7838): no.
        public var advertisesHTTP3: Bool = false
        /// Names beside `localhost`, `tern.test` and `*.tern.test` that its certificate is good for. Sessions of
        /// ``TestServer/session(over:)`` reach the server by them.
        public var names: [String] = []
        /// The certificate it shows.
        public var certificate: TestCertificate = .good
        /// Whether clients are asked for a certificate, which has to be of the server's authority.
        public var clientCertificate: ClientCertificate = .notAsked
        /// The oldest version of TLS that it takes.
        public var minimumTLS: TLSVersion = .tls12
        /// The newest version of TLS that it takes; `nil` for the newest there is.
        public var maximumTLS: TLSVersion?
        /// Whether connections are refused: the port is taken, and nobody listens on it.
        public var refusesConnections: Bool = false
        /// Whether a closure is asked for its reply when the head of a request is in, for replies that begin before the
        /// request's end: no, it is asked when the whole request is in.
        public var asksAtHead: Bool = false
        /// What becomes of each connection; later ones are served.
        public var connections: [ConnectionPlan] = []
        /// What happens to datagrams, and how connections of QUIC begin.
        public var datagrams: DatagramFaults = DatagramFaults()
        /// Whether early data of HTTP/3 is taken (RFC 8470): no.
        public var takesEarlyData: Bool = false
        /// Streams that a client may have open at once over HTTP/2 and 3: 100.
        public var maximumStreams: Int = 100
        /// What a client may cost.
        public var limits: Limits = Limits()

        /// The defaults.
        public init() {}
    }

    /// What goes wrong with datagrams of HTTP/3. The same seed loses the same ones.
    public struct DatagramFaults: Sendable, Hashable {
        /// The share that is lost, in each direction, from 0 to 1.
        public var loss: Double = 0
        /// How much later each comes, in each direction.
        public var delay: Duration = .zero
        /// Whether all are lost: UDP is blocked, and nobody says so.
        public var blackhole: Bool = false
        /// Whether each client has to prove its address with Retry first (RFC 9000 §8.1.2).
        public var asksForRetry: Bool = false
        /// Whether clients are told that their version is not spoken (RFC 9000 §6).
        public var refusesVersion: Bool = false
        /// Decides which are lost.
        public var seed: UInt64 = 1

        /// None.
        public init() {}

        var isHarmless: Bool { loss <= 0 && delay <= .zero && !blackhole }
    }

    /// Whether a server asks for certificates of clients.
    public enum ClientCertificate: Sendable, Hashable {
        /// It does not.
        case notAsked
        /// It does, and goes on without one.
        case wanted
        /// It does, and refuses clients that have none.
        case required
    }

    /// What a client may cost the server, which runs on developers' machines. Each has a unit and a reason.
    public struct Limits: Sendable, Hashable {
        /// Connections at once: 1,024. More are closed at once.
        public var connections: Int = 1_024
        /// Bytes of a request's head: 256 KiB. More is answered with 431, or a reset of the stream.
        public var head: Int = 256 << 10
        /// Fields of a request's head: 1,000.
        public var fields: Int = 1_000
        /// Bytes of a request's content that are kept for the record: 16 MiB. The rest is read, counted, forgotten.
        public var recordedBody: Int = 16 << 20
        /// Exchanges in the record: the last 10,000.
        public var recordedExchanges: Int = 10_000
        /// Bytes of content that a client may send before a reply reads them, for each exchange: 64 KiB on HTTP/1.1;
        /// over HTTP/2 and 3 the window of a stream, 256 KiB.
        public var unreadBody: Int = 256 << 10
        /// How long a client may take for a TLS handshake, or for the first byte: 10 s.
        public var handshake: Duration = .seconds(10)
        /// How long a client may take for a head that has begun: 10 s.
        public var headTime: Duration = .seconds(10)
        /// How long a connection may rest between exchanges: 60 s.
        public var idle: Duration = .seconds(60)
        /// How long a client may take nothing of what is sent: 60 s.
        public var stalledWrite: Duration = .seconds(60)

        /// The defaults.
        public init() {}
    }
}

/// Why a server could not start, or what a test expected of it and did not get: what was tried and what came back.
public struct TestServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The address could not be bound.
        case bindFailed
        /// The system has no thread, descriptor or key to give.
        case startFailed
        /// Something did not happen in time.
        case timedOut
        /// What came was not what the script was made for.
        case unexpected
    }
    /// The kind of failure.
    public var code: Code
    /// What was tried, and what came back.
    public var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}
