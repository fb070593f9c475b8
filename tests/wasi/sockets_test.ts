import { assertEquals } from "@std/assert";
import { AT, type TestGuest, withGuest } from "./harness.ts";

/** Puts an IPv4 address into memory as the extension has it. */
function address(it: TestGuest, port: number, bytes = [127, 0, 0, 1]): number {
  it.view.setUint32(AT.PATH2, 0, true);
  it.bytes.set(bytes, AT.PATH2 + 4);
  it.view.setUint16(AT.PATH2 + 8, port, true);
  return AT.PATH2;
}

Deno.test("without a grant there are no sockets", () =>
  withGuest((it) => {
    assertEquals(it.call("sock_open", 0, 0, 1, AT.RESULT), "ACCES");
    assertEquals(it.call("sock_shutdown", 1, 1), "NOTSOCK");
    assertEquals(it.call("sock_shutdown", 99, 1), "BADF");
    assertEquals(it.call("sock_accept", 1, 0, AT.RESULT), "NOTSOCK");
    assertEquals(it.call("sock_recv", 1, ...it.buffer(9), 0, AT.RESULT, AT.RESULT + 4), "NOTSOCK");
    assertEquals(it.call("sock_send", 1, ...it.buffer(9), 0, AT.RESULT), "NOTSOCK");
    assertEquals(it.call("sock_connect", 1, address(it, 1)), "NOTSOCK");
    assertEquals(it.call("sock_bind", 1, address(it, 1)), "NOTSOCK");
    assertEquals(it.call("sock_listen", 1, 5), "NOTSOCK");
  }));

Deno.test("a guest connects, sends and receives", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const serving = (async () => {
    const connection = await listener.accept();
    const buffer = new Uint8Array(100);
    for (;;) {
      const n = await connection.read(buffer);
      if (n === null) break;
      await connection.write(buffer.slice(0, n));
    }
    connection.close();
  })();
  try {
    await withGuest(async (it) => {
      assertEquals(it.call("sock_open", 0, 0, 1, AT.RESULT), "SUCCESS");
      const fd = it.u32();
      assertEquals(it.call("sock_open", 0, 9, 1, AT.RESULT), "AFNOSUPPORT");
      assertEquals(it.call("sock_open", 0, 0, 7, AT.RESULT), "PROTOTYPE");
      assertEquals(it.call("sock_open", 0, 0, 1, 4 * 65536 - 2), "FAULT");
      assertEquals(it.call("sock_send", fd, ...it.buffer(1, "x"), 0, AT.RESULT), "NOTCONN");
      assertEquals(it.call("sock_shutdown", fd, 1), "NOTCONN");
      assertEquals(await it.wait("sock_connect", fd, address(it, port, [127, 0, 0, 9])), "ACCES");
      it.view.setUint32(AT.PATH2, 3, true);
      assertEquals(await it.wait("sock_connect", fd, AT.PATH2), "AFNOSUPPORT");
      assertEquals(await it.wait("sock_connect", fd, 4 * 65536 - 4), "FAULT");
      assertEquals(await it.wait("sock_connect", fd, address(it, port)), "SUCCESS");
      assertEquals(await it.wait("sock_connect", fd, address(it, port)), "ISCONN");
      it.call("fd_fdstat_get", fd, AT.RESULT);
      assertEquals(it.bytes[AT.RESULT], 6);
      assertEquals(
        await it.wait("sock_send", fd, ...it.buffer(5, "hello"), 0, AT.RESULT),
        "SUCCESS",
      );
      assertEquals(it.u32(), 5);
      assertEquals(it.call("sock_send", fd, ...it.buffer(5), 1, AT.RESULT), "INVAL");
      const receive = (size: number, flags: number) =>
        it.wait("sock_recv", fd, ...it.buffer(size), flags, AT.RESULT, AT.RESULT + 4);
      assertEquals(await receive(3, 1), "SUCCESS");
      assertEquals(it.text(AT.DATA, it.u32()), "hel");
      assertEquals(await receive(5, 2), "SUCCESS");
      assertEquals(it.text(AT.DATA, it.u32()), "hello");
      assertEquals(await receive(1, 8), "INVAL");
      assertEquals(await it.wait("fd_write", fd, ...it.buffer(3, "abc"), AT.RESULT), "SUCCESS");
      assertEquals(await it.wait("fd_read", fd, ...it.buffer(2), AT.RESULT), "SUCCESS");
      assertEquals(it.text(AT.DATA, it.u32()), "ab");
      assertEquals(await it.wait("fd_read", fd, ...it.buffer(9), AT.RESULT), "SUCCESS");
      assertEquals(it.text(AT.DATA, it.u32()), "c");
      assertEquals(it.call("fd_seek", fd, 0n, 0, AT.RESULT), "SPIPE");
      assertEquals(await it.wait("sock_shutdown", fd, 0), "INVAL");
      assertEquals(await it.wait("sock_shutdown", fd, 4), "INVAL");
      assertEquals(await it.wait("sock_shutdown", fd, 2), "SUCCESS");
      assertEquals(await it.wait("fd_read", fd, ...it.buffer(9), AT.RESULT), "SUCCESS");
      assertEquals(it.u32(), 0);
      assertEquals(it.call("fd_close", fd), "SUCCESS");
    }, { sandbox: { net: [`127.0.0.1:${port}`] } });
    await serving;
  } finally {
    listener.close();
  }
});

Deno.test("a guest listens and accepts", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  await withGuest(async (it) => {
    it.call("sock_open", 0, 0, 1, AT.RESULT);
    const fd = it.u32();
    assertEquals(it.call("sock_listen", fd, 5), "DESTADDRREQ");
    assertEquals(it.call("sock_accept", fd, 0, AT.RESULT), "INVAL");
    assertEquals(it.call("sock_bind", fd, address(it, port)), "SUCCESS");
    assertEquals(it.call("sock_bind", fd, address(it, port)), "INVAL");
    assertEquals(it.call("sock_listen", fd, 5), "SUCCESS");
    assertEquals(it.call("fd_fdstat_set_flags", fd, 4), "SUCCESS");
    assertEquals(it.call("sock_accept", fd, 0, AT.RESULT), "AGAIN");
    assertEquals(it.call("fd_fdstat_set_flags", fd, 0), "SUCCESS");
    assertEquals(it.call("sock_accept", fd, 1, AT.RESULT), "INVAL");
    const client = (async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(new TextEncoder().encode("from outside"));
      connection.close();
    })();
    assertEquals(await it.wait("sock_accept", fd, 0, AT.RESULT), "SUCCESS");
    const accepted = it.u32();
    assertEquals(await it.wait("fd_read", accepted, ...it.buffer(100), AT.RESULT), "SUCCESS");
    assertEquals(it.text(AT.DATA, it.u32()), "from outside");
    await client;
    assertEquals(it.call("fd_close", accepted), "SUCCESS");
    assertEquals(it.call("fd_close", fd), "SUCCESS");
  }, { sandbox: { listen: [`127.0.0.1:${port}`] } });
});

Deno.test("datagrams", async () => {
  const peer = Deno.listenDatagram?.({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  if (peer === undefined) return;
  const { port } = peer.addr as Deno.NetAddr;
  const echo = (async () => {
    const [data, from] = await peer.receive();
    await peer.send(data, from);
  })();
  await withGuest(async (it) => {
    assertEquals(it.call("sock_open", 0, 0, 0, AT.RESULT), "SUCCESS");
    const fd = it.u32();
    assertEquals(it.call("sock_send", fd, ...it.buffer(1, "x"), 0, AT.RESULT), "DESTADDRREQ");
    assertEquals(it.call("sock_listen", fd, 1), "NOTSUP");
    assertEquals(it.call("sock_connect", fd, address(it, port)), "SUCCESS");
    assertEquals(await it.wait("sock_send", fd, ...it.buffer(4, "ping"), 0, AT.RESULT), "SUCCESS");
    assertEquals(
      await it.wait("sock_recv", fd, ...it.buffer(9), 0, AT.RESULT, AT.RESULT + 4),
      "SUCCESS",
    );
    assertEquals(it.text(AT.DATA, it.u32()), "ping");
    it.call("fd_close", fd);
  }, { sandbox: { net: [`127.0.0.1:${port}`], listen: ["0.0.0.0:0"] } });
  await echo;
  peer.close();
});
