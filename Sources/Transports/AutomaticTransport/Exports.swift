// Their configurations are part of its own.
@_exported public import AltSvcTransport
@_exported public import CurlTransport
@_exported public import NativeH2Transport
@_exported public import QUICTransport
