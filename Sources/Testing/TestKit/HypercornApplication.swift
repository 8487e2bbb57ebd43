extension HypercornServer {
    /// The programmable server, as an ASGI application. Times are in milliseconds.
    static let application = #"""
        import asyncio, hashlib, json
        from urllib.parse import parse_qsl

        PIECE = bytes(range(251))

        def body_of(size):
            return (PIECE * (size // 251 + 1))[:size]

        class Exchange:
            def __init__(self, scope, receive, send):
                self.scope, self.receive, self.send = scope, receive, send
                self.args = dict(parse_qsl(scope["query_string"].decode()))
                self.gone = False

            def number(self, name, default):
                return int(self.args.get(name, default))

            async def pause(self, name="ms", default=0):
                await asyncio.sleep(self.number(name, default) / 1000)

            async def chunks(self):
                while True:
                    message = await self.receive()
                    if message["type"] == "http.disconnect":
                        self.gone = True
                        return
                    yield message.get("body", b"")
                    if not message.get("more_body"):
                        return

            async def head(self, status=200, fields=(), trailers=False):
                fields = [(name.lower().encode(), value.encode()) for name, value in fields]
                await self.send({"type": "http.response.start", "status": status, "headers": fields,
                                 "trailers": trailers})

            async def piece(self, data=b"", more=True):
                await self.send({"type": "http.response.body", "body": data, "more_body": more})

            async def answer(self, data, status=200, fields=()):
                if not isinstance(data, bytes):
                    data = json.dumps(data).encode()
                    fields = [("content-type", "application/json"), *fields]
                await self.head(status, [("content-length", str(len(data))), *fields])
                await self.piece(data, more=False)

        # /echo: all that came, as JSON. ?ms= waits before the answer, ?status= sets the status
        async def echo(x):
            body = b"".join([chunk async for chunk in x.chunks()])
            await x.pause()
            await x.answer({
                "method": x.scope["method"], "path": x.scope["path"], "query": x.scope["query_string"].decode(),
                "http_version": x.scope["http_version"], "scheme": x.scope["scheme"],
                "headers": [[name.decode("latin1"), value.decode("latin1")] for name, value in x.scope["headers"]],
                "body": body.decode("latin1"), "length": len(body), "sha256": hashlib.sha256(body).hexdigest(),
            }, x.number("status", 200))

        # /upload: counts and digests a body as it comes. ?ms= rests after each chunk: a slow reader
        async def upload(x):
            count, digest, pieces = 0, hashlib.sha256(), 0
            async for chunk in x.chunks():
                count, pieces = count + len(chunk), pieces + 1
                digest.update(chunk)
                await x.pause()
            await x.answer({"length": count, "sha256": digest.hexdigest(), "pieces": pieces})

        # /refuse: answers 413 before it has read the body
        async def refuse(x):
            await x.answer({"refused": True}, 413)

        # /mirror: sends each chunk back as it comes
        async def mirror(x):
            await x.head()
            async for chunk in x.chunks():
                if chunk:
                    await x.piece(chunk)
            await x.piece(more=False)

        # /bytes: ?size= bytes without Content-Length, in pieces of ?piece=
        async def many(x):
            left, piece = x.number("size", 1024), x.number("piece", 65536)
            await x.head()
            data = body_of(piece // 251 * 251 or piece)
            while left > 0:
                part = data[:left]
                await x.piece(part)
                left -= len(part)
            await x.piece(more=False)

        # /drip: ?count= pieces of ?size= bytes with ?ms= between them; ?first= waits before the head
        async def drip(x):
            await x.pause("first")
            await x.head()
            for index in range(x.number("count", 3)):
                if index:
                    await x.pause("ms", 50)
                await x.piece(b"*" * x.number("size", 1))
            await x.piece(more=False)

        # /events: server-sent events
        async def events(x):
            await x.head(200, [("content-type", "text/event-stream")])
            for index in range(x.number("count", 3)):
                if index:
                    await x.pause("ms", 50)
                await x.piece(f"id: {index}\ndata: event {index}\n\n".encode())
            await x.piece(more=False)

        # /trailers: "body" and the trailer x-checksum (over HTTP/2, and if the request says "te: trailers")
        async def trailers(x):
            can = "http.response.trailers" in x.scope["extensions"]
            await x.head(200, [("trailer", "x-checksum")], trailers=can)
            await x.piece(b"body", more=False)
            if can:
                await x.send({"type": "http.response.trailers", "headers": [(b"x-checksum", b"1234")],
                              "more_trailers": False})

        # /early-hints: status 103 with a link (HTTP/2 only), then "hinted"
        async def early_hints(x):
            if "http.response.early_hint" in x.scope["extensions"]:
                await x.send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]})
            await x.pause()
            await x.answer(b"hinted")

        # /abort: a head, ?size= bytes, then HTTP/1.1 closes too early (over HTTP/2 hypercorn stalls instead)
        async def abort(x):
            await x.head(200, [("content-length", "1000000")])
            await x.piece(body_of(x.number("size", 10)))
            raise RuntimeError("aborted as asked")

        # /fields: ?NAME=VALUE&... become fields of the response, in their order, repeated ones repeated
        async def fields(x):
            pairs = parse_qsl(x.scope["query_string"].decode(), keep_blank_values=True)
            await x.answer(b"fields", fields=pairs)

        # /stall: a head, one byte, and nothing more
        async def stall(x):
            await x.head()
            await x.piece(b"*")
            async for _ in x.chunks():
                pass
            while (await x.receive())["type"] != "http.disconnect":
                pass

        # /hang: never answers
        async def hang(x):
            while (await x.receive())["type"] != "http.disconnect":
                pass

        routes = {"/echo": echo, "/upload": upload, "/refuse": refuse, "/mirror": mirror, "/bytes": many,
                  "/drip": drip, "/events": events, "/trailers": trailers, "/early-hints": early_hints,
                  "/abort": abort, "/fields": fields, "/stall": stall, "/hang": hang}

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                while True:
                    message = await receive()
                    await send({"type": message["type"] + ".complete"})
                    if message["type"] == "lifespan.shutdown":
                        return
            if scope["type"] == "http":
                x = Exchange(scope, receive, send)
                await routes.get(scope["path"], echo)(x)
        """#
}
