internal import HTTPTypes

/// Which fields may stand behind a body (RFC 9110 §6.5.1).
enum Trailers {
    /// Refuses a field that frames or routes a message: behind the body it can only mislead.
    static func check(_ field: HTTPField) throws(HTTP1Error) {
        switch field.name.canonicalName {
        case "content-length", "transfer-encoding", "host", "connection", "trailer", "te", "upgrade":
            throw HTTP1Error(.forbiddenTrailer, "\(field.name.rawName) may not stand in trailers")
        default: return
        }
    }
}
