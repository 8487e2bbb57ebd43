extension ConformanceSubject {
    /// What libcurl 7.88.1 (Debian 12) does not let `CurlTransport` do. Each names the function that lacks it. A gap
    /// that has closed, with a newer libcurl say, fails its check until it is taken out.
    public static let gapsOfLibcurl: [KnownGap] = []
}
