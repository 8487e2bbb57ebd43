import Driving
import Glibc
import IOLoop
import Names
import QUICEngine
import Threads
import TransportCore

/// A socket of a connection, and the two ends of it.
struct Way {
    let socket: UDPSocket
    let path: QUICPath

    /// A socket to `endpoint` from the address that the system, or `connect`, chooses.
    static func open(to endpoint: Endpoint, _ connect: ConnectOptions) throws(OpeningFailure) -> Way {
        switch UDPSocket.connect(to: endpoint, connect) {
        case .failure(let failure): throw Way.failure(endpoint, failure.code)
        case .success(let socket):
            guard let local = socket.localEndpoint.flatMap({ QUICAddress($0) }), let remote = QUICAddress(endpoint)
            else { throw Way.failure(endpoint, EADDRNOTAVAIL) }
            return Way(socket: socket, path: QUICPath(local: local, remote: remote))
        }
    }

    /// Why `endpoint` could not be reached.
    static func failure(_ endpoint: Endpoint, _ code: Int32) -> OpeningFailure {
        OpeningFailure(
            code == ECONNREFUSED ? .connectionRefused : .connectFailed, .connect,
            "connecting to \(endpoint) over UDP: \(errorText(code))", libraryCode: "errno \(code)")
    }
}

extension QUICAddress {
    init?(_ endpoint: Endpoint) {
        guard case .ip(let address, let port) = endpoint else { return nil }
        self.init(address, port: UInt16(clamping: port))
    }
}
