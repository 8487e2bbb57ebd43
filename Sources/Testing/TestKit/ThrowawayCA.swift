/// A certificate authority that lives as long as the test process, and the certificates that tests need of it.
///
/// Good names are `localhost`, `127.0.0.1`, `::1`, `tern.test` and any `NAME.tern.test`. Keys are ECDSA P-256.
package struct ThrowawayCA: Sendable {
    /// A certificate and its private key, as paths of PEM files.
    package struct Identity: Sendable {
        /// The certificate.
        package let certificate: String
        /// Its private key (PKCS #8), not encrypted.
        package let key: String
    }

    /// The root certificate that clients have to trust, as the path of a PEM file.
    package let certificate: String
    /// A folder that holds the root certificate under the hashed name by which OpenSSL looks it up.
    package let folder: String
    /// For servers: valid for all good names.
    package let server: Identity
    /// For servers: for all good names, but past its date (2021).
    package let expired: Identity
    /// For servers: for all good names, but not valid before 2090.
    package let notYetValid: Identity
    /// For servers: for all good names, but signed by itself. Its certificate also serves as a root that is not ours.
    package let selfSigned: Identity
    /// For servers: signed by the root, but for `other.example` only.
    package let wrongHost: Identity
    /// For clients: signed by the root, common name `tern-client`.
    package let client: Identity
    /// The key of `client`, encrypted with `password`.
    package let clientEncryptedKey: String
    /// The password of `clientEncryptedKey`.
    package let password = "tern-secret"

    /// The one that all servers of this process use.
    package static func shared() throws(TestKitError) -> ThrowawayCA { try instance.get() }

    private static let instance = Result { () throws(TestKitError) in try ThrowawayCA() }

    /// Makes a new authority; it costs some tenths of a second.
    package init() throws(TestKitError) {
        try Requirement.openssl.check()
        let scratch = try ScratchFolder("ca")
        try scratch.write("openssl.cnf", Self.configuration)
        let (exit, output) = try ChildProcess.run("/bin/sh", ["-eu", "-c", Self.script], folder: scratch)
        guard exit == .status(0) else {
            throw TestKitError(
                "make certificates with openssl: \(exit); it wrote:\n\(String(decoding: output, as: UTF8.self))")
        }
        func identity(_ name: String) -> Identity {
            Identity(certificate: scratch.path(of: "\(name).pem"), key: scratch.path(of: "\(name).key"))
        }
        certificate = scratch.path(of: "ca.pem")
        folder = scratch.path(of: "roots")
        server = identity("server")
        expired = identity("expired")
        notYetValid = identity("early")
        selfSigned = identity("self")
        wrongHost = identity("other")
        client = identity("client")
        clientEncryptedKey = scratch.path(of: "client-encrypted.key")
    }

    private static let configuration = """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        [root]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        [server]
        subjectAltName = DNS:localhost, DNS:tern.test, DNS:*.tern.test, IP:127.0.0.1, IP:::1
        extendedKeyUsage = serverAuth
        [other]
        subjectAltName = DNS:other.example
        extendedKeyUsage = serverAuth
        [client]
        extendedKeyUsage = clientAuth
        [ca]
        default_ca = tern
        [tern]
        database = index.txt
        new_certs_dir = .
        rand_serial = yes
        unique_subject = no
        default_md = sha256
        policy = any
        [any]
        commonName = supplied
        """

    private static let script = """
        export OPENSSL_CONF=openssl.cnf
        key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
        self() { key "$1"; openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 30 -extensions "$3" -out "$1.pem"; }
        issue() { # file, common name, extensions, first day, last day
            key "$1"
            openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
            openssl ca -batch -notext -in "$1.csr" -cert ca.pem -keyfile ca.key -extensions "$3" \\
                -startdate "$4" -enddate "$5" -out "$1.pem"
        }
        : > index.txt
        self ca 'Tern throwaway root' root
        self self localhost server
        now=$(date -u -d '1 day ago' +%Y%m%d%H%M%SZ)
        soon=$(date -u -d '20 days' +%Y%m%d%H%M%SZ)
        issue server localhost server "$now" "$soon"
        issue expired localhost server 20200101000000Z 20210101000000Z
        issue early localhost server 20900101000000Z 20910101000000Z
        issue other other.example other "$now" "$soon"
        issue client tern-client client "$now" "$soon"
        openssl pkcs8 -topk8 -in client.key -out client-encrypted.key -passout pass:tern-secret
        mkdir roots
        cp ca.pem roots/
        openssl rehash roots
        """
}
