import Glibc

/// How each proxy is told what it is to be.
extension ProxyServer {
    static func startSquid(_ kind: Kind, in folder: ScratchFolder) throws(TestKitError) -> ServerProcess {
        let access: String
        switch kind {
        case .squidBasic:
            // `openssl passwd -apr1 -salt ternsalt secret`
            try folder.write("passwords", "tern:$apr1$ternsalt$SL/EPNP1y9b1j0F5v01pP/\n")
            access = """
                auth_param basic program /usr/lib/squid/basic_ncsa_auth \(folder.path(of: "passwords"))
                auth_param basic realm tern
                acl known proxy_auth REQUIRED
                http_access allow known
                """
        case .squidDigest:
            try folder.write("passwords", "tern:secret\n")
            access = """
                auth_param digest program /usr/lib/squid/digest_file_auth \(folder.path(of: "passwords"))
                auth_param digest realm tern
                acl known proxy_auth REQUIRED
                http_access allow known
                """
        default: access = "http_access allow all"
        }
        // Started by root, squid writes its logs as another user.
        try system("open \(folder.path) to squid") { unsafe Int(chmod(folder.path, 0o777)) }
        return try ServerProcess(.squid, ports: 1, in: folder) { ports throws(TestKitError) in
            try folder.write(
                "squid.conf",
                """
                http_port 127.0.0.1:\(ports[0])
                \(access)
                http_access deny all
                cache deny all
                access_log stdio:\(folder.path(of: "access.log"))
                cache_log \(folder.path(of: "cache.log"))
                pid_filename none
                netdb_filename none
                coredump_dir \(folder.path)
                visible_hostname proxy.tern.test
                shutdown_lifetime 0 seconds
                buffered_logs off
                strip_query_terms off
                """)
            // The name keeps the shared memory of several squids apart; ended by SIGTERM, squid removes it.
            return .init(
                program: "squid", arguments: ["-n", "tern\(ports[0])", "-N", "-f", folder.path(of: "squid.conf")])
        }
    }

    static func startTinyproxy(_ kind: Kind, in folder: ScratchFolder) throws(TestKitError) -> ServerProcess {
        try ServerProcess(.tinyproxy, ports: 1, in: folder) { ports throws(TestKitError) in
            try folder.write(
                "tinyproxy.conf",
                """
                Port \(ports[0])
                Listen 127.0.0.1
                Allow 127.0.0.1
                Timeout 60
                MaxClients 200
                LogLevel Connect
                \(kind.wantsPassword ? "BasicAuth tern secret" : "")

                """)
            return .init(program: "tinyproxy", arguments: ["-d", "-c", folder.path(of: "tinyproxy.conf")])
        }
    }

    static func startStunnel(
        before inner: ServerProcess, in folder: ScratchFolder, identity: ThrowawayCA.Identity
    ) throws(TestKitError) -> ServerProcess {
        try ServerProcess(.stunnel, ports: 1, in: folder) { ports throws(TestKitError) in
            try folder.write(
                "stunnel.conf",
                """
                foreground = yes
                pid =
                [proxy]
                accept = 127.0.0.1:\(ports[0])
                connect = 127.0.0.1:\(inner.ports[0])
                cert = \(identity.certificate)
                key = \(identity.key)

                """)
            return .init(program: "stunnel", arguments: [folder.path(of: "stunnel.conf")])
        }
    }

    static func startDante(in folder: ScratchFolder) throws(TestKitError) -> ServerProcess {
        try ServerProcess(.dante, ports: 1, in: folder) { ports throws(TestKitError) in
            try folder.write(
                "danted.conf",
                """
                logoutput: stderr
                internal: 127.0.0.1 port = \(ports[0])
                external: 127.0.0.1
                clientmethod: none
                socksmethod: none
                client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
                socks pass {
                    from: 0.0.0.0/0 to: 0.0.0.0/0
                    protocol: tcp
                    log: connect
                }

                """)
            return .init(
                program: "danted",
                arguments: ["-f", folder.path(of: "danted.conf"), "-p", folder.path(of: "danted.pid")])
        }
    }
}
