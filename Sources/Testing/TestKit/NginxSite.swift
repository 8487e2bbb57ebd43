import Glibc

extension NginxServer {
    /// The site, the same behind every door. The names of the paths say what one gets.
    static func routes(clear: UInt16, tls: UInt16) -> String {
        """
        default_type application/octet-stream;
        add_header X-Served-By nginx;
        etag on;

        # /1k, /text (22,528 bytes of text, gzip), /bytes/SIZE: static files, with ranges, ETag and Last-Modified
        location / { root www; }
        location /slow/ { alias www/bytes/; limit_rate 65536; }
        location = /text { root www; default_type text/plain; gzip on; gzip_types text/plain; gzip_http_version 1.0; }

        # what the server saw of the request; it reads the body first (nginx resets an HTTP/2 stream otherwise)
        location = /echo { echo_read_request_body; echo_request_body; }
        location = /method { echo_read_request_body; echo -n $request_method; }
        location = /protocol { echo_read_request_body; echo -n $server_protocol; }
        location = /connection { echo_read_request_body; echo -n "$connection $connection_requests"; }
        location = /headers { default_type text/plain; echo_read_request_body; echo -n $echo_client_request_headers; } # HTTP/1.1 only
        location = /query { echo_read_request_body; echo -n $args; }
        location = /host { echo_read_request_body; echo -n $http_host; }
        location = /tls { echo_read_request_body; echo -n "$ssl_protocol $ssl_cipher $ssl_server_name $ssl_session_reused"; }
        location = /client-certificate { echo_read_request_body; echo -n "$ssl_client_verify $ssl_client_s_dn"; }
        location = /cookies { echo_read_request_body; echo -n $http_cookie; }
        location = /credentials { echo_read_request_body; echo -n "authorization=$http_authorization cookie=$http_cookie"; }
        location = /user-agent { echo_read_request_body; echo -n $http_user_agent; }

        # status codes
        location = /status/200 { return 200 "ok"; }
        location = /status/204 { return 204; }
        location = /status/304 { return 304; }
        location = /status/400 { return 400 "bad request"; }
        location = /status/401 { add_header WWW-Authenticate 'Basic realm="tern"' always; return 401 "who?"; }
        location = /status/403 { return 403 "no"; }
        location = /status/404 { return 404 "not here"; }
        location = /status/421 { return 421 "misdirected"; }
        location = /status/425 { return 425 "too early"; }
        location = /status/429 { add_header Retry-After 1 always; return 429 "slow down"; }
        location = /status/500 { return 500 "broken"; }
        location = /status/503 { add_header Retry-After 1 always; return 503 "later"; }

        # redirects; /redirect/chain/N takes N steps
        location = /redirect/301 { return 301 /method; }
        location = /redirect/302 { return 302 /method; }
        location = /redirect/303 { return 303 /method; }
        location = /redirect/307 { return 307 /echo; }
        location = /redirect/308 { return 308 /echo; }
        location = /redirect/relative { add_header Location "../1k"; return 302; }
        location = /redirect/loop { return 302 /redirect/loop; }
        location = /redirect/chain/1 { return 302 /1k; }
        location ~ ^/redirect/chain/(?<steps>[2-9])$ { return 302 /redirect/chain/$fewer; }
        location = /redirect/other-origin { return 302 http://127.0.0.1:\(clear)/credentials; }
        location = /redirect/to-tls { return 302 https://localhost:\(tls)/credentials; }
        location = /redirect/to-clear { return 302 http://localhost:\(clear)/credentials; }
        location = /redirect/to-file { return 302 file:///etc/hostname; }
        location = /redirect/with-cookie {
            add_header Set-Cookie "step=1; Path=/"; return 302 /cookies;
        }
        absolute_redirect off;

        # fields
        location = /set-cookies {
            add_header Set-Cookie "first=1; Path=/"; add_header Set-Cookie "second=2; Path=/; HttpOnly";
            return 200 "two cookies";
        }
        location = /long-field {
            set $k "\(String(repeating: "tern", count: 256))"; add_header X-Long "$k$k$k$k$k$k$k$k"; return 200 "8 KiB";
        }

        # uploads: PUT /upload/NAME is kept; POST /sink tells how many bytes came with the head
        location /upload/ { alias upload/; dav_methods PUT DELETE; create_full_put_path on; }
        location = /sink { echo_read_request_body; echo -n $request_length; }
        location = /limited { client_max_body_size 1000; echo_read_request_body; echo -n ok; }

        # access, pace and endings
        location = /basic { auth_basic tern; auth_basic_user_file passwords; default_type text/plain; alias www/1k; }
        location = /delay { echo_sleep 0.5; echo -n late; }
        location = /hang { echo_sleep 3600; echo -n never; }
        location = /drip { echo one; echo_flush; echo_sleep 0.2; echo two; echo_flush; echo_sleep 0.2; echo three; }
        location = /stall { echo one; echo_flush; echo_sleep 3600; echo two; }
        location = /close { keepalive_timeout 0; return 200 "closing"; }
        location = /abort { return 444; }
        """
    }

    static func configuration(folder: ScratchFolder, ports: [UInt16], ca: ThrowawayCA) -> String {
        func port(_ door: Door) -> UInt16 { ports[door.rawValue] }
        func listen(_ door: Door, _ options: String = "", ipv6: Bool = false) -> String {
            let four = "listen 127.0.0.1:\(port(door)) \(options);"
            return ipv6 && Loopback.hasIPv6 ? "\(four) listen [::1]:\(port(door)) \(options);" : four
        }
        func secure(_ door: Door, _ options: String, _ identity: ThrowawayCA.Identity, _ more: String = "") -> String {
            """
            server {
                \(listen(door, "ssl \(options)", ipv6: door == .tls))
                ssl_certificate \(identity.certificate); ssl_certificate_key \(identity.key); \(more)
                include site.conf;
            }
            """
        }
        return """
            \(geteuid() == 0 ? "user root;" : "")
            load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
            daemon off; worker_processes 1; worker_rlimit_nofile 4096;
            pid nginx.pid; error_log error.log info;
            events { worker_connections 2048; }
            http {
                log_format tern '$connection $connection_requests $server_protocol $request_method $request_uri '
                                '$status $request_length $bytes_sent';
                access_log access.log tern;
                client_body_temp_path temporary/body; proxy_temp_path temporary/proxy;
                fastcgi_temp_path temporary/fastcgi; uwsgi_temp_path temporary/uwsgi; scgi_temp_path temporary/scgi;
                client_max_body_size 0; keepalive_timeout 60; keepalive_requests 1000000; lingering_timeout 1s;
                ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tern:1m;
                map $steps $fewer { 9 8; 8 7; 7 6; 6 5; 5 4; 4 3; 3 2; 2 1; }
                server { \(listen(.clear, ipv6: true)) listen unix:http.sock; include site.conf; }
                server { \(listen(.h2c, "http2")) include site.conf; }
                \(secure(.tls, "http2", ca.server))
                \(secure(.tlsHTTP1, "", ca.server))
                \(secure(.tls12, "http2", ca.server, "ssl_protocols TLSv1.2;"))
                \(secure(.clientCertificate, "http2", ca.server,
                    "ssl_verify_client on; ssl_client_certificate \(ca.certificate);"))
                \(secure(.expired, "", ca.expired))
                \(secure(.selfSigned, "", ca.selfSigned))
                \(secure(.wrongHost, "", ca.wrongHost))
            }
            """
    }
}
