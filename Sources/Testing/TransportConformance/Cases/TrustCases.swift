import TestServer
import TransportCore

/// TLS: who is trusted, and what is told of it.
extension ConformanceCase {
    static let trust: [ConformanceCase] = [
        ConformanceCase("tls.facts", "what TLS settled is told", over: ConformanceWay.secure) { trial in
            let server = try trial.server { _ in .text("x") }
            let response = try await trial.send(trial.call(server))
            guard let tls = response.connection.tls else { throw ConformanceFailure("nothing is told of TLS") }
            try trial.equal(tls.version, .tls13, "the version")
            try trial.check(tls.cipher?.isEmpty == false, "no cipher suite is told")
            let alpn: String? = trial.way == .http1TLS ? "http/1.1" : trial.way == .http2TLS ? "h2" : "h3"
            // A client that allows HTTP/1.1 alone need not ask for it by ALPN.
            if trial.way != .http1TLS || tls.alpn != nil { try trial.equal(tls.alpn, alpn, "ALPN") }
            try trial.check(!tls.certificates.isEmpty, "the certificate is not told")
        },
        ConformanceCase("tls.certificates", "certificates that are not good are refused", over: ConformanceWay.secure) {
            trial in
            for kind in TestCertificate.allCases where kind != .good {
                let server = try trial.server({ $0.certificate = kind }, answer: { _ in .text("x") })
                let error = try await trial.failure(trial.call(server), "\(kind)")
                try trial.expect(error, .certificateInvalid, phase: .tls, safety: .notSent, for: "\(kind)")
                try trial.equal(server.recorded.exchangeCount, 0, "requests that the server saw")
            }
        },
        ConformanceCase(
            "tls.unknown-authority", "an authority that is not trusted is refused", over: ConformanceWay.secure
        ) {
            trial in
            let server = try trial.server { _ in .text("x") }
            let call = try trial.call(server).with { $0.tls.trust = .system }
            try trial.expect(try await trial.failure(call), .certificateInvalid, safety: .notSent, for: "the error")
        },
        ConformanceCase("tls.unverified", "without verification anybody is trusted", over: ConformanceWay.secure) {
            trial in
            for kind in [TestCertificate.selfSigned, .expired, .wrongHost] {
                let server = try trial.server({ $0.certificate = kind }, answer: { _ in .text("x") })
                let call = try trial.call(server).with {
                    $0.tls.verifiesPeer = false
                    $0.tls.trust = .system
                }
                try trial.equal(try await trial.text(call), "x", "\(kind)")
            }
        },
        ConformanceCase(
            "tls.trust-separates", "a route's trust counts for that route alone", over: ConformanceWay.secure
        ) {
            trial in
            let server = try trial.server { _ in .text("x") }
            let good = try trial.call(server)
            let bad = good.with { $0.tls.trust = .system }
            let careless = bad.with { $0.tls.verifiesPeer = false }
            try trial.equal(try await trial.text(careless), "x", "without verification")
            try trial.expect(try await trial.failure(bad), .certificateInvalid, for: "with another trust")
            try trial.equal(try await trial.text(good), "x", "with the right trust")
            try trial.expect(try await trial.failure(bad), .certificateInvalid, for: "with another trust, again")
        },
        ConformanceCase("tls.trust-file", "an authority in a file is trusted", over: ConformanceWay.secure) { trial in
            let server = try trial.server { _ in .text("x") }
            let file = try TestAuthority.shared().pemFile()
            try trial.equal(
                try await trial.text(trial.call(server).with { $0.tls.trust = .file(file) }), "x", "the answer")
            let missing = try trial.call(server).with { $0.tls.trust = .file("/nowhere/ca.pem") }
            let error = try await trial.failure(missing)
            try trial.check(error.retrySafety == .notSent, "the error is \(error)")
            try trial.check(error.message.contains("/nowhere/ca.pem"), "the file is not named: \(error)")
        },
        ConformanceCase(
            "tls.key-pins", "a pinned key is wanted besides trust", needs: .publicKeyPins,
            over: ConformanceWay.secure
        ) { trial in
            let server = try trial.server { _ in .text("x") }
            let pin = try TestAuthority.shared().publicKeyPin()
            let wrong = Pin.publicKey(sha256: [UInt8](repeating: 7, count: 32))
            let call = try trial.call(server)
            try trial.equal(try await trial.text(call.with { $0.tls.pins = [wrong, pin] }), "x", "with a pin")
            let error = try await trial.failure(call.with { $0.tls.pins = [wrong] })
            try trial.expect(error, .pinMismatch, safety: .notSent, for: "with another pin")
        },
        ConformanceCase(
            "tls.certificate-pins", "a pinned certificate is wanted besides trust", needs: .certificatePins,
            over: ConformanceWay.secure
        ) { trial in
            let server = try trial.server { _ in .text("x") }
            let pin = try TestAuthority.shared().certificatePin()
            let call = try trial.call(server)
            try trial.equal(try await trial.text(call.with { $0.tls.pins = [pin] }), "x", "with a pin")
            let wrong = Pin.certificate(sha256: [UInt8](repeating: 7, count: 32))
            let error = try await trial.failure(call.with { $0.tls.pins = [wrong] })
            try trial.expect(error, .pinMismatch, safety: .notSent, for: "with another pin")
            try trial.equal(server.recorded.exchangeCount, 1, "requests that the server saw")
        },
        ConformanceCase(
            "tls.client-certificate", "a client certificate is shown when the server asks",
            needs: .clientCertificateInMemory, over: ConformanceWay.secure
        ) { trial in
            let server = try trial.server(
                { $0.clientCertificate = .required },
                answer: {
                    .text("\($0.tls?.certificates.count ?? 0)")
                })
            let call = try trial.call(server)
            let identity = try TestAuthority.shared().client()
            try trial.equal(try await trial.text(call.with { $0.tls.identity = identity }), "1", "certificates")
            let error = try await trial.failure(call)
            try trial.check(
                error.code != .cancelled && error.code != .firstByteTimeout, "without one the error is \(error)")
        },
        ConformanceCase(
            "tls.server-name", "another server name is asked for and verified", needs: .serverNameOverride,
            over: ConformanceWay.secure
        ) { trial in
            let server = try trial.server { _ in .text("x") }
            let call = try trial.call(server)
            try trial.equal(try await trial.text(call.with { $0.tls.serverName = "tern.test" }), "x", "a good name")
            try trial.equal(server.connections.last?.serverName, "tern.test", "the name that was asked for")
            let error = try await trial.failure(call.with { $0.tls.serverName = "wrong.example" })
            try trial.expect(error, .certificateInvalid, safety: .notSent, for: "a name that the certificate lacks")
        },
        ConformanceCase(
            "tls.versions", "versions that share nothing fail the handshake", over: ConformanceWay.secureTCP
        ) {
            trial in
            let server = try trial.server({ $0.maximumTLS = .tls12 }, answer: { _ in .text("x") })
            let call = try trial.call(server)
            try trial.equal(try await trial.text(call), "x", "TLS 1.2")
            let error = try await trial.failure(call.with { $0.tls.minimumVersion = .tls13 })
            try trial.expect(error, .tlsFailed, phase: .tls, safety: .notSent, for: "TLS 1.3 alone")
        },
        ConformanceCase(
            "tls.handshake-faults", "a handshake that goes wrong is tlsFailed", over: ConformanceWay.secureTCP
        ) {
            trial in
            let faults: [TestServer.HandshakeFault] = [.close, .reset, .garbage, .alert(40)]
            let server = try trial.server(
                { $0.connections = faults.map { .handshake($0) } }, answer: { _ in .text("fine") })
            for fault in faults {
                let error = try await trial.failure(trial.call(server), "\(fault)")
                try trial.expect(error, .tlsFailed, phase: .tls, safety: .notSent, for: "\(fault)")
            }
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("tls.alpn", "ALPN chooses the protocol when several are allowed", over: [.http2TLS]) { trial in
            let both = try trial.server { _ in .text("x") }
            let call = try trial.call(both).with { $0.connect.protocols = [.http1, .http2] }
            try trial.equal(try await trial.send(call).version, .http2, "a server of both")
            let old = try trial.server({ $0.protocols = .http1 }, answer: { _ in .text("x") })
            let second = try trial.call(old).with { $0.connect.protocols = [.http1, .http2] }
            try trial.equal(try await trial.send(second).version, .http11, "a server of HTTP/1.1")
        },
        ConformanceCase(
            "tls.protocol-refused", "a server that has none of the allowed protocols is an error",
            over: [.http2TLS]
        ) { trial in
            let server = try trial.server({ $0.protocols = .http1 }, answer: { _ in .text("x") })
            let error = try await trial.failure(trial.call(server))
            try trial.expect(error, .protocolRefused, .tlsFailed, safety: .notSent, for: "the error")
            try trial.equal(server.recorded.exchangeCount, 0, "requests that the server saw")
        },
    ]
}
