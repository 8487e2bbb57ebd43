#!/usr/bin/env python3
"""A relay that holds every byte back for half of a round trip, in both directions: relay.py TARGET_PORT MILLISECONDS.

Prints its port. It holds as much as is under way and no more reads than that, so a client's windows are what limits
the rate.
"""
import asyncio, sys

target, half = int(sys.argv[1]), float(sys.argv[2]) / 2000


async def pump(reader, writer):
    held = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def send():
        while True:
            due, data = await held.get()
            wait = due - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            if not data:
                return writer.close()
            writer.write(data)

    sender = asyncio.create_task(send())
    try:
        while True:
            data = await reader.read(1 << 18)
            held.put_nowait((loop.time() + half, data))
            if not data:
                return await sender
    except OSError:
        sender.cancel()
        writer.close()


async def accept(reader, writer):
    upstream, downstream = await asyncio.open_connection("127.0.0.1", target, limit=1 << 22)
    await asyncio.gather(pump(reader, downstream), pump(upstream, writer))


async def main():
    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
