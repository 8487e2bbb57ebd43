public import TransportCore

/// Which protocols may be used for which origin, beside what each call allows: both have to agree.
///
///     configuration.policy = .excluding(.http3)
///     configuration.policy = ProtocolPolicy { $0.host.hasSuffix(".lan") ? [.http1] : .automatic }
public struct ProtocolPolicy: Sendable {
    /// The protocols for an origin: asked once for each route, and remembered.
    public var allowed: @Sendable (Origin) -> ProtocolSet

    /// A policy that is asked for each origin.
    public init(allowed: @escaping @Sendable (Origin) -> ProtocolSet) { self.allowed = allowed }

    /// These protocols alone.
    public static func only(_ protocols: ProtocolSet) -> ProtocolPolicy { ProtocolPolicy { _ in protocols } }

    /// All but these protocols.
    public static func excluding(_ protocols: ProtocolSet) -> ProtocolPolicy {
        ProtocolPolicy { _ in ProtocolSet(rawValue: .max).subtracting(protocols) }
    }
}
