import Synchronization
import Tern

/// What the invocations of a command line have in common: transports, with their connections, and cookies.
final class SharedState: Sendable {
    private struct State {
        var transports: [String: AnyTransport] = [:]
        var cookies: MemoryCookies?
    }
    private let state = Mutex(State())

    /// The transport that `invocation` names, made by the first that does.
    func transport(for invocation: Invocation) throws -> AnyTransport {
        let key = TransportChoice.key(invocation)
        if let known = state.withLock({ $0.transports[key] }) { return known }
        let made = try TransportChoice.make(invocation.transport, invocation)
        state.withLock { $0.transports[key] = made }
        return made
    }

    /// The cookies, if any invocation so far keeps them.
    func cookies(keeping: Bool) -> MemoryCookies? {
        state.withLock { state in
            if keeping, state.cookies == nil { state.cookies = MemoryCookies() }
            return state.cookies
        }
    }

    /// Writes the file of `--cookie-jar`; that it cannot be written is told, and is no failure, as curl has it.
    func writeCookies(of invocation: Invocation) async {
        guard let path = invocation.cookieJar, let cookies = state.withLock({ $0.cookies }) else { return }
        if path == "-" {
            try? Output.standard.write(cookies.text(.netscape))
        } else {
            do { try await cookies.save(to: path, replacesAnything: true) } catch {
                if invocation.tells { Output.error.line("tern: --cookie-jar: \(error)") }
            }
        }
    }

    /// Ends all transports.
    func close() async {
        for transport in state.withLock({ Array($0.transports.values) }) {
            await transport.shutdown(by: SystemClock().now.advanced(by: .seconds(1)))
        }
    }
}
