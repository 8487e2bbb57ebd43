// HTTP/3 by itself: a file that remembers where it is spoken, an origin by hand, a policy, and the reasons.
import Tern

let cache = await FileAltSvcCache("alt-svc.txt")
cache.exclude(try HTTPURL("https://legacy.example/").origin)
cache.preload(try HTTPURL("https://fast.example/").origin)

var configuration = AutomaticTransport.Configuration(cache: cache)
configuration.policy = ProtocolPolicy { $0.host.hasSuffix(".lan") ? [.http1] : .automatic }

let transport = AutomaticTransport(configuration: configuration)
let session = Session(owning: transport)
session.configure { $0.recordsTimeline = true }

for _ in 1...2 {
    let response = try await session.get("https://a.example/")
    print(response.connection.version, response.timeline?.description ?? "")
}

// When the machine has moved to another network, as whoever watches that can tell:
transport.networkChanged(to: "office")
await session.close()
