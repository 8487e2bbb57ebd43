import ArgumentParser
import FileIO
import ServerRoutes
import TestServer

/// `tern serve`: a server to try clients with.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves routes to try clients with, and the files of a folder, on loopback.",
        usage: "tern serve [--port NUMBER] [--address ADDRESS] [--name HOST] [FOLDER]",
        discussion: """
            One port speaks HTTP/1.1 and HTTP/2, in clear text and over TLS, and HTTP/3. The certificate is of an authority that \
            lives as long as the command; the path of its root is printed, for --cacert. / lists the routes: those of \
            httpbin, most of them. Files are served where no route has the path, and nothing outside of FOLDER.

            Ends when it is interrupted (Ctrl-C).

              tern serve --port 8443 &
              tern --cacert /tmp/tern-test-root-… https://localhost:8443/anything
            """)

    @Option(help: ArgumentHelp("The port; 0 lets the system choose.", valueName: "number"))
    var port = 0

    @Option(
        help: ArgumentHelp("The address to listen on. Others than loopback let everybody in.", valueName: "address"))
    var address = "127.0.0.1"

    @Option(help: ArgumentHelp("Another name that the certificate is good for; may be repeated.", valueName: "host"))
    var name: [String] = []

    @Option(
        help: ArgumentHelp("Write port and root on these two lines to a file, too, once it serves.", valueName: "file"))
    var ready: String?

    @ArgumentParser.Argument(help: "The folder whose files are served.")
    var folder: String?

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port takes a number from 0 to 65535, not \(port)")
        }
        guard IPAddress(address) != nil else { throw ValidationError("--address takes an address, not \(address)") }
    }

    mutating func run() async throws {
        var files: StaticFolder?
        if let folder {
            guard let found = StaticFolder(folder) else { throw UsageError("tern serve: there is no folder \(folder)") }
            files = found
        }
        var configuration = TestServer.Configuration()
        configuration.port = port
        configuration.names = name
        if let address = IPAddress(address) { configuration.address = address }
        configuration.advertisesHTTP3 = true
        // It may run for days.
        configuration.limits.recordedExchanges = 1_000
        let server: TestServer
        let root: String
        do {
            server = try Routes(folder: files).server(configuration) { Output.error.line("tern serve: \($0)") }
            root = try TestAuthority.shared().pemFile()
        } catch { throw UsageError("tern serve: \(error)", code: 1) }
        _ = try Output.standard.show(
            "\(server.clearURL("/", host: "localhost"))\n\(server.url("/", host: "localhost")), with --cacert \(root)")
        if let ready { try await write("\(server.port)\n\(root)\n", to: ready) }
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        server.stop()
    }

    private func write(_ text: String, to path: String) async throws {
        let writer = try await FileWriter(path, .truncate)
        try await writer.write(Array(text.utf8))
        try await writer.close()
    }
}
