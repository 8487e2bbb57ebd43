/// What options cannot be together.
enum CommandLineCheck {
    static func check(_ invocation: Invocation) throws {
        // A request has one kind of content.
        let kinds = [
            invocation.isHead ? "--head" : nil,
            invocation.data.isEmpty || invocation.dataInQuery ? nil : invocation.isJSON ? "--json" : "--data",
            invocation.form.isEmpty ? nil : "--form",
            invocation.uploads.allSatisfy(\.isEmpty) ? nil : "--upload-file",
        ].compactMap { $0 }
        guard kinds.count < 2 else {
            throw UsageError("\(kinds.joined(separator: " and ")) each ask for another request: only one can be made")
        }
        if invocation.namedByServer {
            if invocation.include { throw together("--include", "--remote-header-name") }
            if invocation.resume != nil { throw together("--continue-at", "--remote-header-name") }
        }
        if invocation.resume != nil, invocation.range != nil { throw together("--continue-at", "--range") }
        if let report = invocation.report, report != "json" {
            throw UsageError("--report: there is no '\(report)' report; json is one")
        }
    }

    private static func together(_ one: String, _ other: String) -> UsageError {
        UsageError("\(one) and \(other) cannot be had together")
    }
}
