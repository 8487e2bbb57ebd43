import TransportConformance

/// What libcurl lacks: each gap names the function, and fails once it closes.
enum KnownCurlGaps {
    static let all: [ConformanceSubject.KnownGap] = []
}
