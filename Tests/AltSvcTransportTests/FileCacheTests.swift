import AltSvcTransport
import FileIO
import Glibc
import TestKit
import Testing
import TransportCore

@Suite("The cache in a file")
struct FileCacheTests {
    private let clock = ManualClock()

    private func origin(_ host: String) throws -> Origin { try HTTPURL("https://\(host)/").origin }

    private func h3(_ host: String, persists: Bool = false) -> Alternative {
        Alternative(
            AltService(host: host, port: 443), expires: clock.wallSeconds + 1_000, persists: persists)
    }

    @Test("what one process learned, the next one knows, broken alternatives included; curl's format is written")
    func remembers() async throws {
        let path = try ScratchFolder("altsvc").path(of: "seen.txt")
        let first = await FileAltSvcCache(path, clock: clock)
        #expect(first.takeProblem() == nil)
        first.store([h3("alt.example")], of: try origin("a.example"), at: clock.wallSeconds)
        _ = first.markBroken(h3("alt.example").service, of: try origin("a.example"), at: clock.wallSeconds)
        await first.flush()
        let content = try text(of: path)
        #expect(content.contains("\nh2 a.example 443 h3 alt.example 443 \""))
        let second = FileAltSvcCache(readingNow: path, clock: clock)
        let known = second.alternatives(of: try origin("a.example"), at: clock.wallSeconds)
        #expect(known.map(\.alternative.service.host) == ["alt.example"])
        #expect(known.map { $0.isBroken(at: clock.wallSeconds) } == [true])
        // Nothing new: the file stays as it is.
        await second.flush()
        #expect(try text(of: path) == content)
    }

    @Test("what another process learned meanwhile is kept, and what was forgotten here is not")
    func merges() async throws {
        let path = try ScratchFolder("altsvc").path(of: "seen.txt")
        let now = clock.wallSeconds
        let one = await FileAltSvcCache(path, clock: clock)
        let two = await FileAltSvcCache(path, clock: clock)
        one.store([h3("a.example")], of: try origin("a.example"), at: now)
        await one.flush()
        two.store([h3("b.example")], of: try origin("b.example"), at: now)
        await two.flush()
        one.store([h3("c.example")], of: try origin("c.example"), at: now)
        one.forget(try origin("a.example"))
        await one.flush()
        let three = await FileAltSvcCache(path, clock: clock)
        #expect(Set(three.contents(at: now).map(\.origin.host)) == ["b.example", "c.example"])
        three.removeAll()
        await three.flush()
        #expect(try !text(of: path).contains("\nh2 "))
    }

    @Test("another network forgets what does not persist, in the file as well")
    func network() async throws {
        let path = try ScratchFolder("altsvc").path(of: "seen.txt")
        let now = clock.wallSeconds
        let cache = await FileAltSvcCache(path, clock: clock)
        cache.store([h3("a.example")], of: try origin("a.example"), at: now)
        cache.store([h3("b.example", persists: true)], of: try origin("b.example"), at: now)
        await cache.flush()
        cache.networkChanged(to: "work")
        await cache.flush()
        let next = await FileAltSvcCache(path, clock: clock)
        #expect(next.contents(at: now).map(\.origin.host) == ["b.example"])
    }

    @Test("a damaged file gives what can be read, and is mended with the next write")
    func damaged() async throws {
        let folder = try ScratchFolder("altsvc")
        let path = try folder.write(
            "seen.txt", "h2 a.example 443 h3 a.example 443 \"20991231 10:00:00\" 0 0\nh2 b.exa\u{0}mple 443\n")
        let cache = await FileAltSvcCache(path, clock: clock)
        #expect(cache.takeProblem() == "1 lines of \(path) cannot be read and are left out")
        #expect(cache.takeProblem() == nil)
        #expect(cache.contents(at: clock.wallSeconds).map(\.origin.host) == ["a.example"])
        cache.store([h3("c.example")], of: try origin("c.example"), at: clock.wallSeconds)
        await cache.flush()
        let next = await FileAltSvcCache(path, clock: clock)
        #expect(next.takeProblem() == nil)
        #expect(next.contents(at: clock.wallSeconds).count == 2)
    }

    @Test("a file of a later version is read and never written")
    func later() async throws {
        let folder = try ScratchFolder("altsvc")
        let content = "# tern alt-svc 9\nh2 a.example 443 h3 a.example 443 \"20991231 10:00:00\" 0 0\n"
        let path = try folder.write("seen.txt", content)
        let cache = await FileAltSvcCache(path, clock: clock)
        #expect(cache.takeProblem()?.contains("later version") == true)
        cache.store([h3("c.example")], of: try origin("c.example"), at: clock.wallSeconds)
        await cache.flush()
        #expect(try text(of: path) == content)
        #expect(cache.contents(at: clock.wallSeconds).count == 2)
    }

    @Test("while another process writes the file it is left alone, and written the next time")
    func beingWritten() async throws {
        let folder = try ScratchFolder("altsvc")
        let path = folder.path(of: "seen.txt")
        let cache = await FileAltSvcCache(path, clock: clock)
        try folder.write("seen.txt.new", "half a li")
        cache.store([h3("a.example")], of: try origin("a.example"), at: clock.wallSeconds)
        await cache.flush()
        let problem = cache.takeProblem()
        #expect(problem?.contains("another process is writing the file") == true, "\(problem ?? "")")
        #expect(!exists(path))
        #expect(try text(of: path + ".new") == "half a li")
        _ = unsafe unlink(path + ".new")
        await cache.flush()
        #expect(try text(of: path).contains("h2 a.example 443"))
    }

    @Test("where nothing can be read or written, nothing fails but the memory of it")
    func unusable() async throws {
        let folder = try ScratchFolder("altsvc")
        let cache = await FileAltSvcCache(folder.path, clock: clock)
        #expect(cache.takeProblem() != nil)
        cache.store([h3("a.example")], of: try origin("a.example"), at: clock.wallSeconds)
        await cache.flush()
        #expect(cache.takeProblem() != nil)
        #expect(cache.contents(at: clock.wallSeconds).count == 1)
        let nowhere = await FileAltSvcCache(folder.path(of: "no/such/folder"), clock: clock)
        nowhere.store([h3("a.example")], of: try origin("a.example"), at: clock.wallSeconds)
        await nowhere.flush()
        #expect(nowhere.takeProblem() != nil)
    }

    @Test("another file is imported where nothing is known")
    func imports() async throws {
        let folder = try ScratchFolder("altsvc")
        let other = try folder.write(
            "curl.txt", "h2 a.example 443 h3 a.example 443 \"20991231 10:00:00\" 0 0\nx\n")
        let cache = await FileAltSvcCache(folder.path(of: "seen.txt"), clock: clock)
        let (origins, damaged) = try await cache.importFile(other)
        #expect(origins == 1 && damaged == 1)
        await cache.flush()
        #expect(try text(of: cache.path).contains("a.example"))
        await #expect(throws: FileError.self) { try await cache.importFile(folder.path(of: "none")) }
    }

    @Test("a session's next run goes over HTTP/3 at once")
    func nextRun() async throws {
        let path = try ScratchFolder("altsvc").path(of: "seen.txt")
        for version in [HTTPVersion.http2, .http3] {
            let scene = Scene()
            let transport = AltSvcTransport(
                fast: scene.fast, steady: scene.steady, cache: await FileAltSvcCache(path, clock: scene.clock),
                configuration: .init(clock: scene.clock))
            #expect(try await transport.send(try get()).version == version)
            await transport.shutdown(by: nil)
        }
    }
}
