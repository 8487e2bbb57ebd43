/// curl's options that are not built here: they are known, so that a script that needs one is told so.
enum UnbuiltOptions {
    static func error(_ written: String) -> UsageError {
        UsageError("\(written) is an option of curl's that is not built into tern; 'tern --help' lists those that are")
    }

    static let short: Set<Character> = ["0", "2", "3", "B", "P", "Q", "R", "a", "l", "t"]

    static let long: Set<String> = Set(
        """
        abstract-unix-socket alpn append aws-sigv4 ca-native cert-status cert-type ciphers compressed-ssh \
        create-file-mode crlf crlfile curves delegation disable-eprt disable-epsv disallow-username-in-url \
        dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-cert-status doh-insecure doh-url dump-ca-embed ech \
        egd-file engine etag-compare etag-save false-start form-escape ftp-account ftp-alternative-to-user \
        ftp-create-dirs ftp-method ftp-pasv ftp-port ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-ccc-mode \
        ftp-ssl-control happy-eyeballs-timeout-ms haproxy-clientip haproxy-protocol hostpubmd5 hostpubsha256 hsts \
        http0.9 http1.0 ignore-content-length ip-tos ipfs-gateway keepalive keepalive-cnt keepalive-time key-type \
        krb libcurl list-only local-port login-options mail-auth mail-from mail-rcpt mail-rcpt-allowfails metalink \
        mptcp negotiate npn ntlm ntlm-wb post301 post302 post303 preproxy proto proto-default proto-redir \
        proxy-ca-native proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-http2 proxy-key \
        proxy-key-type proxy-negotiate proxy-ntlm proxy-pass proxy-pinnedpubkey proxy-service-name \
        proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword \
        proxy-tlsuser proxy-tlsv1 proxy1.0 pubkey quote random-file rate remote-time sasl-authzid sasl-ir \
        service-name sessionid sigalgs skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec \
        socks5-gssapi-service ssl ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort \
        ssl-sessions sslv2 sslv3 styled-output suppress-connect-headers tcp-fastopen tcp-nodelay telnet-option \
        test-event tftp-blksize tftp-no-options tls13-ciphers tlsauthtype tlspassword tlsuser tr-encoding trace \
        trace-ascii trace-config trace-ids trace-time upload-flags use-ascii variable vlan-priority xattr
        """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))
}
