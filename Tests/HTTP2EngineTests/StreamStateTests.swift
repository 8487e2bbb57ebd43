import HTTP2Engine
import Testing

@Suite("The states of a stream")
struct StreamStateTests {
    /// Every pair of state and step, and where it leads (RFC 9113 §5.1); a dash is not allowed.
    static let golden = """
        idle headSent open
        idle headReceived open
        idle endSent -
        idle endReceived -
        idle reset -
        open headSent open
        open headReceived open
        open endSent halfClosedLocal
        open endReceived halfClosedRemote
        open reset closed
        halfClosedLocal headSent -
        halfClosedLocal headReceived halfClosedLocal
        halfClosedLocal endSent -
        halfClosedLocal endReceived closed
        halfClosedLocal reset closed
        halfClosedRemote headSent halfClosedRemote
        halfClosedRemote headReceived -
        halfClosedRemote endSent closed
        halfClosedRemote endReceived -
        halfClosedRemote reset closed
        closed headSent -
        closed headReceived -
        closed endSent -
        closed endReceived -
        closed reset -
        """

    @Test("every pair of state and step is as the table says")
    func table() {
        let actual = StreamState.allCases.flatMap { state in
            StreamState.Step.allCases.map { step in
                "\(state.rawValue) \(step.rawValue) \(state.after(step)?.rawValue ?? "-")"
            }
        }
        #expect(actual.joined(separator: "\n") == Self.golden)
    }
}
