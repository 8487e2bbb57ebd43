import Driving
import Glibc
import Pooling
import Securing
import TLSEngine
import Threads
import TransportCore

/// A connection that stands and carries exchanges. What HTTP/1.1 and HTTP/2 share; the rest is in the two subclasses.
/// Used on the loop.
class Carrier: LinkUser {
    let state: RouteState
    let pooled: PooledConnection
    let link: Link
    let info: ConnectionInfo
    let history: OpeningHistory
    let readyAt: Instant
    let driver: Driver
    /// Whether it waits for ``flush()`` at the end of the turn.
    var isTouched = false
    /// Whether it is of no more use.
    var isOver = false

    init(
        _ state: RouteState, _ pooled: PooledConnection, _ link: Link, _ info: ConnectionInfo, _ history: OpeningHistory
    ) {
        self.state = state
        self.pooled = pooled
        self.link = link
        self.info = info
        self.history = history
        driver = state.driver
        readyAt = state.driver.now
    }

    // MARK: What the driver asks

    /// Sends an exchange's request.
    func begin(_ exchange: NativeExchange) {}
    /// The exchange has ended, well or not: its stream or the connection is let go.
    func finished(_ exchange: NativeExchange) {}
    /// There may be more of an exchange's body.
    func feedUpload(of exchange: NativeExchange) {}
    /// The reader took bytes of the response.
    func consumed(_ count: Int, by exchange: NativeExchange) {}
    /// What had come was handed to the reader.
    func delivered(_ exchange: NativeExchange) {}
    /// An exchange waited too long since then: the connection may be dead.
    func suspect(since: Instant) {}
    /// Sends what waits.
    func flush() {}
    /// Closes an idle connection.
    func close() { end() }

    /// Lets go of the socket.
    final func end() {
        isOver = true
        info.retire()
        link.close()
    }

    // MARK: What the link tells

    func linkReceived(_ bytes: Span<UInt8>) {}
    func linkSettled() {}
    func linkSecured(_ handshake: TLSHandshake) {}
    func linkEnded(clean: Bool) {}
    func linkFailed(_ failure: LinkFailure) {}
    func linkDrained() { driver.touch(self) }
}

extension Carrier {
    /// How the peer was lost, in the words of an error.
    static func words(_ failure: LinkFailure) -> (code: TransportError.Code, words: String, libraryCode: String?) {
        switch failure {
        case .tls(let error): (error.transportCode, error.message, error.libraryCode)
        case .system(let code):
            (
                code == ECONNRESET || code == EPIPE ? .connectionReset : .connectionClosed, errorText(code),
                "errno \(code)"
            )
        }
    }
}
