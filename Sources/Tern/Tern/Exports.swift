// One import for applications: the session, and the transport that it uses by itself.
@_exported public import CurlTransport
@_exported public import TernCore
