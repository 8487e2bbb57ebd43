// One import for applications: the session, and the transports that it chooses from by itself.
@_exported public import AutomaticTransport
@_exported public import TernCore
