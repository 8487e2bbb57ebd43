import Codings

/// Asks for content codings, and takes them off (RFC 9110 §8.4 and §12.5.3), as ``DecodingPolicy`` says.
struct Decoding: Middleware {
    private let policy: DecodingPolicy
    /// What asks for all codings that are known here.
    static let acceptable = HTTPField(name: .acceptEncoding, value: ContentCoding.acceptable)

    init(_ policy: DecodingPolicy) { self.policy = policy }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        var sent = request
        if next.call.offersCodings, Self.stillOffers(request, next.call) {
            // A link further up may have asked for a range since.
            if !request.isUnchanged(from: next.call.request), request.fields.contains(.range) {
                sent.fields[fields: .acceptEncoding] = []
                return try await next(sent)
            }
        } else if Self.leavesAlone(request.fields) {
            return try await next(request)
        } else {
            sent.fields.append(Self.acceptable)
        }
        let response = try await next(sent)
        guard response.fields.contains(.contentEncoding), hasContent(response, to: request) else { return response }
        do throws(ContentDecodingError) {
            return try decoded(response, next.call)
        } catch {
            response.body.cancel()
            throw next.call.failure(.decoding(error))
        }
    }

    /// A range of coded content cannot be decoded, and who asks for codings wants to see them.
    static func leavesAlone(_ fields: HTTPFields) -> Bool {
        fields.contains(.acceptEncoding) || fields.contains(.range)
    }

    /// Whether the field that the session's verb put in is still there.
    private static func stillOffers(_ request: Request, _ call: Call) -> Bool {
        request.isUnchanged(from: call.request) || request.fields[fields: .acceptEncoding] == [acceptable]
    }

    /// Whether there is content that was coded as a whole: not after HEAD, nor with 204, 304 and 206, whose fields
    /// describe other content (RFC 9110 §8.4, §15.3.7).
    private func hasContent(_ response: TransportResponse, to request: Request) -> Bool {
        switch response.status.code {
        case 204, 206, 304: false
        default: request.method != .head && response.body.whole?.isEmpty != true
        }
    }

    private func decoded(
        _ response: TransportResponse, _ call: Call
    ) throws(ContentDecodingError) -> TransportResponse {
        let codings: [ContentCoding]
        do throws(CodingError) {
            codings = try ContentCoding.parse(fieldValues: response.fields[values: .contentEncoding])
        } catch .unknownCoding {
            return response  // What is not known here, the caller may know.
        } catch {
            throw ContentDecodingError(error)
        }
        if codings.isEmpty { return response }
        var decoded = response
        decoded.fields[fields: .contentEncoding] = []
        decoded.fields[fields: .contentLength] = []
        do throws(CodingError) {
            switch response.body.content {
            case .whole(let bytes, let trailers):
                let plain = try ContentDecoder.decodeWhole(bytes, codings: codings, limits: limits(call))
                decoded.body = ResponseBody(plain, trailers: trailers)
            case .live(let body):
                let decoder = try ContentDecoder(codings: codings, limits: limits(call))
                decoded.body = ResponseBody(
                    DecodedBody(body, decoder) { [call] error in call.failure(.decoding(error)) })
            }
        } catch {
            throw ContentDecodingError(error)
        }
        return decoded
    }

    /// A body that is wanted whole may become no longer than a plain one might be.
    private func limits(_ call: Call) -> ContentDecoder.Limits {
        var limits = ContentDecoder.Limits()
        limits.maximumRatio = max(1, policy.ratioLimit)
        limits.ratioFloor = policy.ratioFloor
        if let size = policy.sizeLimit { limits.maximumSize = size }
        if case .whole(let cap) = call.delivery { limits.maximumSize = min(limits.maximumSize, cap) }
        return limits
    }
}
