/// A server of somebody else, started for tests: it has its ports from the kernel and accepts connections.
///
/// Dropping the last reference stops it, and so does the end of this process.
package final class ServerProcess: Sendable {
    /// A program, its arguments and additions to its environment.
    package struct Command {
        package init(program: String, arguments: [String], environment: [String: String] = [:]) {
            (self.program, self.arguments, self.environment) = (program, arguments, environment)
        }

        let program: String
        let arguments: [String]
        let environment: [String: String]
    }

    /// The ports that it listens on, in the order that its starter numbered them.
    package let ports: [UInt16]
    /// Its own folder: configuration, logs, files.
    package let folder: ScratchFolder
    private let child: ChildProcess
    private let grace: Duration

    /// Starts a server and waits until all its ports accept connections.
    ///
    /// A server that ends before it is ready, as one does that lost the race for a port, is started again with
    /// other ports, twice at most. The error of the last attempt holds what the server wrote.
    ///
    /// - Parameters:
    ///   - given: The ports, where they must be those of another server that is gone.
    ///   - grace: How long `stop` lets it finish by itself.
    ///   - command: Writes the configuration for these ports and says how to start the server.
    package init(
        _ requirement: Requirement, ports count: Int, at given: [UInt16]? = nil, in folder: ScratchFolder,
        grace: Duration = .seconds(2),
        command: ([UInt16]) throws(TestKitError) -> Command
    ) throws(TestKitError) {
        try requirement.check()
        var attempts = 3
        while true {
            let ports = if let given { given } else { try Loopback.freePorts(count) }
            let command = try command(ports)
            let log = folder.path(of: "output-\(attempts).log")
            let child = try ChildProcess(
                command.program, command.arguments, environment: command.environment, folder: folder, log: log)
            if Self.isReady(child, ports: ports) {
                (self.ports, self.folder, self.child, self.grace) = (ports, folder, child, grace)
                return
            }
            let exit = child.wait(atMost: .zero)
            attempts -= 1
            if attempts == 0 || exit == nil {
                child.stop(grace: .zero)
                let ending = exit.map { "ended with \($0)" } ?? "did not listen within \(Self.patience)"
                throw TestKitError("\(child.command) \(ending); it wrote:\n\((try? text(of: log)) ?? "")")
            }
        }
    }

    deinit { stop() }

    /// Whether it still runs.
    package var isRunning: Bool { child.isRunning }

    /// Its process id.
    package var identifier: Int32 { child.identifier }

    /// What it has written to its standard output and error so far.
    package var output: String { (try? text(of: child.log)) ?? "" }

    /// Sends it a signal.
    package func send(signal: CInt) { child.send(signal: signal) }

    /// Stops it and returns when it is gone. Blocks for some milliseconds, as a rule.
    package func stop() { child.stop(grace: grace) }

    /// How long a server may take until it listens: squid needs a second, a busy machine ten times that.
    private static let patience = Duration.seconds(30)

    private static func isReady(_ child: ChildProcess, ports: [UInt16]) -> Bool {
        let deadline = ContinuousClock.now + patience
        var waiting = ports
        while ContinuousClock.now < deadline, child.isRunning {
            waiting.removeAll { Loopback.accepts(port: $0) }
            if waiting.isEmpty { return child.isRunning }
            rest(milliseconds: 5)
        }
        return false
    }
}
