// What a cache holds comes along: `Alternative`, `AltService`.
@_exported public import AltSvc
