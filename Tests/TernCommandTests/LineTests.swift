import Glibc
import TernCore
import Testing

@testable import TernCommand

@Suite("lines in and out")
struct LineTests {
    /// A pipe that `write` fills on a thread of its own, and that ends then.
    private func pipe(_ pieces: [String]) throws -> Int32 {
        var ends: [Int32] = [0, 0]
        #expect(unsafe Glibc.pipe(&ends) == 0)
        let output = Output(descriptor: ends[1])
        for piece in pieces { try output.write(Array(piece.utf8)) }
        close(ends[1])
        return ends[0]
    }

    @Test("lines are cut wherever reads end, numbered with empty ones and counted without; the last needs no end")
    func input() async throws {
        let file = try pipe(["a\n\r\nbc", "d\r\n", "\nlast"])
        defer { close(file) }
        let input = LineInput(descriptor: file)
        var lines: [String] = []
        while let line = await input.next() {
            lines.append("\(line.number) \(line.index) \(String(decoding: line.bytes, as: UTF8.self))")
        }
        #expect(lines == ["1 1 a", "3 2 bcd", "5 3 last"])
        #expect(await input.next() == nil && input.failure == nil)
    }

    @Test("many tasks share the lines, each goes to one, and what cannot be read is told")
    func sharing() async throws {
        let file = try pipe([(1...3_000).map { "\($0)\n" }.joined()])
        defer { close(file) }
        let input = LineInput(descriptor: file)
        let seen = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<20 {
                group.addTask {
                    var numbers: [Int] = []
                    while let line = await input.next() { numbers.append(line.number) }
                    return numbers
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(seen.sorted() == Array(1...3_000))
        let closed = LineInput(descriptor: -1)
        #expect(await closed.next() == nil && closed.failure?.contains("Bad file") == true)
    }

    @Test("a stopped input gives nothing more, to those that wait either")
    func stopping() async throws {
        var ends: [Int32] = [0, 0]
        #expect(unsafe Glibc.pipe(&ends) == 0)
        let input = LineInput(descriptor: ends[0])
        async let waiting = input.next()
        input.stop()
        #expect(await waiting == nil)
        #expect(await input.next() == nil)
        close(ends[1])
    }

    @Test("answers go out as they come, or in the turn of their lines", arguments: [false, true])
    func output(_ isOrdered: Bool) async throws {
        var ends: [Int32] = [0, 0]
        #expect(unsafe Glibc.pipe(&ends) == 0)
        let output = LineOutput(descriptor: ends[1], isOrdered: isOrdered)
        await withTaskGroup { group in
            for turn in (1...50).reversed() {
                group.addTask { await output.write(Array("\(turn)\n".utf8), turn: turn, isLast: turn == 1) }
            }
        }
        await output.finish()
        close(ends[1])
        let text = String(decoding: try InputReader.all(of: "/dev/fd/\(ends[0])"), as: UTF8.self)
        close(ends[0])
        let numbers = text.split(separator: "\n").compactMap { Int($0) }
        #expect(numbers.sorted() == Array(1...50) && (!isOrdered || numbers == Array(1...50)))
    }

    @Test("nobody who reads is a failure, and holds nobody up")
    func closed() async throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(unsafe Glibc.pipe(&ends) == 0)
        close(ends[0])
        let output = LineOutput(descriptor: ends[1], isOrdered: false)
        for turn in 1...3 { await output.write([UInt8](repeating: 0x20, count: 2 << 20), turn: turn, isLast: true) }
        await output.finish()
        #expect(output.failure?.contains("Broken pipe") == true)
        close(ends[1])
    }

    @Test("a transfer is too slow if the last five seconds were, for as long as is patient")
    func speed() {
        var watch = SpeedWatch(limit: 100, patience: .seconds(2))
        func slow(_ samples: [(at: Double, bytes: Int64)]) -> [Bool] {
            samples.map { watch.isTooSlow($0.bytes, at: Instant(nanoseconds: Int64($0.at * 1e9))) }
        }
        // 1,000 bytes are fast enough for five seconds; then it takes two more.
        let steady = slow([(0, 0), (1, 1_000), (5, 1_000), (6.5, 1_000), (8, 1_000), (8.6, 1_000)])
        #expect(steady == [false, false, false, false, false, true])
        watch = SpeedWatch(limit: 100, patience: .seconds(2))
        // It catches up; then a repetition counts anew.
        let uneven = slow([(0, 0), (1, 0), (2, 900), (3, 0), (4, 0), (5.9, 0), (6, 0)])
        #expect(uneven == [false, false, false, false, false, false, true])
    }
}
