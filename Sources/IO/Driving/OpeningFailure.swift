package import TransportCore

/// Why a connection could not be opened; each exchange that waited for it makes an error of its own from it.
package struct OpeningFailure: Error {
    package var code: TransportError.Code
    package var phase: TransportError.Phase
    package var message: String
    package var proxyAnswer: TransportError.ProxyAnswer?
    package var libraryCode: String?
    package var underlying: (any Error)?

    package init(
        _ code: TransportError.Code, _ phase: TransportError.Phase, _ message: String,
        proxyAnswer: TransportError.ProxyAnswer? = nil, libraryCode: String? = nil, underlying: (any Error)? = nil
    ) {
        self.code = code
        self.phase = phase
        self.message = message
        self.proxyAnswer = proxyAnswer
        self.libraryCode = libraryCode
        self.underlying = underlying
    }
}
