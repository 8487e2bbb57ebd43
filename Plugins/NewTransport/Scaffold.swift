/// The files of a new transport's package.
struct Scaffold {
    let name: String
    private let base: String

    /// What a new transport may begin with.
    static let bases = ["CurlTransport", "NativeH2Transport", "QUICTransport"]

    /// Nil if `name` cannot name a type, or `base` is not there. `Sample` becomes `SampleTransport`.
    init?(name: String, base: String) {
        let isWord = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        guard isWord, let first = name.first, first.isLetter, Scaffold.bases.contains(base) else { return nil }
        let capital = first.uppercased() + name.dropFirst()
        self.name = capital.hasSuffix("Transport") ? capital : capital + "Transport"
        self.base = base
        guard !Scaffold.bases.contains(self.name) else { return nil }
    }

    /// Path and text of each file; `package` is where Tern is.
    func files(package: String) -> [(path: String, text: String)] {
        [
            ("Package.swift", manifest(package)), ("Sources/\(name)/\(name).swift", transport),
            ("Tests/\(name)Tests/ConformanceTests.swift", tests), ("README.md", page),
            (".gitignore", ".build\n"),
        ]
    }

    private func manifest(_ package: String) -> String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name)",
            products: [.library(name: "\(name)", targets: ["\(name)"])],
            dependencies: [
                // Where it was made. For others, name the repository and a version in place of the path.
                .package(name: "Tern", path: "\(package)")
            ],
            targets: [
                .target(
                    name: "\(name)",
                    dependencies: [
                        .product(name: "TransportCore", package: "Tern"), .product(name: "\(base)", package: "Tern"),
                    ]),
                .testTarget(
                    name: "\(name)Tests",
                    dependencies: [
                        "\(name)", .product(name: "TernCore", package: "Tern"),
                        .product(name: "TransportConformance", package: "Tern"),
                    ]),
            ],
            swiftLanguageModes: [.v6]
        )

        """
    }

    private var transport: String {
        """
        import \(base)
        import TransportCore

        /// Carries exchanges over \(base), and is the place to do it another way: take over one thing after the other,
        /// while the conformance test tells what no longer holds.
        ///
        /// A transport carries one exchange: no redirect, no retry, no cookie, no decoding. The rules stand at
        /// `Transport`; Tern's Docs/WritingATransport.md tells what they come to.
        public final class \(name): Transport {
            private let base: \(base)

            /// A transport; its threads start with the first exchange.
            public init() { base = \(base)() }

            /// What it can do over `protocols`, and why it cannot do the rest.
            public func capabilities(over protocols: ProtocolSet) -> Capabilities {
                base.capabilities(over: protocols)
            }

            /// Carries one exchange.
            public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
                // What is lacking is refused before any byte is sent.
                try capabilities(over: exchange.route.connect.protocols).check(exchange)
                return try await base.send(exchange)
            }

            /// Refuses new exchanges, lets those under way end, cancels what is left at `deadline`, closes everything.
            public func shutdown(by deadline: Instant?) async { await base.shutdown(by: deadline) }
        }

        """
    }

    private var tests: String {
        """
        import \(name)
        import TernCore
        import Testing
        import TransportConformance

        /// What is known to be missing: each line names the case, the ways, and the reason. It fails once it closes.
        private let gaps: [ConformanceSubject.KnownGap] = \(base == "CurlTransport" ? "ConformanceSubject.gapsOfLibcurl" : "[]")

        private let subject = ConformanceSubject("\(name)", gaps: gaps) { \(name)() }

        @Test("\(name) keeps the rules of the seam", arguments: subject.checks)
        func conforms(_ check: ConformanceCheck) async throws { try await check.run() }

        @Test("a session works over it")
        func session() async throws {
            let server = try TestServer { request in .text("hello, \\(request.path)") }
            let session = try server.session(owning: \(name)())
            #expect(try await session.get("/tern").text == "hello, /tern")
            #expect(server.exchanges.map(\\.target) == ["/tern"])
            await session.close()
        }

        """
    }

    private var page: String {
        """
        # \(name)

        A transport for Tern, over \(base) so far.

        ```swift
        import \(name)
        import TernCore

        let session = Session(owning: \(name)())
        print(try await session.get("https://example.org/").status)
        await session.close()
        ```

        `swift test` runs Tern's conformance cases over it: every rule of `Transport`, over HTTP/1.1, HTTP/2 and HTTP/3
        as far as it has them, in clear text and over TLS, through proxies, and against servers that break the rules.
        What it cannot do, it must say in `capabilities(over:)`, with the reason: then the cases that need it are left
        out. A rule that it does not keep yet stands in `Tests/\(name)Tests/ConformanceTests.swift` among the gaps, and
        fails there once it is kept.

        Where to go on: `Sources/\(name)/\(name).swift`, with Docs/WritingATransport.md and Docs/Testing.md of Tern.

        """
    }
}
