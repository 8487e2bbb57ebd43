extension Response {
    /// The request that would follow from this response if it is a redirect: to look at it, and to send it by hand
    /// after ``RedirectPolicy/none``. `nil` if it is none. `Cookie` and `Proxy-Authorization` are not in it: the session
    /// that sends it adds its own.
    ///
    /// Throws ``HTTPError/Kind/redirects(_:)`` or ``HTTPError/Kind/body(_:)`` for one that `policy` does not allow.
    public func nextRequest(_ policy: RedirectPolicy = .follow()) throws(HTTPError) -> Request? {
        guard Redirection.isFollowed(status) else { return nil }
        do throws(Redirection.Refusal) {
            var sent = request
            sent.fields[fields: .cookie] = []
            sent.fields[fields: .proxyAuthorization] = []
            return try Redirection.request(after: status, headers, to: sent, policy)
        } catch {
            throw failure(error.kind)
        }
    }
}
