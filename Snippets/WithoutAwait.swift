// A script without await: swift run WithoutAwait URL…
import Glibc
import Tern

let session = BlockingSession()
do {
    for url in CommandLine.arguments.dropFirst() { print(try session.get(url).checkStatus()) }
    try session.close()
} catch {
    print("failed: \(error)")
    exit(1)
}
