import ArgumentParser
import NativeH2Transport
import QUICTransport
import Tern
import TransportConformance

/// `tern conform`: whether the transports keep the rules.
struct Conform: AsyncParsableCommand, EndsWithCode {
    static let configuration = CommandConfiguration(
        commandName: "conform",
        abstract: "Tries whether transports keep the rules, against servers and proxies of this process.",
        usage: "tern conform [--transport NAME]… [--case PREFIX] [--markdown]",
        discussion: """
            Each case is run over HTTP/1.1, HTTP/2 and HTTP/3, in clear text and over TLS, as far as the transport has \
            them. Prints what does not hold, and at the end how much does; with --markdown the whole matrix.

            Ends with 0 if every rule holds but for known gaps, 1 if not, 2 for wrong options.

              tern conform --transport h2 --case goaway
            """)

    @Option(help: ArgumentHelp("curl, h2 or quic; may be repeated. All, unless given.", valueName: "name"))
    var transport: [String] = []

    @Option(name: .customLong("case"), help: ArgumentHelp("Only cases whose names begin so.", valueName: "prefix"))
    var prefix = ""

    @Flag(help: "Print the matrix of cases and transports in Markdown.")
    var markdown = false

    private(set) var exitCode: Int32 = 0

    private enum CodingKeys: String, CodingKey { case transport, prefix, markdown }

    static let subjects: [(name: String, subject: ConformanceSubject)] = [
        ("curl", ConformanceSubject("CurlTransport", gaps: ConformanceSubject.gapsOfLibcurl) { CurlTransport() }),
        ("h2", ConformanceSubject("NativeH2Transport") { NativeH2Transport() }),
        ("quic", ConformanceSubject("QUICTransport") { QUICTransport() }),
    ]

    func validate() throws {
        for name in transport where !Conform.subjects.contains(where: { $0.name == name }) {
            throw ValidationError("--transport: there is no '\(name)' to try; there are curl, h2 and quic")
        }
        guard ConformanceCase.all.contains(where: { $0.name.hasPrefix(prefix) }) else {
            throw ValidationError("--case: no case's name begins with '\(prefix)'")
        }
    }

    mutating func run() async throws {
        let chosen = Conform.subjects.filter { transport.isEmpty || transport.contains($0.name) }.map(\.subject)
        let report = await ConformanceReport(chosen, prefix: prefix) { line in
            switch line.outcome {
            case .holds, .knownGap: break
            case .closedGap: Output.error.line("\(line.check.subject.name): \(line.check): a known gap has closed")
            case .fails(let seen): Output.error.line("\(line.check.subject.name): \(seen)")
            }
        }
        _ = try Output.standard.show(markdown ? report.markdown : report.summary)
        exitCode = report.isGood ? 0 : 1
    }
}
