import TernCore

/// What the command line asks for, before anything is opened or sent. Defaults are curl's.
struct Invocation {
    // Request
    var urls: [String] = []
    var method: String?
    var headers: [String] = []
    var data: [DataPart] = []
    var isJSON = false
    var dataInQuery = false
    var form: [FormField] = []
    var uploadFile: String?
    var isHead = false
    var userAgent: String?
    var referer: String?
    var refersToHops = false
    var compressed = false
    var range: String?
    var cookies: [String] = []
    var requestTarget: String?
    var pathAsIs = false
    var globs = true
    var expectTimeout: Duration = .seconds(1)
    // Credentials
    var user: String?
    var bearer: String?
    // Connection
    var transport = "auto"
    var protocols: ProtocolSet = .automatic
    var family: AddressFamily = .any
    var insecure = false
    var cacert: String?
    var capath: String?
    var cert: String?
    var key: String?
    var keyPassword: String?
    var pinnedKey: String?
    var minimumTLS: TLSVersion = .tls12
    var maximumTLS: TLSVersion?
    var proxy: String?
    var noProxy: String?
    var proxyUser: String?
    var proxyHeaders: [String] = []
    var proxyTunnel = false
    var proxyInsecure = false
    var proxyCacert: String?
    var unixSocket: String?
    var resolve: [String] = []
    var connectTo: [String] = []
    var interface: String?
    // Time and repetition
    var maxTime: Duration?
    var connectTimeout: Duration?
    var limitRate: Int64?
    var maxFileSize: Int64?
    var retry = RetrySettings()
    var followsRedirects = false
    var maxRedirects = 50
    // Output
    /// The n-th belongs to the n-th URL.
    var outputs: [OutputChoice] = []
    var remoteNameForAll = false
    var outputFolder: String?
    var createDirs = false
    var dumpHeader: String?
    var include = false
    var silent = false
    var showError = false
    var verbose = false
    var fail = false
    var failWithBody = false
    var writeOut: String?
    var showsMeter = true
    var timeline = false
    // Instead of a request
    var showsHelp = false
    var showsVersion = false

    /// Whether messages and warnings are wanted.
    var tells: Bool { !silent || showError }
}

/// Where a body goes.
enum OutputChoice: Equatable {
    /// To this file; `-` for standard output.
    case file(String)
    /// To a file named as in the URL.
    case remoteName
}

/// What `--retry` and its kin say.
struct RetrySettings: Equatable {
    var limit = 0
    var delay: Duration?
    var longest: Duration?
    var afterRefusal = false
    var afterAnything = false
}

/// A piece of a request body from `-d` and its kin.
enum DataPart: Equatable {
    /// As it stands.
    case text(String)
    /// The content of a file, `-` for standard input; without line ends and NULs for `-d`, untouched for
    /// `--data-binary`.
    case file(String, stripsLines: Bool)
    /// To be percent-encoded: the value, or a file's content, with a name in front or none.
    case encoded(name: String, value: String)
    case encodedFile(name: String, path: String)
}
