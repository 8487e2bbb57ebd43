// HTTP/3 by choice: the transport, its settings, and early data for one call. Docs/HTTP3.md explains it.
import QUICTransport
import TernCore

var settings = QUICTransport.Configuration()
settings.keepAlive = .seconds(20)
settings.qlogDirectory = nil

let session = Session(owning: QUICTransport(configuration: settings))
session.configure { $0.connect.protocols = .http3 }

func read() async throws {
    let page = try await session.get("https://a.example/page")
    print(page.version, page.connection.tls?.resumed == true)

    // A safe request that may be replayed by an attacker without harm, in the first flight of a resumed session.
    let prices = try await session.get("https://a.example/prices") { call in
        call.exchange.earlyData = true
    }
    print(prices.status)

    do {
        _ = try await session.get("https://a.example/old")
    } catch  where error.transportError?.code == .olderVersionWanted {
        print("that one is served over HTTP/1.1 alone")
    }
    await session.close()
}
