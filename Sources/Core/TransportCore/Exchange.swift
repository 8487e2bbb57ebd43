/// One attempt to carry one request: what ``Transport/send(_:)`` is given.
public struct Exchange: Sendable {
    /// What is asked.
    public var request: Request
    /// Where it goes and under what identity and trust: the key of connection pools.
    public var route: Route
    /// When `send` returns.
    public var delivery: Delivery
    /// When the exchange must have ended, body included; passing it is ``TransportError/Code/totalTimeout``.
    /// `nil` for never.
    public var deadline: Instant?
    /// Timeouts, limits and the rarer wishes; one shared reference.
    public var options: ExchangeOptions
    /// Sees each phase. Called on the transport's own thread: observe, never block.
    public var onEvent: (@Sendable (borrowing ExchangeEvent) -> Void)?

    /// An exchange of `request` over `route`.
    public init(
        _ request: Request, over route: Route, delivery: Delivery = .prompt, deadline: Instant? = nil,
        options: ExchangeOptions = ExchangeOptions(),
        onEvent: (@Sendable (borrowing ExchangeEvent) -> Void)? = nil
    ) {
        self.request = request
        self.route = route
        self.delivery = delivery
        self.deadline = deadline
        self.options = options
        self.onEvent = onEvent
    }

    /// What a transport must be able to do to carry this exchange.
    public var requiredFeatures: Feature {
        var features = route.requiredFeatures
        if request.hasTrailers { features.insert(.requestTrailers) }
        if case .stream = request.body { features.insert(.streamedUpload) }
        if request.method == .head, !request.body.isEmpty { features.insert(.contentWithHead) }
        features.formUnion(options.requiredFeatures)
        // There is nothing to hold back (RFC 9110 §10.1.1).
        if request.body.isEmpty, !request.hasTrailers { features.remove(.expectContinue) }
        return features
    }
}

/// When `send` returns.
public enum Delivery: Sendable, Hashable {
    /// As soon as the final head is in; the body is live.
    case prompt
    /// Once, when everything is in. A body longer than `upTo` bytes is handed over live when the cap is passed.
    case whole(upTo: Int)
}

/// Timeouts, limits and the rarer wishes of an exchange. A copy-on-write reference: sessions share one.
public struct ExchangeOptions: Sendable, Hashable {
    private struct Values: Hashable {
        var timeouts = Timeouts()
        var limits = Limits()
        var rates = RateCaps()
        var expectContinue: Duration?
        var earlyData = false
        var keepsTransferCodings = false
    }
    private final class Box: @unchecked Sendable {
        var values: Values
        init(_ values: Values) { self.values = values }
    }
    private static let standard = Box(Values())
    private var box = ExchangeOptions.standard

    /// The defaults.
    public init() {}

    private mutating func unique() -> Box {
        if !isKnownUniquelyReferenced(&box) { box = Box(box.values) }
        return box
    }

    /// How long each phase may take.
    public var timeouts: Timeouts {
        get { box.values.timeouts }
        _modify { yield &unique().values.timeouts }
    }
    /// How much a peer may send.
    public var limits: Limits {
        get { box.values.limits }
        _modify { yield &unique().values.limits }
    }
    /// How fast bytes may flow.
    public var rates: RateCaps {
        get { box.values.rates }
        _modify { yield &unique().values.rates }
    }
    /// Sends `Expect: 100-continue` and waits so long for the answer before the body goes out anyway
    /// (RFC 9110 §10.1.1). `nil`, the default, does not ask.
    public var expectContinue: Duration? {
        get { box.values.expectContinue }
        set { unique().values.expectContinue = newValue }
    }
    /// Whether a safe request may go out as 0-RTT data (RFC 8470). Off by default: it can be replayed.
    public var earlyData: Bool {
        get { box.values.earlyData }
        set { unique().values.earlyData = newValue }
    }

    /// Whether the body comes as it was transferred, with the lines of the chunked coding (RFC 9112 §7.1) in it. Off
    /// by default; HTTP/2 and 3 have no such codings.
    public var keepsTransferCodings: Bool {
        get { box.values.keepsTransferCodings }
        set { unique().values.keepsTransferCodings = newValue }
    }

    var requiredFeatures: Feature {
        var features: Feature = []
        if box.values.keepsTransferCodings { features.insert(.rawTransferCodings) }
        if box.values.rates.isLimited { features.insert(.rateCaps) }
        if box.values.expectContinue != nil { features.insert(.expectContinue) }
        return features
    }

    public static func == (left: ExchangeOptions, right: ExchangeOptions) -> Bool {
        left.box === right.box || left.box.values == right.box.values
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(box.values) }
}
