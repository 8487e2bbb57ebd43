// Docs/Testing.md: a real server in this process, which does what it is told, right or wrong.
import NativeH2Transport
import TestServer

// snippet.server
let server = try TestServer([
    [.receive, .head(.ok, [.contentLength: "100"]), .body("only a part"), .close],
    [.receive, .reset(.refused)],
    .text("at last"),
])
let session = try server.session(owning: NativeH2Transport())
do { _ = try await session.get("/birds") } catch { print(error) }  // the body ended before its time
print(try await session.get("/birds").text)  // a refused stream is sent again: "at last"
// snippet.hide
// snippet.record
print(server.exchanges.map(\.description))  // three requests, with what became of them
try server.verify()  // throws if a reply was left over, or a request was not foreseen
// snippet.hide

// snippet.gate
let gate = Checkpoint()
let slow = try TestServer([[.receive, .head(.ok), .body("half, "), .hold(gate), .body("whole"), .end]])
let stream = try await slow.session(owning: NativeH2Transport()).stream("/")
for try await piece in stream.body {
    print(String(decoding: piece, as: UTF8.self))
    gate.open()  // no clock decides when the second half comes
}
// snippet.hide
server.stop()
slow.stop()
