import TernCore

/// What the command line asks for in one go, before anything is opened or sent; `--next` begins another. Defaults are
/// curl's.
struct Invocation {
    /// What holds for all of them.
    var global = GlobalOptions()
    // Request
    var urls: [String] = []
    var method: String?
    var headers: [String] = []
    var data: [DataPart] = []
    var isJSON = false
    var dataInQuery = false
    var queryParts: [DataPart] = []
    var form: [FormField] = []
    /// The n-th belongs to the n-th URL; an empty one stands for no upload.
    var uploads: [String] = []
    var isHead = false
    var userAgent: String?
    var referer: String?
    var refersToHops = false
    var compressed = false
    var range: String?
    var resume: ResumePoint?
    var timeCondition: String?
    var requestTarget: String?
    var pathAsIs = false
    var globs = true
    var expectTimeout: Duration = .seconds(1)
    // Credentials and cookies
    var user: String?
    var bearer: String?
    var schemes: AuthSchemes = .basic
    var trustsOtherHosts = false
    var netrc: NetrcUse?
    var netrcFile: String?
    var cookies: [String] = []
    var cookieJar: String?
    var forgetsSessionCookies = false
    // Connection
    var transport = "auto"
    var protocols: ProtocolSet = .automatic
    var altSvc: String?
    /// `--http3`: tried at once, whatever is known of the server.
    var assumesHTTP3 = false
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
    var proxySchemes: AuthSchemes = .basic
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
    var speedLimit: Int64?
    var speedTime: Int?
    var maxFileSize: Int64?
    var retry = RetrySettings()
    var followsRedirects = false
    var maxRedirects = 50
    // Output
    /// The n-th belongs to the n-th URL.
    var outputs: [OutputChoice] = []
    var remoteNameForAll = false
    var namedByServer = false
    var outputFolder: String?
    var createDirs = false
    var overwrites: Bool?
    var removesOnError = false
    var dumpHeader: String?
    var include = false
    var raw = false
    var fail = false
    var failWithBody = false
    var writeOut: String?
    var timeline = false
    var report: String?

    /// Whether messages and warnings are wanted.
    var tells: Bool { global.tells }
}

/// What holds for the whole command line, whatever `--next` says.
struct GlobalOptions: Equatable {
    var silent = false
    var showError = false
    var verbose = false
    var showsMeter = true
    var failsEarly = false
    var isParallel = false
    /// Transfers under way at once with `--parallel`.
    var parallelLimit = 50
    /// Where messages go in place of standard error; `-` for standard output.
    var errorFile: String?
    /// What is shown in place of a request.
    var page: Page?

    /// Pages that need no URL.
    enum Page: Equatable {
        case help(String?)
        case version
        case manual
        case completion(String)
    }

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

/// Where `--continue-at` goes on.
enum ResumePoint: Equatable {
    /// At this byte.
    case offset(Int64)
    /// At the end of the output file.
    case endOfFile
}

/// Ways to prove who is asking.
enum AuthSchemes: Equatable {
    case basic, digest
    /// The best that the server offers.
    case any
}

/// Whether a netrc file is read.
enum NetrcUse: Equatable {
    /// For hosts that the command line gives no user for.
    case optional
    /// In place of a user in the URL.
    case required
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
