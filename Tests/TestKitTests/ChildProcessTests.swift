import Glibc
import TestKit
import Testing

@Suite("child processes")
struct ChildProcessTests {
    @Test("tell their status, their output and the signal that ended them")
    func exits() throws {
        let folder = try ScratchFolder("exits")
        let seven = try ChildProcess.run("sh", ["-c", "echo out; echo err >&2; exit 7"], folder: folder)
        #expect(seven.exit == .status(7))
        #expect(String(decoding: seven.output, as: UTF8.self) == "out\nerr\n")
        let killed = try ChildProcess.run("sh", ["-c", "kill -TERM $$"], folder: folder)
        #expect(killed.exit == .signal(SIGTERM))
    }

    @Test("see nothing of the environment and the descriptors of the tests")
    func clean() throws {
        let folder = try ScratchFolder("clean")
        let open = unsafe open("/dev/null", O_RDONLY)
        defer { close(open) }
        let (_, output) = try ChildProcess.run("sh", ["-c", "env | sort; ls /proc/$$/fd"], folder: folder)
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        #expect(
            !lines.contains {
                $0.hasPrefix("SSL_CERT") || $0.hasPrefix("CURL_CA") || $0.lowercased().hasPrefix("http_proxy")
            })
        #expect(lines.contains("HOME=/nonexistent"))
        #expect(lines.suffix(3) == ["0", "1", "2"])
    }

    @Test("that ignore SIGTERM are ended with their whole group")
    func stubborn() throws {
        let folder = try ScratchFolder("stubborn")
        let child = try ChildProcess(
            "sh", ["-c", "trap '' TERM; sleep 1000 & echo $! > worker; wait; wait"], folder: folder)
        #expect(child.wait(atMost: .milliseconds(200)) == nil)
        let worker = try #require(Int32(try text(of: folder.path(of: "worker")).dropLast()))
        child.stop(grace: .milliseconds(50))
        #expect(!child.isRunning)
        // The worker is not ours to wait for: that it was killed shows a moment later on a busy machine.
        #expect(ends(worker))
    }

    @Test("that run too long are an error with the command in it")
    func tooLong() throws {
        let folder = try ScratchFolder("long")
        let error = #expect(throws: TestKitError.self) {
            try ChildProcess.run("sleep", ["1000"], folder: folder, limit: .milliseconds(20))
        }
        #expect(error?.description.contains("sleep 1000") == true)
    }

    @Test("that are not installed are an error with their name in it")
    func notInstalled() throws {
        let folder = try ScratchFolder("absent")
        let error = #expect(throws: TestKitError.self) { try ChildProcess("no-such-program", [], folder: folder) }
        #expect(error?.description == "no-such-program is not installed")
    }

    @Test("that end before they listen are an error with their log in it")
    func notListening() throws {
        let folder = try ScratchFolder("deaf")
        let error = #expect(throws: TestKitError.self) {
            try ServerProcess(.curl, ports: 1, in: folder) { ports in
                ServerProcess.Command(program: "sh", arguments: ["-c", "echo no luck with \(ports[0]); exit 3"])
            }
        }
        #expect(error?.description.contains("no luck with") == true)
        #expect(error?.description.contains("status(3)") == true)
    }
}

/// Whether a process ends within 10 seconds.
private func ends(_ process: Int32) -> Bool {
    for _ in 0..<10_000 where isAlive(process) { usleep(1_000) }
    return !isAlive(process)
}

/// Whether a process runs; one that has ended and waits for its parent does not.
private func isAlive(_ process: Int32) -> Bool {
    guard let state = try? text(of: "/proc/\(process)/stat") else { return false }
    return state.split(separator: ")").last?.hasPrefix(" Z") != true
}
