extension AioquicServer {
    /// Runs an ASGI application over HTTP/3 in aioquic, and does to streams and connections what no application can.
    ///
    /// Called with port, certificate, key, and words: `retry` asks every client to prove its address, `rejecting` gives
    /// tickets, and then takes neither them nor early data.
    static let server = #"""
        import asyncio, json, sys
        from urllib.parse import parse_qsl
        from aioquic.asyncio import QuicConnectionProtocol, serve
        from aioquic.h3.connection import H3Connection
        from aioquic.h3.events import DataReceived, HeadersReceived
        from aioquic.quic.configuration import QuicConfiguration
        from aioquic.quic.events import (
            ConnectionTerminated, HandshakeCompleted, ProtocolNegotiated, StreamReset, StopSendingReceived)
        from aioquic.tls import SessionTicket
        from app import app

        class Connection(QuicConnectionProtocol):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.http, self.streams, self.tasks, self.trailing, self.bodiless = None, {}, set(), set(), set()
                self.resumed = self.early = False
                self.resets, self.stops, self.received_trailers, self.gone = [], [], [], False

            def transmit(self):
                if not self.gone:
                    super().transmit()

            def quic_event_received(self, event):
                if isinstance(event, ProtocolNegotiated):
                    self.http = H3Connection(self._quic)
                elif isinstance(event, HandshakeCompleted):
                    self.resumed, self.early = event.session_resumed, event.early_data_accepted
                elif isinstance(event, (StreamReset, ConnectionTerminated)):
                    gone = list(self.streams) if isinstance(event, ConnectionTerminated) else [event.stream_id]
                    if isinstance(event, StreamReset):
                        self.resets.append(event.error_code)
                    for stream in gone:
                        if stream in self.streams:
                            self.streams[stream].put_nowait({"type": "http.disconnect"})
                elif isinstance(event, StopSendingReceived):
                    self.stops.append(event.error_code)
                    if event.stream_id in self.streams:
                        self.streams[event.stream_id].put_nowait({"type": "http.disconnect"})
                if self.http is not None:
                    for found in self.http.handle_event(event):
                        self.http_event(found)

            def http_event(self, event):
                stream = event.stream_id
                if isinstance(event, HeadersReceived):
                    if (b":path", b"/vanish") in event.headers:
                        self.gone = True
                    if stream in self.streams:
                        self.received_trailers = [[name.decode(), value.decode()] for name, value in event.headers]
                if isinstance(event, HeadersReceived) and stream not in self.streams:
                    self.streams[stream] = asyncio.Queue()
                    task = asyncio.ensure_future(self.answer(stream, event.headers))
                    self.tasks.add(task)
                    task.add_done_callback(self.tasks.discard)
                if isinstance(event, (HeadersReceived, DataReceived)) and stream in self.streams:
                    self.streams[stream].put_nowait({
                        "type": "http.request", "body": getattr(event, "data", b""),
                        "more_body": not event.stream_ended,
                        "trailers": event.headers if isinstance(event, HeadersReceived) else None})

            async def answer(self, stream, headers):
                pseudo = {name: value for name, value in headers if name.startswith(b":")}
                path, _, query = pseudo.get(b":path", b"/").partition(b"?")
                pairs = parse_qsl(query.decode())
                args = dict(pairs) | {"": pairs}
                control = getattr(self, "do_" + path.decode().lstrip("/").replace("-", "_"), None)
                try:
                    if control is not None:
                        control(stream, args)
                    else:
                        if pseudo[b":method"] == b"HEAD":
                            self.bodiless.add(stream)
                        await app({
                            "type": "http", "http_version": "3", "method": pseudo[b":method"].decode(),
                            "scheme": pseudo.get(b":scheme", b"").decode(), "path": path.decode(),
                            "query_string": query,
                            "headers": [(b"host", pseudo.get(b":authority", b""))]
                                + [pair for pair in headers if not pair[0].startswith(b":")],
                            "extensions": {"http.response.trailers": {}, "http.response.early_hint": {}},
                        }, self.streams[stream].get, lambda message: self.send(stream, message))
                except Exception as error:
                    print("answering", path, error, file=sys.stderr)
                    self._quic.reset_stream(stream, 0x102)
                self.transmit()
                self.streams.pop(stream, None)

            async def send(self, stream, message):
                # Not more than a MiB waits for a client: the application is to feel that it is slow.
                while not self.gone and stream in self._quic._streams and \
                        len(self._quic._streams[stream].sender._buffer) > 1 << 20:
                    await asyncio.sleep(0.001)
                kind = message["type"]
                if kind == "http.response.start":
                    if message.get("trailers"):
                        self.trailing.add(stream)
                    self.http.send_headers(
                        stream, [(b":status", str(message["status"]).encode()), *message["headers"]])
                elif kind == "http.response.early_hint":
                    self.http.send_headers(
                        stream, [(b":status", b"103"), *[(b"link", link) for link in message["links"]]])
                elif kind == "http.response.body":
                    more = message.get("more_body", False) or stream in self.trailing
                    body = b"" if stream in self.bodiless else message.get("body", b"")
                    if body or not more:
                        self.http.send_data(stream, body, not more)
                elif kind == "http.response.trailers":
                    self.trailing.discard(stream)
                    self.http.send_headers(stream, message["headers"], end_stream=True)
                self.transmit()

            def whole(self, stream, value):
                data = json.dumps(value).encode()
                self.http.send_headers(stream, [(b":status", b"200"), (b"content-length", str(len(data)).encode())])
                self.http.send_data(stream, data, True)

            # /state: what is known of the connection
            def do_state(self, stream, args):
                self.whole(stream, {
                    "resumed": self.resumed, "early": self.early, "resets": self.resets, "stops": self.stops,
                    "trailers": self.received_trailers,
                    "peer": self._quic._network_paths[0].addr[1], "phase": self._quic.tls.state.name})

            # /reset: RESET_STREAM with ?code=, after the head if ?head=1
            def do_reset(self, stream, args):
                if "head" in args:
                    self.http.send_headers(stream, [(b":status", b"200")])
                    self.http.send_data(stream, b"some", False)
                    self.transmit()
                self._quic.reset_stream(stream, int(args.get("code", "0x10b"), 0))

            # /close: CONNECTION_CLOSE with ?code=
            def do_close(self, stream, args):
                self.close(error_code=int(args.get("code", "0x100"), 0), reason_phrase="as asked")

            # /vanish: sends nothing more to this client, not even that the request has come
            def do_vanish(self, stream, args):
                pass

            # /update-keys: answers with new keys
            def do_update_keys(self, stream, args):
                self.request_key_update()
                self.whole(stream, {"updated": True})

            # /raw: bytes on the request's stream, ?hex= of them, ended with ?end=1
            def do_raw(self, stream, args):
                self._quic.send_stream_data(stream, bytes.fromhex(args.get("hex", "")), "end" in args)

            # /raw-encoder: bytes on the stream of QPACK's encoder, then an answer unless ?silent=1
            def do_raw_encoder(self, stream, args):
                other = self.http._local_encoder_stream_id
                self._quic.send_stream_data(other, bytes.fromhex(args.get("hex", "")), "end" in args)
                if "silent" not in args:
                    self.whole(stream, {})

            # /raw-control: bytes on the control stream, then an answer unless ?silent=1
            def do_raw_control(self, stream, args):
                self._quic.send_stream_data(self.http._local_control_stream_id, bytes.fromhex(args.get("hex", "")), "end" in args)
                if "silent" not in args:
                    self.whole(stream, {})

            # /encoded: a head of ?NAME=VALUE&... as they are, unchecked, and an empty body
            def do_encoded(self, stream, args):
                fields = [(name.encode("latin1"), value.encode("latin1")) for name, value in args[""]]
                _, block = self.http._encoder.encode(stream, fields)
                size = len(block)
                frame = bytes([1]) + (bytes([size]) if size < 64 else (0x4000 | size).to_bytes(2, "big")) + block
                self._quic.send_stream_data(stream, frame, True)

        async def main():
            port, certificate, key, words = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
            settings = QuicConfiguration(is_client=False, alpn_protocols=["h3"], max_datagram_size=1350)
            settings.load_cert_chain(certificate, key)
            tickets = {}

            def keep(ticket):
                tickets[ticket.ticket] = ticket

            def find(label):
                # Without the session there are no keys for early data either.
                return None if "rejecting" in words else tickets.pop(label, None)

            await serve("127.0.0.1", port, configuration=settings, create_protocol=Connection, retry="retry" in words,
                        session_ticket_handler=keep, session_ticket_fetcher=find)
            # Says that the server is there: who starts it can see TCP alone.
            await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", port)
            await asyncio.Event().wait()

        asyncio.run(main())
        """#
}
