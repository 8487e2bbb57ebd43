/// One option of the command line: its names, what it takes, what it does, and a line of help.
///
/// The table of these (`OptionTable`) is the parser, the help, the manual page and the completions.
struct OptionSpec: Sendable {
    let long: String
    let short: Character?
    /// The name of its argument in the help; `nil` for a switch.
    let argument: String?
    let group: Group
    let help: String
    let action: Action

    /// What it does.
    enum Action: Sendable {
        /// Changes the settings; a switch is given `on` or `off`.
        case set(@Sendable (inout Invocation, String) throws -> Void)
        /// Reads more options from a file.
        case config
        /// Begins another set of options and URLs.
        case next
        /// Shows help; the word behind it names a group.
        case help
    }

    /// What a switch is given, and what for `--no-…`.
    static let (on, off) = ("", "no")

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
        case several = "Several transfers"
        case about = "About"

        /// Its name for `--help NAME`.
        var word: String { rawValue.prefix { $0 != " " }.lowercased() }
    }

    /// An option that takes an argument.
    static func option(
        _ long: String, _ short: Character, _ argument: String, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, String) throws -> Void
    ) -> OptionSpec {
        OptionSpec(long: long, short: short, argument: argument, group: group, help: help, action: .set(apply))
    }

    /// An option that takes an argument and has no short name.
    static func option(
        _ long: String, _ argument: String, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, String) throws -> Void
    ) -> OptionSpec {
        OptionSpec(long: long, short: nil, argument: argument, group: group, help: help, action: .set(apply))
    }

    /// A switch without a short name; `--no-…` sets it to false where it makes sense.
    static func flag(
        _ long: String, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, Bool) throws -> Void
    ) -> OptionSpec {
        let action = Action.set { invocation, value in try apply(&invocation, value != off) }
        return OptionSpec(long: long, short: nil, argument: nil, group: group, help: help, action: action)
    }

    /// A switch.
    static func flag(
        _ long: String, _ short: Character, _ group: Group, _ help: String,
        _ apply: @escaping @Sendable (inout Invocation, Bool) throws -> Void
    ) -> OptionSpec {
        let action = Action.set { invocation, value in try apply(&invocation, value != off) }
        return OptionSpec(long: long, short: short, argument: nil, group: group, help: help, action: action)
    }
}
