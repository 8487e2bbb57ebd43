import NativeH2Transport
import QUICTransport
import Tern

/// What `--version` shows: this program, its libraries, and what each transport can do with them here.
enum VersionText {
    static var text: String {
        (["tern \(ternVersion)", "Libraries: \(LibraryNames.all)"] + transport("auto", AutomaticTransport())
            + transport("curl", CurlTransport())
            + transport("h2", NativeH2Transport()) + transport("quic", QUICTransport())).joined(separator: "\n")
    }

    /// A line of what it can do, and one for each thing that it cannot, with the reason. Nothing is started.
    private static func transport(_ name: String, _ transport: some Transport) -> [String] {
        let able = transport.capabilities(over: [.http1, .http2, .http2PriorKnowledge, .http3])
        return ["Transport \(name): \(able.features)"] + able.gaps.map { "  lacks \($0.feature): \($0.reason)" }
    }
}
