import Driving
import FileIO
import Glibc
import HTTP3Engine
import QUICEngine
import Securing
import TLSEngine
import Threads
import TransportCore

/// What every link of a route begins with.
struct LinkSetup {
    let context: QUICContext
    /// The name that is asked for and verified.
    let host: String
    let options: QUICOptions
    let connect: ConnectOptions
    let keyLog: KeyLog?
    let session: String

    init(_ state: RouteState) throws(OpeningFailure) {
        let route = state.route
        let configuration = state.driver.configuration
        host = route.tls.serverName ?? route.origin.host
        connect = route.connect
        session = state.sessionName
        do throws(TLSError) {
            context = try state.driver.shelf.context(TLSSettings(route.tls, protocols: ["h3"]))
        } catch {
            throw OpeningFailure(
                error.transportCode, .tls, "the TLS settings for \(route.origin): \(error.message)",
                libraryCode: error.libraryCode, underlying: error)
        }
        if let path = route.tls.keyLogFile {
            guard let file = KeyLog(path: path) else {
                throw OpeningFailure(.tlsFailed, .tls, "opening the key log file \(path): \(errorText(errno))")
            }
            keyLog = file
        } else {
            keyLog = nil
        }
        var options = QUICOptions()
        options.idleTimeout = configuration.idleTimeout
        options.keepAlive = configuration.keepAlive
        // Those who wait for the connection have timeouts of their own.
        options.handshakeTimeout = nil
        options.streamWindow = UInt64(clamping: configuration.streamWindow)
        options.streamWindowLimit = UInt64(clamping: configuration.streamWindowLimit)
        options.connectionWindow = UInt64(clamping: configuration.connectionWindow)
        options.connectionWindowLimit = UInt64(clamping: configuration.connectionWindowLimit)
        options.qlog = configuration.qlogDirectory != nil
        self.options = options
    }
}
