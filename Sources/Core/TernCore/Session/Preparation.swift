import FileIO

/// Why a request cannot be made of what the caller gave.
struct Refusal: Error {
    let kind: HTTPError.Kind
    init(_ kind: HTTPError.Kind) { self.kind = kind }

    static func slice(of path: String) throws(Refusal) -> FileSlice {
        do {
            return try FileSlice(contentsOf: path)
        } catch {
            throw Refusal(.input(error))
        }
    }
}

/// A request that is ready for the chain.
struct Prepared {
    var request: Request
    let settings: Settings
    /// Whether the request asks for content codings on the session's behalf.
    var offersCodings = false
}

extension Settings {
    /// The request that a verb means: base URL, params, headers and content put together.
    ///
    /// - Parameter offeringCodings: puts in at once what ``Decoding`` would add to this call's requests.
    func request(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content, _ params: QueryItems, _ headers: Headers,
        offeringCodings: Bool
    ) throws(HTTPError) -> Prepared {
        let target: HTTPURL
        do {
            target = try self.target(url, params)
        } catch {
            throw HTTPError(.input(error), request: "\(method.rawValue) \(error.url)")
        }
        do throws(Refusal) {
            if let fault = headerFault ?? headers.fault { throw Refusal(.input(fault)) }
            let body = try content.body()
            let offer = offeringCodings ? codedFields : nil
            if content.type == nil, headers.isEmpty, configuration.callCookies.isEmpty {
                let request = Request(
                    method: method, url: target, fields: offer ?? fields, body: body, trailers: HTTPFields())
                return Prepared(request: request, settings: self, offersCodings: offer != nil)
            }
            var merged: HTTPFields
            switch content.source {
            // The boundary is in the media type, so that no other will do.
            case .multipart: merged = try content.fields(over: headers.merged(over: fields))
            default: merged = try headers.merged(over: content.fields(over: fields))
            }
            if !configuration.callCookies.isEmpty {
                do throws(InvalidCookie) {
                    merged = try configuration.callCookies.added(to: merged)
                } catch {
                    throw Refusal(.input(error))
                }
            }
            let offers = offer != nil && !Decoding.leavesAlone(merged)
            if offers { merged.append(Decoding.acceptable) }
            let request = Request(method: method, url: target, fields: merged, body: body)
            return Prepared(request: request, settings: self, offersCodings: offers)
        } catch {
            throw HTTPError(error.kind, request: "\(method.rawValue) \(target)")
        }
    }

    private func target(_ url: String, _ params: QueryItems) throws(HTTPURLError) -> HTTPURL {
        let target: HTTPURL
        switch configuration.baseURL {
        case nil: target = try HTTPURL(url)
        case .resolving(let base): target = try base.resolving(url)
        case .appending(let base): target = try hasScheme(url) ? HTTPURL(url) : base.appending(path: url)
        }
        if params.isEmpty, !hasParams { return target }
        return try target.appending(query: configuration.params.merged(with: params).pairs)
    }

    /// Whether a URL is absolute: letters, then `://`.
    private func hasScheme(_ url: String) -> Bool {
        let name = url.utf8.prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
        return !name.isEmpty && url.utf8[name.endIndex...].starts(with: "://".utf8)
    }
}

extension Content {
    func body() throws(Refusal) -> RequestBody {
        switch source {
        case .body(let body): body
        case .file(let path): .file(try Refusal.slice(of: path))
        case .multipart(let multipart): try multipart.body()
        case .unusable(let error): throw Refusal(.body(error))
        }
    }

    /// `fields` with this content's type.
    func fields(over fields: HTTPFields) throws(Refusal) -> HTTPFields {
        guard let type else { return fields }
        let own: Headers = [.contentType: type]
        if let fault = own.fault { throw Refusal(.input(fault)) }
        return own.merged(over: fields)
    }
}
