import Driving
import TransportCore

/// Which names a route needs the addresses of, and what libcurl is told then.
///
/// libcurl never resolves a name here: it is given addresses by `CURLOPT_RESOLVE`, so that the resolver, its cache, the
/// rules about addresses and the timeout are ours, and cancelling is immediate.
struct AddressPlan {
    /// Where the addresses come from.
    enum Source {
        case name(String)
        case fixed([IPAddress])
    }
    /// One host and port that libcurl will look up.
    struct Lookup {
        /// As libcurl has it.
        var host: String
        var port: Int
        var source: Source
    }
    /// What will be looked up; empty for a Unix socket, and where a proxy resolves nothing but itself.
    private(set) var lookups: [Lookup] = []
    /// An entry of `CURLOPT_CONNECT_TO`, if the port differs, or the host does and a proxy connects to it.
    private(set) var connectTo: String?

    /// The plan for `route`, whose URLs have `host` in place of the origin's host.
    init(_ route: Route, urlHost host: String) {
        guard route.connect.unixSocket == nil else { return }
        let destination = Destination(route)
        let original = route.origin.port
        let (target, port) = destination.target
        let isFixed = if case .addresses = destination.server { true } else { false }
        var looksUpTarget = true
        if let proxy = route.proxy {
            lookups.append(Lookup(host: proxy.host, port: proxy.port, source: AddressPlan.source(proxy.host)))
            looksUpTarget = destination.resolvesTarget
        }
        if looksUpTarget, host.utf8.contains(UInt8(ascii: ":")), isFixed || target != host {
            // CURLOPT_RESOLVE cannot name an IPv6 address as the host to be looked up.
            connectTo = "[\(host)]:\(original):\(AddressPlan.bracketed(target)):\(port)"
            lookups.append(Lookup(host: target, port: port, source: AddressPlan.source(target)))
        } else if looksUpTarget {
            if port != original { connectTo = "\(AddressPlan.bracketed(host)):\(original)::\(port)" }
            let source: Source =
                if case .addresses(let fixed, _) = destination.server { .fixed(fixed) } else {
                    AddressPlan.source(target)
                }
            lookups.append(Lookup(host: host, port: port, source: source))
        } else if target != host || port != original {
            // The proxy connects, so it must be told the other host itself.
            connectTo = "\(AddressPlan.bracketed(host)):\(original):\(AddressPlan.bracketed(target)):\(port)"
        }
    }

    private static func source(_ host: String) -> Source {
        IPAddress(host).map { .fixed([$0]) } ?? .name(host.lowercased())
    }

    private static func bracketed(_ host: String) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    }

    /// Whether a resolver is needed at all.
    var needsResolver: Bool { lookups.contains { if case .name = $0.source { true } else { false } } }

    /// Addresses for all lookups.
    struct Answer: Sendable {
        /// Entries of `CURLOPT_RESOLVE`.
        var entries: [String] = []
        /// What is connected to, for the event.
        var addresses: [IPAddress] = []
        var timeToLive: Duration

        fileprivate mutating func add(_ found: [IPAddress], for lookup: Lookup) {
            if addresses.isEmpty { addresses = found }
            if IPAddress(lookup.host).map({ found == [$0] }) ?? false { return }
            entries.append(
                "\(lookup.host):\(lookup.port):"
                    + found.map { AddressPlan.bracketed($0.description) }.joined(separator: ","))
        }
    }

    /// The longest time for which an answer without a time to live is used.
    private static let unknownTimeToLive = Duration.seconds(60)

    /// Finds the addresses that the family and the rules allow.
    func answer(_ connect: ConnectOptions) async throws(OpeningFailure) -> Answer {
        var answer = Answer(timeToLive: AddressPlan.unknownTimeToLive)
        for lookup in lookups {
            switch lookup.source {
            case .fixed(let addresses):
                answer.add(try Destination.allowed(addresses, of: lookup.host, connect).get(), for: lookup)
            case .name(let name):
                let found = try await Destination.addresses(of: name, connect).get()
                answer.add(found.addresses, for: lookup)
                if let time = found.timeToLive { answer.timeToLive = min(answer.timeToLive, time) }
            }
        }
        return answer
    }

    /// The answer where no name is to be resolved.
    func fixedAnswer(_ connect: ConnectOptions) throws(OpeningFailure) -> Answer {
        var answer = Answer(timeToLive: .seconds(1 << 32))
        for lookup in lookups {
            guard case .fixed(let addresses) = lookup.source else { continue }
            answer.add(try Destination.allowed(addresses, of: lookup.host, connect).get(), for: lookup)
        }
        return answer
    }
}
