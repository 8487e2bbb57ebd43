import FileIO

extension MemoryCookies {
    /// Adds the cookies of the file at `path`: all of them, or none if it throws. Those that have ended are left out.
    ///
    /// - Parameters:
    ///   - format: the form; found out by the file's first character if none is given.
    ///   - wallSeconds: the time now, in seconds since 1970.
    ///   - brokenLines: what becomes of lines that are no cookies: the first is an error.
    /// - Returns: how many were in the file.
    /// - Throws: ``CookieFileError``, with the line for a broken one.
    @discardableResult
    public func load(
        from path: String, format: CookieFormat? = nil, at wallSeconds: Int64 = SystemClock().wallSeconds,
        brokenLines: BrokenLines = .refuse
    ) async throws(CookieFileError) -> Int {
        let bytes = try await CookieFiles.read(path)
        do throws(CookieFileError) {
            return try load(text: bytes, format: format, at: wallSeconds, brokenLines: brokenLines)
        } catch {
            throw error.about(path)
        }
    }

    /// Adds the cookies of text that is in memory already, as ``load(from:format:at:brokenLines:)`` does.
    @discardableResult
    public func load(
        text bytes: [UInt8], format: CookieFormat? = nil, at wallSeconds: Int64 = SystemClock().wallSeconds,
        brokenLines: BrokenLines = .refuse
    ) throws(CookieFileError) -> Int {
        let cookies = try CookieFiles.cookies(in: bytes, format, brokenLines, at: wallSeconds)
        add(cookies.filter { !$0.isExpired(at: wallSeconds) }, at: wallSeconds)
        return cookies.count
    }

    /// Writes the cookies to the file at `path`, all or nothing; what was there is replaced in one step. A new file is
    /// readable by its owner alone.
    ///
    /// A file that holds something else is not replaced, but left as it is, with an error: one with a broken line, of a
    /// later version, or that has nothing to do with cookies.
    ///
    /// - Parameters:
    ///   - format: the form of the file.
    ///   - wallSeconds: the time now, in seconds since 1970: cookies that have ended are left out.
    ///   - keepsSessionCookies: whether cookies without an end are written, too: yes, as curl does.
    ///   - replacesAnything: whether a file that holds something else is replaced all the same: no.
    public func save(
        to path: String, format: CookieFormat = .netscape, at wallSeconds: Int64 = SystemClock().wallSeconds,
        keepsSessionCookies: Bool = true, replacesAnything: Bool = false
    ) async throws(CookieFileError) {
        let text = text(format, at: wallSeconds, keepsSessionCookies: keepsSessionCookies)
        if !replacesAnything {
            try await CookieFiles.check(path) { (old) throws(CookieFileError) in
                _ = try CookieFiles.cookies(in: old, nil, .refuse, at: wallSeconds)
            }
        }
        try await CookieFiles.replace(path, by: text)
    }

    /// What ``save(to:format:at:keepsSessionCookies:replacesAnything:)`` would write.
    public func text(
        _ format: CookieFormat, at wallSeconds: Int64 = SystemClock().wallSeconds, keepsSessionCookies: Bool = true
    ) -> [UInt8] {
        let kept = all.filter { !$0.isExpired(at: wallSeconds) && (keepsSessionCookies || $0.expiry != nil) }
        switch format {
        case .netscape: return Array(NetscapeCookies.text(of: kept).utf8)
        case .json: return JSONCookies.text(of: kept)
        }
    }
}

/// What files of cookies and of state have in common.
enum CookieFiles {
    static func cookies(
        in bytes: [UInt8], _ format: CookieFormat?, _ brokenLines: BrokenLines, at wallSeconds: Int64
    ) throws(CookieFileError) -> [Cookie] {
        switch format ?? guess(bytes) {
        case .json: return try JSONCookies.parse(bytes)
        case .netscape:
            guard let text = String(validating: bytes, as: UTF8.self) ?? (brokenLines == .skip ? lenient(bytes) : nil)
            else { throw CookieFileError(.damaged, "", "no cookies.txt: it is not text in UTF-8") }
            let (cookies, faults) = NetscapeCookies.parse(text, at: wallSeconds)
            if let first = faults.first, brokenLines == .refuse {
                throw CookieFileError(
                    .brokenLine(first.line), "",
                    "line \(first.line) is no cookie of a cookies.txt: \(first.reason); mend or remove it")
            }
            return cookies
        }
    }

    private static func lenient(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func guess(_ bytes: [UInt8]) -> CookieFormat {
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .netscape
    }

    static func read(_ path: String) async throws(CookieFileError) -> [UInt8] {
        do throws(FileError) {
            return try await WholeFile.read(path)
        } catch {
            throw CookieFileError(.file, path, error.message, underlying: error)
        }
    }

    /// Throws if `read` cannot make sense of what is at `path`: then it must stay. Nothing there, and an empty file, can
    /// be replaced.
    static func check(
        _ path: String, _ read: (_ old: [UInt8]) throws(CookieFileError) -> Void
    ) async throws(CookieFileError) {
        let old: [UInt8]
        do throws(CookieFileError) {
            old = try await self.read(path)
        } catch {
            if (error.underlying as? FileError)?.code == .notFound { return }
            throw error
        }
        do throws(CookieFileError) {
            if !old.isEmpty { try read(old) }
        } catch {
            throw CookieFileError(
                error.reason, path, "\(path) was not replaced, since it holds something else: \(error.message)",
                underlying: error.underlying)
        }
    }

    /// Writes `bytes` in place of what is at `path`.
    static func replace(_ path: String, by bytes: [UInt8]) async throws(CookieFileError) {
        do throws(FileError) {
            try await WholeFile.replace(path, with: bytes)
        } catch {
            throw CookieFileError(.file, path, error.message, underlying: error)
        }
    }
}
