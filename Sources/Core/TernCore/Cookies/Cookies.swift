/// Sends the cookies of a ``CookieStorage``, and stores those that come back, on every attempt.
///
/// A request's own `Cookie` field stays in front; what the storage has follows it in the same field, since there must
/// be no more than one (RFC 6265 §5.4).
struct Cookies: Middleware {
    private let storage: any CookieStorage
    private let allowsIncoming: Bool

    init(_ storage: any CookieStorage, allowsIncoming: Bool = true) {
        self.storage = storage
        self.allowsIncoming = allowsIncoming
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        var sent = request
        let own = request.fields.contains(.cookie) ? request.fields[values: .cookie] : []
        let kept = storage.fieldValue(for: request, at: next.call.clock.wallSeconds)
        if kept != nil || own.count > 1 {
            // Not by `fields[.cookie]`, which makes one field of each pair.
            let value = (own + (kept.map { [$0] } ?? [])).joined(separator: "; ")
            sent.fields[fields: .cookie] = [HTTPField(name: .cookie, value: value)]
        }
        let response = try await next(sent)
        if allowsIncoming, response.fields.contains(.setCookie) {
            storage.store(
                response.fields[values: .setCookie], from: request.url, at: next.call.clock.wallSeconds)
        }
        return response
    }
}
