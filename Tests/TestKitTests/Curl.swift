import TestKit

/// What the `curl` command, which is not ours, gets from a server.
func curl(_ arguments: String..., ca: ThrowawayCA? = nil) async throws -> String {
    try await curl(arguments, ca: ca)
}

/// What the `curl` command gets with these arguments.
func curl(_ arguments: [String], ca: ThrowawayCA? = nil) async throws -> String {
    let trust = ca.map { ["--cacert", $0.certificate] } ?? []
    return try await onThread {
        let folder = try ScratchFolder("curl")
        let (exit, output) = try ChildProcess.run("curl", ["-sS", "-m", "20"] + trust + arguments, folder: folder)
        let text = String(decoding: output, as: UTF8.self)
        guard exit == .status(0) else { throw TestKitError("curl \(arguments): \(exit): \(text)") }
        return text
    }
}
