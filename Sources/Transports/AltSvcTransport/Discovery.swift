import IOLoop
import TransportCore

/// Asks the DNS where an origin speaks HTTP/3 (RFC 9460). No request waits for it: what it finds serves the next.
enum Discovery {
    /// The one that is asked where the route has none.
    static var systemResolver: (any Resolver)? { SystemResolver.shared }

    /// Seconds until the same is asked again where nothing was found.
    static let pause: Int64 = 600
    /// Seconds that an answer holds at least, and at most.
    static let shortest: Int64 = 60
    static let longest: Int64 = 86_400
    /// Aliases that are followed one after the other.
    private static let aliases = 4

    /// The places that the records of `name` name, best first, and for how many seconds they hold; none if the resolver
    /// cannot ask, or nothing is found.
    static func services(
        of name: String, for origin: Origin?, _ resolver: any Resolver
    ) async -> (services: [AltService], seconds: Int64) {
        guard let origin else { return ([], 0) }
        var name = name
        var seconds = Int64.max
        for _ in 0...aliases {
            guard let message = try? await resolver.records(ServiceAnswer.type, at: name),
                let answer = ServiceAnswer(message), !Task.isCancelled
            else { break }
            seconds = min(seconds, answer.timeToLive)
            switch answer.meaning(for: origin) {
            case .services(let services): return (services, seconds)
            case .ask(let other): name = other
            }
        }
        return ([], 0)
    }
}
