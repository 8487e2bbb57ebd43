public enum Scheme: String, Sendable, Hashable { case http, https }
public struct Origin: Hashable, Sendable, CustomStringConvertible { public var scheme: Scheme; public var host: String; public var port: Int; public var description: String { "\(scheme)://\(host):\(port)" } 
  public init(scheme: Scheme, host: String, port: Int) { self.scheme = scheme; self.host = host; self.port = port } }
public struct Credentials: Hashable, Sendable { public var user: String; public var password: String; public init(user: String, password: String) { self.user = user; self.password = password } }
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible { public var description: String; public var origin: Origin { Origin(scheme: .http, host: "", port: 80) }; public var authority: String { "" }; public var target: String { "/" } }
public struct IPAddress: Hashable, Sendable, CustomStringConvertible { public var description: String; public var isIPv6: Bool { false }; public var isPrivate: Bool { false } }
public struct AddressBlock: Hashable, Sendable { public func contains(_ a: IPAddress) -> Bool { false } }
