/// What a peer may say about alternatives, and for how long it is believed.
package enum AltSvcLimits {
    /// Bytes of one field: real ones have some hundred.
    package static let field = 16 * 1024
    /// Entries that are read of one field.
    package static let entries = 64
    /// Alternatives that are kept for one origin.
    package static let alternatives = 8
    /// Seconds that an alternative holds where the field does not tell: a day (RFC 7838 §3.1).
    package static let maxAge: Int64 = 86_400
    /// The longest that is believed, in seconds: a year, so that a mistake ends at all.
    package static let longestAge: Int64 = 365 * 86_400
    /// Reasons that are told of one field: who sends a thousand faults need not fill a log with them.
    package static let faults = 4
    /// Origins in a cache; the one that was used longest ago goes first.
    package static let origins = 12_288
}
