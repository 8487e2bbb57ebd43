// An application imports this module, or `Tern`: methods, fields, URLs and the seam come with it.
@_exported public import TransportCore
