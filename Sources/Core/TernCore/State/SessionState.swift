import FileIO
import FoundationEssentials

/// What a session has learned, as a file keeps it: cookies, and what transports and others know of servers.
///
/// The file is JSON: `{"format": "tern-state", "version": 1, "cookies": […], "learned": {"alt-svc": "…"}}`.
struct SessionState: Codable {
    static let format = "tern-state"
    static let version = 1

    var format: String?
    var version: Int?
    var cookies: [JSONCookies.Entry]
    var learned: [String: String]

    init(_ cookies: [Cookie], learned: [String: String]) {
        format = SessionState.format
        version = SessionState.version
        self.cookies = cookies.map(JSONCookies.Entry.init)
        self.learned = learned
    }

    /// Reads a file's bytes; says what is wrong with them, and where.
    static func read(_ bytes: [UInt8]) throws(CookieFileError) -> SessionState {
        let state: SessionState
        do {
            state = try JSONCookies.read(SessionState.self, bytes, format, version)
        } catch let error as CookieFileError {
            throw error
        } catch {
            throw CookieFileError(
                .damaged, "", "no state of a session: \(JSONFailure(decoding: error, SessionState.self))",
                underlying: error)
        }
        guard state.format == format, state.version != nil else {
            throw CookieFileError(.damaged, "", "no state of a session: it does not call itself \"\(format)\"")
        }
        guard state.cookies.allSatisfy({ $0.cookie != nil }) else {
            throw CookieFileError(.damaged, "", "no state of a session: it holds a cookie that none can be")
        }
        return state
    }
}

extension Session {
    /// Writes what outlives the process to the file at `path`: the cookies, what the transport has learned if it is a
    /// ``LearnedState``, and `others`. All or nothing, in one step, and readable by the owner alone.
    ///
    /// A file that is damaged, of a later version of the library, or something else altogether is left as it is, with an
    /// error; `replacesAnything` overwrites it.
    ///
    /// - Parameter keepsSessionCookies: whether cookies without an end are kept: no, as they end with the session.
    public func saveState(
        to path: String, others: [any LearnedState] = [], keepsSessionCookies: Bool = false,
        replacesAnything: Bool = false
    ) async throws(CookieFileError) {
        let now = configuration.clock.wallSeconds
        let kept = (configuration.cookies as? MemoryCookies)?.all ?? []
        let cookies = kept.filter { !$0.isExpired(at: now) && (keepsSessionCookies || $0.expiry != nil) }
        var learned: [String: String] = [:]
        for source in learners(others) { learned[source.learnedStateName] = source.learnedState(at: now) }
        let bytes = JSONCookies.encode(SessionState(cookies, learned: learned))
        if !replacesAnything {
            try await CookieFiles.check(path) { (old) throws(CookieFileError) in _ = try SessionState.read(old) }
        }
        try await CookieFiles.replace(path, by: bytes)
    }

    /// Takes back what ``saveState(to:others:keepsSessionCookies:replacesAnything:)`` has written: cookies are added to
    /// those that are there. Nothing is changed, neither here nor in the file, if that is damaged or from a later
    /// version; what was learned under a name that nobody here has is passed over.
    ///
    /// Returns whether there was a file: none is no error, but the first start of a program.
    @discardableResult
    public func loadState(from path: String, others: [any LearnedState] = []) async throws(CookieFileError) -> Bool {
        let bytes: [UInt8]
        do throws(CookieFileError) {
            bytes = try await CookieFiles.read(path)
        } catch {
            if (error.underlying as? FileError)?.code == .notFound { return false }
            throw error
        }
        let now = configuration.clock.wallSeconds
        let state: SessionState
        do throws(CookieFileError) {
            state = try SessionState.read(bytes)
        } catch {
            throw error.about(path)
        }
        for source in learners(others) {
            guard let text = state.learned[source.learnedStateName] else { continue }
            do {
                try source.restoreLearnedState(text, at: now)
            } catch {
                throw CookieFileError(
                    .damaged, path, "\(path): what \(source.learnedStateName) has kept cannot be read: \(error)",
                    underlying: error)
            }
        }
        let cookies = state.cookies.compactMap(\.cookie).filter { !$0.isExpired(at: now) }
        (configuration.cookies as? MemoryCookies)?.add(cookies, at: now)
        return true
    }

    private func learners(_ others: [any LearnedState]) -> [any LearnedState] {
        let base: any Transport = (transport as? AnyTransport)?.base ?? transport
        return ((base as? any LearnedState).map { [$0] } ?? []) + others
    }
}
