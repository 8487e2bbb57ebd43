import HTTP1Engine
import Testing

@Suite("The state of an exchange")
struct ExchangeStateTests {
    /// Every state, every event, and what becomes of it; `-` where the event cannot happen.
    static let golden = """
        state       requestHead  requestEnd  informational  responseHead  responseEnd  switched  renewed  closed
        idle        requesting   -           -              -             -            -         -        closed
        requesting  -            awaiting    requesting     duplex        -            -         -        closed
        awaiting    -            -           awaiting       responding    -            switched  -        closed
        duplex      -            responding  -              -             draining     -         -        closed
        responding  -            -           -              -             complete     -         -        closed
        draining    -            complete    -              -             -            -         -        closed
        complete    -            -           -              -             -            -         idle     closed
        switched    -            -           -              -             -            -         -        closed
        closed      -            -           -              -             -            -         -        closed
        """

    @Test("every pair of state and event gives what the table says")
    func table() {
        var rows = [["state"] + ExchangeState.Event.allCases.map(\.rawValue)]
        for state in ExchangeState.allCases {
            rows.append([state.rawValue] + ExchangeState.Event.allCases.map { state.after($0)?.rawValue ?? "-" })
        }
        let expected = Self.golden.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows == expected)
    }
}
