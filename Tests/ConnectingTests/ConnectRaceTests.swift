import Connecting
import Names
import Testing
import Wire

private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

private func race(_ addresses: String...) -> ConnectRace { ConnectRace(to: addresses.compactMap { IPAddress($0) }) }

extension ConnectRace {
    fileprivate mutating func actions() -> [Action] {
        var all: [Action] = []
        while let action = nextAction() { all.append(action) }
        return all
    }
}

@Suite("Happy eyeballs")
struct ConnectRaceTests {
    @Test("families alternate, beginning with that of the best address")
    func alternates() {
        let race = race("2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2")
        #expect(
            race.addresses.map(\.description) == [
                "2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3",
            ])
    }

    @Test("the next address is tried after 250 ms, and the first connected wins")
    func staggers() {
        var race = race("2001:db8::1", "192.0.2.1", "192.0.2.2")
        race.start(at: at(0))
        #expect(race.actions() == [.connect(0)])
        #expect(race.deadline == at(250))
        race.expire(at: at(249))
        #expect(race.actions() == [])
        race.expire(at: at(250))
        #expect(race.actions() == [.connect(1)])
        #expect(race.deadline == at(500))
        race.connected(1)
        #expect(race.actions() == [.cancel(0), .use(1)])
        #expect(race.deadline == nil)
        race.connected(0)
        #expect(race.actions() == [])
    }

    @Test("a failure starts the next attempt at once, and the stagger anew")
    func failsOver() {
        var race = race("192.0.2.1", "192.0.2.2", "192.0.2.3")
        race.start(at: at(0))
        race.failed(0, at: at(10))
        #expect(race.actions() == [.connect(0), .connect(1)])
        #expect(race.deadline == at(260))
    }

    @Test("with the last address tried, the race waits for those that are under way")
    func waitsForTheLast() {
        var race = race("192.0.2.1", "192.0.2.2")
        race.start(at: at(0))
        race.expire(at: at(250))
        _ = race.actions()
        #expect(race.deadline == nil)
        race.failed(1, at: at(300))
        #expect(race.actions() == [])
        race.failed(0, at: at(400))
        #expect(race.actions() == [.giveUp])
        race.failed(0, at: at(500))
        #expect(race.actions() == [])
    }

    @Test("without addresses it gives up at once")
    func nothingToTry() {
        var race = race()
        race.start(at: at(0))
        #expect(race.actions() == [.giveUp])
    }

    @Test("cancelling ends every attempt, and nothing follows")
    func cancels() {
        var race = race("192.0.2.1", "192.0.2.2")
        race.start(at: at(0))
        race.expire(at: at(250))
        _ = race.actions()
        race.cancel()
        #expect(race.actions() == [.cancel(0), .cancel(1)])
        race.connected(0)
        race.failed(1, at: at(300))
        #expect(race.actions() == [])
    }
}
