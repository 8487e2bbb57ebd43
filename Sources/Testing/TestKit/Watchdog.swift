import Glibc

/// Ends what this process started, however this process ends: by exit, by a trap or by SIGKILL.
///
/// A small shell reads the process groups of running servers from a pipe whose writing end only this process
/// holds. When the pipe closes, it ends the groups that were not taken back (by SIGTERM, and after three
/// seconds by SIGKILL) and removes the scratch folder.
/// (`PR_SET_PDEATHSIG` would not do: it fires when the starting *thread* ends, which for a thread of a pool may
/// be at any time, and it reaches a server's first process only, not its workers.)
struct Watchdog: Sendable {
    /// The folder that goes with the process.
    let root: String
    private let pipe: CInt

    static let shared = Result { () throws(TestKitError) -> Watchdog in try Watchdog() }

    private static let script = """
        groups=' '
        while read -r verb group; do
            case $verb in
                +) groups="$groups$group " ;;
                -) groups="${groups%% $group *} ${groups#* $group }" ;;
            esac
        done
        for group in $groups; do kill -s TERM -- "-$group"; done
        turn=0; while [ $((turn += 1)) -lt 30 ]; do
            alive=
            for group in $groups; do kill -s 0 -- "-$group" && alive=yes; done
            [ -n "$alive" ] || break
            sleep 0.1
        done
        for group in $groups; do kill -s KILL -- "-$group"; done
        [ -n "$TERN_KEEP" ] || rm -rf -- "$1"
        """

    private init() throws(TestKitError) {
        let parent = environmentValue("TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/tern-tests-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw .system("make a folder in \(parent)", code: errno) }
        let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        unsafe chmod(root, 0o755)

        var ends: [CInt] = [-1, -1]
        try system("make a pipe") { unsafe Int(Glibc.pipe(&ends)) }
        _ = ends.map { fcntl($0, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var environment = ChildProcess.cleanEnvironment
        environment["TERN_KEEP"] = environmentValue("TERN_KEEP")
        _ = try ChildProcess.spawn(
            "/bin/sh", ["-c", Self.script, "sh", root], environment: environment, folder: "/", input: ends[0],
            log: "/dev/null")
        self.root = root
        pipe = ends[1]
    }

    /// From now on this process group ends with this process.
    func watch(_ group: pid_t) { tell("+ \(group)\n") }

    /// The group has ended: its number may soon be somebody else's.
    func forget(_ group: pid_t) { tell("- \(group)\n") }

    private func tell(_ line: String) {
        let bytes = Array(line.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(pipe, $0.baseAddress, $0.count) }
    }
}

/// The value of an environment variable of this process; nil if it is not set or empty.
package func environmentValue(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}
