import FuzzSupport
import Glibc
import TLSEngine

/// A TLS server of our own speaks with the client engine, and the input changes what it says on the way: the bytes at
/// some places, the order, where it ends.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    guard let (clientContext, serverContext) = contexts else { return 0 }
    let kind = input.choice()
    guard let client = try? TLSConnection(clientContext, host: "localhost") else { return 0 }
    if kind & 1 == 1 {
        // No server at all: the bytes as they are.
        for piece in input.rest.pieces(of: Int(kind >> 1) + 1) { client.receive(piece.span) { _ in } }
        finish(client)
        return 0
    }
    guard let server = try? TLSConnection(serverContext, host: nil) else { return 0 }
    for _ in 0..<6 {
        var up: [UInt8] = []
        client.nextOutput(into: &up)
        server.receive(up.span) { _ in }
        server.write([1, 2, 3].span)
        var down: [UInt8] = []
        server.nextOutput(into: &down)
        // Two bytes say where, one what; nought leaves the rest of the flight as it is.
        while !down.isEmpty {
            let place = Int(input.choice()) << 8 | Int(input.choice())
            let change = input.choice()
            if change == 0 { break }
            down[place % down.count] ^= change
        }
        for piece in down.pieces(of: Int(input.choice()) * 16 + 1) { client.receive(piece.span) { _ in } }
        while client.nextEvent() != nil {}
        while server.nextEvent() != nil {}
    }
    finish(client)
    return 0
}

private func finish(_ client: TLSConnection) {
    client.write([4, 5, 6].span)
    client.receiveEnd()
    client.close()
    var output: [UInt8] = []
    client.nextOutput(into: &output)
    while client.nextEvent() != nil {}
}

/// The certificate and key are those that Scripts/fuzz makes; none are needed for bytes as they are.
private let contexts: (client: TLSContext, server: TLSContext)? = {
    guard let folder = unsafe getenv("TERN_FUZZ_IDENTITY") else { return nil }
    let path = unsafe String(cString: folder)
    var client = TLSSettings()
    client.trust = .file("\(path)/certificate.pem")
    client.protocols = ["h2", "http/1.1"]
    client.resumesSessions = false
    var server = TLSSettings()
    server.identity = TLSIdentity(
        certificates: .file("\(path)/certificate.pem"), key: .file("\(path)/key.pem"), password: nil)
    server.protocols = ["h2"]
    guard let one = try? TLSContext(.client, client), let other = try? TLSContext(.server, server) else {
        fatalError("the identity in \(path) cannot be used")
    }
    return (one, other)
}()
