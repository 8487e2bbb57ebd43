import Glibc
import Synchronization

/// A program that a test started: in its own process group, with a clean environment, and no way to outlive us.
///
/// `stop()` ends the whole group, and only that group; so does dropping the last reference, and so does the end
/// of this process, however it ends. Output goes to a file. All calls block: call them from a thread of your own
/// or for short programs.
package final class ChildProcess: Sendable {
    /// How a program ended.
    package enum Exit: Sendable, Equatable {
        /// It returned this status.
        case status(CInt)
        /// This signal ended it.
        case signal(CInt)
    }

    /// What the program was called with, for messages.
    package let command: String
    /// The file that holds its standard output and error.
    package let log: String
    /// Its process id, which is also the id of its group.
    package let identifier: Int32

    private let watchdog: Watchdog
    private let exit = Mutex<Exit?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: A path, or a name to be looked up in the folders of `searchPath`.
    ///   - environment: Added to `cleanEnvironment`.
    ///   - folder: The working folder; its log is `output.log` there unless `log` names another file.
    package init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], folder: ScratchFolder,
        log: String? = nil
    ) throws(TestKitError) {
        let log = log ?? folder.path(of: "output.log")
        guard let path = Self.find(program) else { throw TestKitError("\(program) is not installed") }
        let watchdog = try Watchdog.shared.get()
        let input = try CInt(system("open /dev/null") { unsafe Int(open("/dev/null", O_RDONLY | O_CLOEXEC)) })
        defer { close(input) }
        identifier = try Self.spawn(
            path, arguments, environment: Self.cleanEnvironment.merging(environment) { $1 }, folder: folder.path,
            input: input, log: log)
        watchdog.watch(identifier)
        self.watchdog = watchdog
        self.log = log
        command = ([program] + arguments).joined(separator: " ")
    }

    deinit { stop(grace: .zero) }

    /// Runs a program to its end and gives how it ended and what it wrote; one that takes longer than `limit` is
    /// stopped and is an error.
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], folder: ScratchFolder,
        limit: Duration = .seconds(60)
    ) throws(TestKitError) -> (exit: Exit, output: [UInt8]) {
        let log = folder.path(of: "run-\(runNumber.add(1, ordering: .relaxed).newValue).log")
        let child = try ChildProcess(program, arguments, environment: environment, folder: folder, log: log)
        guard let exit = child.wait(atMost: limit) else {
            child.stop(grace: .zero)
            throw TestKitError("\(child.command) was still running after \(limit)")
        }
        return (exit, try contents(of: log))
    }

    private static let runNumber = Atomic(0)

    /// Whether the program has not ended yet.
    package var isRunning: Bool { wait(atMost: .zero) == nil }

    /// Waits for the end of the program; nil if it runs on after `limit`. What is left of its group then ends too.
    @discardableResult
    package func wait(atMost limit: Duration) -> Exit? {
        let deadline = ContinuousClock.now + limit
        while true {
            if let exit = exit.withLock({ $0 ?? collect(into: &$0) }) { return exit }
            if ContinuousClock.now >= deadline { return nil }
            TestKit.rest(milliseconds: 2)
        }
    }

    /// Asks the group to end, and after `grace` ends it; returns when the program is gone.
    package func stop(grace: Duration = .seconds(2)) {
        exit.withLock { if $0 == nil, grace > .zero { kill(-identifier, SIGTERM) } }
        if wait(atMost: grace) != nil { return }
        exit.withLock { if $0 == nil { kill(-identifier, SIGKILL) } }
        wait(atMost: .seconds(10))
    }

    /// Sends a signal to the program alone, if it still runs.
    package func send(signal: CInt) {
        exit.withLock { if $0 == nil { kill(identifier, signal) } }
    }

    /// Looks whether the program has ended. Only after its group was ended is it reaped: until then its number,
    /// and with it the group's, cannot become somebody else's.
    private func collect(into exit: inout Exit?) -> Exit? {
        var information = unsafe siginfo_t()
        let result = unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT)
        guard result == 0, unsafe information.si_signo == SIGCHLD else { return nil }
        kill(-identifier, SIGKILL)
        var status: CInt = 0
        while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        watchdog.forget(identifier)
        exit = status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f)
        return exit
    }
}

extension ChildProcess {
    /// Where programs are looked up; servers live in folders that a user's `PATH` may lack.
    package static let searchPath = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// What every program gets: no proxy, no certificate store and no configuration of the person who runs the tests.
    package static let cleanEnvironment = [
        "PATH": searchPath.joined(separator: ":"), "HOME": "/nonexistent", "LANG": "C.UTF-8", "TZ": "UTC",
    ]

    /// The path of a program, or nil if it is not installed.
    package static func find(_ program: String) -> String? {
        let candidates = program.contains("/") ? [program] : searchPath.map { "\($0)/\(program)" }
        return candidates.first { exists($0, executable: true) }
    }

    /// The bare start: standard input is `input`, output goes to `log`, no other descriptor is passed on, signals
    /// are as a fresh shell has them.
    static func spawn(
        _ path: String, _ arguments: [String], environment: [String: String], folder: String, input: CInt, log: String
    ) throws(TestKitError) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        _ = unsafe addWorkingFolder(&actions, folder)
        _ = unsafe addCloseFrom(&actions, 3)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var all = sigset_t(), none = sigset_t()
        unsafe sigfillset(&all)
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        unsafe posix_spawnattr_setflags(&attributes, CShort(flags))

        var identifier: pid_t = 0
        let code = unsafe withCStrings([path] + arguments) { arguments in
            unsafe withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                unsafe posix_spawn(&identifier, path, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else {
            throw .system("start \(([path] + arguments).joined(separator: " "))", code: code)
        }
        return identifier
    }
}

// The Glibc module leaves out these two, which <spawn.h> declares for GNU sources only. A header that included
// <spawn.h> for them would take `pthread_attr_t` and others over from Glibc for everybody who imports it.
@_silgen_name("posix_spawn_file_actions_addchdir_np")
private func addWorkingFolder(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ folder: UnsafePointer<CChar>
) -> CInt

@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: CInt) -> CInt
