import Tern

/// Carries out a command line: the transfers one after another, over one session.
struct Runner {
    let invocation: Invocation
    let session: Session<AnyTransport>

    init(_ invocation: Invocation) throws {
        self.invocation = invocation
        var configuration = try SessionSetup.configuration(invocation)
        if invocation.verbose { configuration.hooks.append(Verbose()) }
        session = Session(owning: try SessionSetup.transport(invocation), configuration: configuration)
    }

    /// The exit code of the last transfer, as curl has it.
    func run() async -> Int32 {
        var code: Int32 = 0
        let heads = HeadFile(invocation.dumpHeader)
        for (number, url) in invocation.urls.enumerated() where !Task.isCancelled {
            code = await Transfer(invocation, session, url: url, number: number, output(number), heads).run()
        }
        if invocation.outputs.count > invocation.urls.count, invocation.tells {
            Output.error.line("tern: there are more outputs than URLs")
        }
        await session.close(by: SystemClock().now.advanced(by: .seconds(1)))
        return code
    }

    private func output(_ number: Int) -> OutputChoice? {
        if invocation.outputs.indices.contains(number) { return invocation.outputs[number] }
        return invocation.remoteNameForAll ? .remoteName : nil
    }
}
