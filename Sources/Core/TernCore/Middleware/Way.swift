/// How a link wants exchanges below it to travel, where that differs from the settings. Boxed, since few calls have one
/// and every ``Next`` carries it.
final class Way: Sendable {
    struct Choice: Sendable {
        /// In place of the settings' route; not for requests that a link below sends to another origin.
        var route: Route?
        /// Over a connection that was not used for the attempt before (RFC 9110 §15.5.20).
        var isApart = false
        /// Not as 0-RTT data (RFC 8470 §5.2).
        var avoidsEarlyData = false
        /// Without waiting for 100 (RFC 9110 §10.1.1).
        var avoidsExpectation = false
    }
    let choice: Choice
    init(_ choice: Choice) { self.choice = choice }
}
