/// One option of the command line: its names, what it takes, what it does, and a line of help.
struct OptionSpec: Sendable {
    let long: String
    let short: Character?
    /// The name of its argument in the help; `nil` for a switch.
    let argument: String?
    let group: Group
    let help: String
    let apply: @Sendable (inout Invocation, String) throws -> Void

    /// What a switch is given for `--no-…`.
    static let off = "no"

    /// The headings of the help.
    enum Group: String, CaseIterable {
        case request = "Request"
        case body = "Body"
        case credentials = "Credentials and cookies"
        case connection = "Connection"
        case tls = "TLS"
        case proxy = "Proxy"
        case time = "Time and repetition"
        case output = "Output"
        case about = "About"
    }

    /// An option that takes an argument.
    static func option(
        _ long: String, _ short: Character, _ argument: String, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, String) throws -> Void
    ) -> OptionSpec {
        OptionSpec(long: long, short: short, argument: argument, group: group, help: help, apply: apply)
    }

    /// An option that takes an argument and has no short name.
    static func option(
        _ long: String, _ argument: String, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, String) throws -> Void
    ) -> OptionSpec {
        OptionSpec(long: long, short: nil, argument: argument, group: group, help: help, apply: apply)
    }

    /// A switch without a short name.
    static func flag(
        _ long: String, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, Bool) throws -> Void
    ) -> OptionSpec {
        OptionSpec(long: long, short: nil, argument: nil, group: group, help: help) { invocation, value in
            try apply(&invocation, value != off)
        }
    }

    /// A switch; `--no-…` sets it to false where it makes sense.
    static func flag(
        _ long: String, _ short: Character, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, Bool) throws -> Void
    ) -> OptionSpec {
        OptionSpec(long: long, short: short, argument: nil, group: group, help: help) { invocation, value in
            try apply(&invocation, value != off)
        }
    }
}
