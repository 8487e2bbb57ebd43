// Whoever runs the cases makes transports, and may script servers for cases of their own.
@_exported public import TestServer
