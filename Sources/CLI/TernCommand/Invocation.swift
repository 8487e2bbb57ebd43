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
    var compressed = false
    var range: String?
    var cookies: [String] = []
    var requestTarget: String?
    var pathAsIs = false
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
    var proxyUser: String?
    var unixSocket: String?
    var resolve: [String] = []
    var connectTo: [String] = []
    var interface: String?
    // Time and repetition
    var maxTime: Duration?
    var connectTimeout: Duration?
    var limitRate: Int64?
    var retries = 0
    var retryDelay: Duration?
    var followsRedirects = false
    var maxRedirects = 50
    var expectTimeout: Duration = .seconds(1)
    // Output
    var output: String?
    var remoteName = false
    var createDirs = false
    var dumpHeader: String?
    var include = false
    var silent = false
    var showError = false
    var verbose = false
    var fail = false
    var failWithBody = false
    var writeOut: String?
    var progressBar = false
    var timeline = false
    // Instead of a request
    var showsHelp = false
    var showsVersion = false
}

/// A piece of a request body from `-d` and its kin.
enum DataPart {
    /// As it stands.
    case text(String)
    /// The content of a file, `-` for standard input; without line ends and NULs for `-d`, untouched for
    /// `--data-binary`.
    case file(String, stripsLines: Bool)
    /// To be percent-encoded: the value, or a file's content, with a name in front or none.
    case encoded(name: String, value: String)
    case encodedFile(name: String, path: String)
}

/// A part of a multipart form from `-F`.
struct FormField {
    var name: String
    var value: Value
    var type: String?
    var filename: String?
    enum Value {
        case text(String)
        case file(String)
        /// A file's content as the value of a plain field (`name=<file`).
        case content(String)
    }
}
