/// Which content codings are asked for and taken off (RFC 9110 §8.4).
public struct DecodingPolicy: Sendable, Hashable {
    /// Whether codings are asked for, and taken off.
    public var isActive: Bool
    /// The longest content after decoding, in bytes; more ends it in ``HTTPError/Kind/decoding(_:)``. `nil`, the
    /// default, for what the call allows: a body that is buffered has its own limit, and a streamed one has none.
    public var sizeLimit: Int?
    /// How many times as long as its coded form the content may be: 200. gzip cannot pass 1,032; real content seldom
    /// passes 50. Less than 1 counts as 1.
    public var ratioLimit: Int
    /// The content, in bytes, up to which `ratioLimit` does not count: 1 MiB, since short content may be monotonous.
    public var ratioFloor: Int

    private init(isActive: Bool, sizeLimit: Int?, ratioLimit: Int, ratioFloor: Int) {
        self.isActive = isActive
        self.sizeLimit = sizeLimit
        self.ratioLimit = ratioLimit
        self.ratioFloor = ratioFloor
    }

    /// Asks for `gzip, deflate, br, zstd` and takes them off, with the limits of the properties of the same names.
    ///
    /// A request with an `Accept-Encoding` or `Range` field of its own is left alone, and so is its answer. What was
    /// decoded has neither `Content-Encoding` nor `Content-Length` any more.
    public static func automatic(
        sizeLimit: Int? = nil, ratioLimit: Int = 200, ratioFloor: Int = 1024 * 1024
    ) -> DecodingPolicy {
        DecodingPolicy(isActive: true, sizeLimit: sizeLimit, ratioLimit: ratioLimit, ratioFloor: ratioFloor)
    }

    /// Asks for nothing and takes nothing off: bodies are as they came.
    public static let none = DecodingPolicy(isActive: false, sizeLimit: nil, ratioLimit: 200, ratioFloor: 1024 * 1024)
}
